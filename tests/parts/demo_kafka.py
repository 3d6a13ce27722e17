"""`make demo-kafka`: the demo over a real broker that lives as long as the demo does."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.parts.kafka_broker import start_broker


def main() -> int:
    """Start a broker, run the demo on it, stop the broker; return the demo's exit status."""
    with TemporaryDirectory(prefix="driftd-kafka-") as folder:
        broker = start_broker(Path(folder))
        try:
            command = [sys.executable, "-m", "monitor", "demo", "--kafka", broker.bootstrap]
            return subprocess.run([*command, *sys.argv[1:]], check=False).returncode
        finally:
            broker.stop()


if __name__ == "__main__":
    sys.exit(main())
