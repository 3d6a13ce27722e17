"""Gradients of a model's loss, for the attacks that use them."""
