"""Re-tests of the live model: perturbed inputs go to its endpoint, verdicts come back."""
