"""`python -m monitor` is the `driftd` command."""

from monitor.cli import main

main(prog_name="driftd")
