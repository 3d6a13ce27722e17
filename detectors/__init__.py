"""Streaming drift statistics over mergeable summaries: pure functions, no I/O."""
