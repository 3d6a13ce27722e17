"""Events: what happened to a model, told once to people and to pipelines."""
