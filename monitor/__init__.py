"""The driftd service: sources, decoding, blocks, state, metrics and commands."""
