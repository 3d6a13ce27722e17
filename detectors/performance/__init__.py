"""Live performance of a model's stream, from mergeable sums of predictions and their labels."""
