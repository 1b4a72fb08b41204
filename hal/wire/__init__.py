"""The cable's contract: frames, session, messages and codes. Common tongue, standard library only."""
