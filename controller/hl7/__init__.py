"""The journal as HL7 v2.5.1, for a hospital that listens.

Responsible for: RAS^O17 for each outcome and RDS^O13 for each loading, kept and sent once. Not
responsible for anything that happens: it only reads, and no part of the running controller
imports it.
"""
