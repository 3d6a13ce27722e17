"""Property tests draw the same examples in every run, and may take their time."""

from hypothesis import settings

settings.register_profile("detectors", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("detectors")
