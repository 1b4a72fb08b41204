"""Reports: every journal event reaches the hub, in order, and is acknowledged by it.

Responsible for: the wire names and documents, the cursor on the journal, the
broker connection. Not responsible for deciding anything: a home without a
broker gives every dose, and its reports wait.
"""
