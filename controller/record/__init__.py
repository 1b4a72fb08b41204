"""The journal as FHIR R4, for whoever keeps the patient's record.

Responsible for: reading a journal and saying in resources what it holds. Not responsible for
anything that happens: it is read only, and no part of the running controller imports it.
"""
