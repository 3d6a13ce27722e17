"""Re-evaluation of a model on the records of a driftd event, from the webhook to the verdict."""
