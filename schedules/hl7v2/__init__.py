"""HL7 v2.5.1 in, as proposals that nobody has signed. Nothing here makes anything active."""
