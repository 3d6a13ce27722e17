"""Performance estimated before labels arrive, from mergeable sums of predictions.

Sound while the outcome given the inputs stays what it was in the reference: covariate shift is
followed, concept drift is not, and shows in the difference from the realised performance.
"""
