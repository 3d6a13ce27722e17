"""Freed memory is kept for the next batch."""

import subprocess
import sys

PROGRAM = """
import resource, sys
import numpy as np
from monitor.memory import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()
for _ in range(3):
    arrays = [np.ones(90_000) for _ in range(6)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    arrays = [np.ones(90_000) for _ in range(6)]
    del arrays
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how: str) -> int:
    command = [sys.executable, "-c", PROGRAM, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_arrays_of_a_batch_take_the_pages_of_the_last_one():
    assert page_faults("kept") < page_faults("given back") / 5
