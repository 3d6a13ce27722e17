"""A real Apache Kafka broker on loopback, for tests and for the Kafka demo.

python -m tests.parts.kafka_broker
"""

import argparse
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from kafka import KafkaAdminClient

from tests.parts.fetch_kafka import fetch_kafka
from tests.parts.ports import free_ports

USER, PASSWORD = "driftd", "driftd-secret"
"""Who may log in on the SASL listeners."""

CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx384m")
LOG = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{sasl},\
SASL_SSL://127.0.0.1:{tls},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{sasl},\
SASL_SSL://127.0.0.1:{tls}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,\
SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_plaintext.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PKCS12
ssl.keystore.location={folder}/broker.p12
ssl.keystore.password=changeit
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
log.dirs={folder}/data
auto.create.topics.enable=false
log.retention.ms=-1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=1000
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=1000
connection.failed.authentication.delay.ms=500
"""


@dataclass
class KafkaBroker:
    """One broker in KRaft mode; its ports and its data outlive stop() and kill().

    folder: where its data, certificate and log lie. bootstrap: host:port without a login;
    sasl: SASL_PLAINTEXT with PLAIN; tls: SASL_SSL with SCRAM-SHA-512, certified by ca_file.
    """

    folder: Path
    jars: Path
    ports: dict[str, int] = field(
        default_factory=lambda: free_ports("plain", "controller", "sasl", "tls")
    )
    process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.ports['plain']}"

    @property
    def sasl(self) -> str:
        return f"127.0.0.1:{self.ports['sasl']}"

    @property
    def tls(self) -> str:
        return f"127.0.0.1:{self.ports['tls']}"

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def start(self) -> None:
        """Start the broker and wait until it answers; it dies with the thread that started it.

        Raises RuntimeError with the end of its log if it does not answer within a minute.
        """
        if not (self.folder / "data").exists():
            self._format()
        command = ["setpriv", "--pdeathsig", "KILL", *self._java("kafka.Kafka")]
        command.append(str(self.folder / "server.properties"))
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop the broker in good order (SIGTERM), and kill it if that takes too long."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the broker as kill -9 does."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Stop answering, with connections open (SIGSTOP), until resume()."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _signal(self, what: signal.Signals) -> None:
        if self.process is None:
            raise RuntimeError("the broker is not running")
        self.process.send_signal(what)

    def _java(self, main: str) -> list[str]:
        return ["java", *JVM, LOG, "-cp", f"{self.jars}/*", main]

    def _format(self) -> None:
        """Write the configuration, the certificate and an empty log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "server.properties"
        text = PROPERTIES.format(folder=self.folder, user=USER, password=PASSWORD, **self.ports)
        properties.write_text(text)
        store = ["-alias", "kafka", "-keystore", f"{self.folder}/broker.p12"]
        store += ["-storepass", "changeit"]
        key = ["-storetype", "PKCS12", "-validity", "30", "-keyalg", "EC"]
        key += ["-groupname", "secp256r1", "-dname", "CN=localhost", "-ext", "bc:c=ca:true"]
        key += ["-ext", "san=dns:localhost,ip:127.0.0.1"]
        run(["keytool", "-genkeypair", *store, *key])
        run(["keytool", "-exportcert", "-rfc", *store, "-file", str(self.ca_file)])
        scram = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
        format_log = ["format", "-t", CLUSTER, "-c", str(properties), "--add-scram", scram]
        run(self._java("kafka.tools.StorageTool") + format_log)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            if answers(self.ports["plain"]):
                admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
                admin.close()
                return
            time.sleep(0.05)
        end = (self.folder / "broker.log").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"Kafka did not start at {self.bootstrap}; the end of its log:\n{end}")


def answers(port: int) -> bool:
    """Tell whether something listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run(command: list[str]) -> None:
    """Run a command to its end; raises RuntimeError with its output if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def start_broker(folder: Path) -> KafkaBroker:
    """Return a running broker whose files lie in a folder.

    Raises RuntimeError, with the mend, if Kafka cannot be fetched or started.
    """
    broker = KafkaBroker(folder, fetch_kafka())
    broker.start()
    return broker


def main() -> None:
    """Run a broker in the foreground until interrupted."""
    parser = argparse.ArgumentParser(description="Run a Kafka broker until interrupted.")
    parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="driftd-kafka-") as folder:
        broker = start_broker(Path(folder))
        print(broker.bootstrap, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            broker.stop()


if __name__ == "__main__":
    main()
