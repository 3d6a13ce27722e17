"""The process that builds a reference anew: ``python -m monitor.reference.rebuild_worker``."""

import os
import sys
import threading

from monitor.retest.worker import NICENESS, end_with_daemon


def main() -> None:
    """Run `driftd reference build` with this process's arguments; end when its input is closed."""
    os.nice(NICENESS)
    threading.Thread(target=end_with_daemon, daemon=True).start()
    from monitor.cli import main as driftd

    driftd(["reference", "build", *sys.argv[1:]], prog_name="driftd")


if __name__ == "__main__":
    main()
