"""Triggers: receivers of events, and delivering to them at least once."""
