"""The programs that check deploy/: hadolint, docker-compose, helm, kubernetes-validate."""

import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".parts" / "deploy" / "bin"
"""Where deploy_tools.sh installs them."""

TIMEOUT_S = 120


def run_tool(name: str, *arguments: object, text: str = "") -> tuple[int, str, str]:
    """Run one of the programs on standard input; return its exit status, output and errors.

    Raises AssertionError, with the mend, if it is not installed.
    """
    program = FOLDER / name
    assert program.exists(), f"{name} is not installed; run 'make parts'"
    done = subprocess.run(
        [program, *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    return done.returncode, done.stdout, done.stderr
