"""Predictions that wait for their labels, labels that wait for their predictions, and the join."""
