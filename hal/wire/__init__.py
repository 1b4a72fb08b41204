"""The cable's contract: frames, sessions, messages, codes. Common tongue, no dependencies."""
