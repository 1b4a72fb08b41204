"""FHIR R4 in and out: orders as regimens, plans as resources. No rule of a plan lives here."""
