"""From the configuration of a Kafka cluster's security to the settings of its client."""

from pathlib import Path

from monitor.config.source import SecurityConfig
from monitor.sources.source import SourceError

SECTION = "source.kafka.security"


def security_settings(security: SecurityConfig, section: str = SECTION) -> dict[str, str | None]:
    """Return the settings of kafka-python's clients that encrypt and log in.

    section: of the configuration, for the message. Raises SourceError if the password's file
    cannot be read.
    """
    settings: dict[str, str | None] = {"security_protocol": security.protocol.value}
    if security.encrypts:
        settings["ssl_cafile"] = _text(security.ca_file)
        settings["ssl_certfile"] = _text(security.certificate_file)
        settings["ssl_keyfile"] = _text(security.key_file)
    if security.logs_in and security.mechanism is not None:
        settings["sasl_mechanism"] = security.mechanism.value
        settings["sasl_plain_username"] = security.username
        settings["sasl_plain_password"] = _password(security, section)
    return settings


def _password(security: SecurityConfig, section: str) -> str:
    if security.password is not None:
        return security.password.get_secret_value()
    if security.password_file is None:
        return ""
    try:
        return security.password_file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{section}.password_file: {security.password_file} cannot be read: {error}"
        ) from None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
