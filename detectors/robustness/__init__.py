"""Robustness of a model that answers: perturbed inputs, attacks, certificates and verdicts."""
