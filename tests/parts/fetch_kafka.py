"""The jars of Apache Kafka, fetched once with Maven into .parts/kafka.

python -m tests.parts.fetch_kafka
"""

import shutil
import subprocess
from pathlib import Path

POM = Path(__file__).resolve().with_name("pom.xml")
KAFKA_JARS = POM.parents[2] / ".parts" / "kafka"


def fetch_kafka(jars: Path = KAFKA_JARS) -> Path:
    """Return the folder of Kafka's jars, after fetching them if those of pom.xml are not there.

    Raises RuntimeError with Maven's last words if it fails.
    """
    fetched = jars / POM.name
    if fetched.is_file() and fetched.read_bytes() == POM.read_bytes():
        return jars
    if shutil.which("mvn") is None:
        raise RuntimeError("Maven is needed to fetch Kafka: apt-get install maven")
    partial = jars.with_name(f"{jars.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-f", str(POM)]
    command += ["dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not any(partial.glob("kafka_*.jar")):
        raise RuntimeError(f"Maven could not fetch Kafka:\n{(done.stdout + done.stderr)[-2000:]}")
    shutil.copy(POM, partial)
    shutil.rmtree(jars, ignore_errors=True)
    partial.rename(jars)
    return jars


if __name__ == "__main__":
    print(fetch_kafka())
