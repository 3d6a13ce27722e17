"""A certificate authority and its certificates, made by openssl, for tests."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

CONFIG = "[req]\ndistinguished_name = name\n[name]\n"
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a certificate and its key lie."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority whose files lie in ``folder``."""

    folder: Path
    own: Certificate

    @classmethod
    def new(cls, folder: Path, name: str = "authority") -> "Authority":
        """Make an authority."""
        (folder / "openssl.cnf").write_text(CONFIG)
        extensions = (
            "basicConstraints=critical,CA:TRUE",
            "keyUsage=critical,keyCertSign,cRLSign",
            "subjectKeyIdentifier=hash",
        )
        return cls(folder, _make(folder, name, extensions))

    def issue(self, name: str, *names: str) -> Certificate:
        """Make a certificate for alternative names such as 'IP:127.0.0.1', of the authority."""
        extensions = (
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature",
            "extendedKeyUsage=serverAuth,clientAuth",
            "subjectKeyIdentifier=hash",
            "authorityKeyIdentifier=keyid",
            f"subjectAltName={','.join(names)}",
        )
        signed_by = ("-CA", str(self.own.cert), "-CAkey", str(self.own.key))
        return _make(self.folder, name, extensions, *signed_by)


def _make(folder: Path, name: str, extensions: tuple[str, ...], *options: str) -> Certificate:
    made = Certificate(folder / f"{name}.crt", folder / f"{name}.key")
    command = ["openssl", "req", "-x509", "-config", str(folder / "openssl.cnf"), *KEY]
    command += ["-days", "30", "-subj", f"/CN={name}", *options]
    command += ["-keyout", str(made.key), "-out", str(made.cert)]
    command += [part for each in extensions for part in ("-addext", each)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"openssl made no certificate: {done.stderr}"
    return made
