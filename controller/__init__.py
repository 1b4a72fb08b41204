"""What to do about what is due: journal, decide, act; alarms, the patient's panel and reports."""
