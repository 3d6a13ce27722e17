"""Which of Kafka's errors waiting does not mend, and what does."""

from kafka import errors

from monitor.config.source import KafkaConfig
from monitor.sources.source import SourceError

LOGIN = (
    "Kafka does not let {user} in: {error}; correct username, password and mechanism below "
    "source.kafka.security"
)
RIGHTS = "{user} has not the rights: {error}; allow Read and Describe on the topics"
GROUP_RIGHTS = "{user} may not join group '{group}'; allow Read on the group, or set another one"
FENCED = (
    "another driftd reads as instance '{instance}' of group '{group}'; stop it, or give each "
    "its own source.kafka.instance"
)
GROUP_IN_USE = (
    "group '{group}' is used by consumers of another kind; set another source.kafka.group"
)
CERTIFICATE = (
    "the certificate of {servers} is not trusted: {error}; set source.kafka.security.ca_file "
    "to the certificates that sign it"
)
CODEC = "{error}; install kafka-python[crc32c,lz4,snappy,zstd]"
TOO_OLD = "the brokers at {servers} are too old: {error}; driftd needs Kafka 0.11 or later"
SETTING = "Kafka does not take the configuration: {error}; correct source.kafka"

MENDS: tuple[tuple[type[BaseException], str], ...] = (
    (errors.SaslAuthenticationFailedError, LOGIN),
    (errors.UnsupportedSaslMechanismError, LOGIN),
    (errors.IllegalSaslStateError, LOGIN),
    (errors.GroupAuthorizationFailedError, GROUP_RIGHTS),
    (errors.AuthorizationError, RIGHTS),
    (errors.FencedInstanceIdError, FENCED),
    (errors.InconsistentGroupProtocolError, GROUP_IN_USE),
    (errors.UnsupportedCodecError, CODEC),
    (errors.UnsupportedVersionError, TOO_OLD),
    (errors.KafkaConfigurationError, SETTING),
    (errors.InvalidTopicError, SETTING),
    (errors.InvalidGroupIdError, SETTING),
)


def unmendable(error: BaseException, config: KafkaConfig) -> SourceError | None:
    """Return the error that names the mend, or None for an error that may pass by itself."""
    mend = next((mend for kind, mend in MENDS if isinstance(error, kind)), None)
    if mend is None and "CERTIFICATE_VERIFY_FAILED" in str(error):
        mend = CERTIFICATE
    if mend is None:
        return None
    user = config.security.username
    return SourceError(
        mend.format(
            error=error,
            user="an anonymous user" if user is None else f"user '{user}'",
            group=config.group,
            instance=config.instance,
            servers=", ".join(config.bootstrap_servers),
        )
    )
