"""Stress test of an endpoint: load at fixed times, and input that no client should send."""
