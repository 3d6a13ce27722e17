"""Prometheus rules and the runbook, from one definition of each alert."""
