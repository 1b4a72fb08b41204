"""When something happens: pure rules from state and facts to events, one file a subject."""
