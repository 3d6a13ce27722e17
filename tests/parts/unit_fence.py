"""Runs a command with the fences of a systemd unit: its system calls, and no memory that is both
written and executed.

UNIT COMMAND...; run by the Python of deploy_tools.sh, which has pyseccomp. The command keeps the
fences, as all that it starts does.
"""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pyseccomp as seccomp

EXECUTE, WRITE_AND_EXECUTE = 4, 6
"""Bits of mmap's and mprotect's third argument."""

JUDGED_BY_ARGUMENT = ("mmap", "mprotect", "pkey_mprotect")


def named_sets() -> dict[str, set[str]]:
    """Return systemd's sets of system calls by name; a set may hold names of others."""
    command = ["systemd-analyze", "syscall-filter", "--no-pager"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line.startswith("@"):
            held = found.setdefault(line.strip(), set())
        elif line.strip() and not line.strip().startswith("#"):
            held.add(line.strip())
    return found


def allowed_calls(unit: str) -> set[str]:
    """Return the system calls that a unit's SystemCallFilter lines leave, read in their order."""
    sets = named_sets()

    def expand(name: str) -> set[str]:
        return {call for each in sets[name] for call in expand(each)} if name in sets else {name}

    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        calls = {call for name in line.lstrip("~").split() for call in expand(name)}
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def fence(unit: str) -> None:
    """Leave this process what the unit leaves its daemon; everything else fails with EPERM."""
    filter_ = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for call in sorted(allowed_calls(unit).difference(JUDGED_BY_ARGUMENT)):
        try:
            filter_.add_rule(seccomp.ALLOW, call)
        except OSError:
            continue  # of another architecture
    protection = seccomp.MASKED_EQ
    filter_.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, protection, EXECUTE, 0))
    filter_.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, protection, WRITE_AND_EXECUTE, EXECUTE))
    filter_.add_rule(seccomp.ALLOW, "mprotect", seccomp.Arg(2, protection, EXECUTE, 0))
    filter_.load()


if __name__ == "__main__":
    fence(Path(sys.argv[1]).read_text())
    os.execv(sys.argv[2], sys.argv[2:])
