"""What the configuration of a cluster becomes: settings, topics, and words for errors."""

from types import SimpleNamespace

import pytest
from kafka import errors

from monitor.config.source import KafkaConfig, SecurityConfig
from monitor.sources.kafka_errors import unmendable
from monitor.sources.kafka_security import security_settings
from monitor.sources.kafka_topics import Subscription
from monitor.sources.source import SourceError


def test_nothing_but_the_protocol_is_set_without_security():
    assert security_settings(SecurityConfig()) == {"security_protocol": "PLAINTEXT"}


def test_certificates_are_passed_on_where_the_protocol_encrypts():
    security = SecurityConfig(
        protocol="SSL", ca_file="ca.pem", certificate_file="c.pem", key_file="k.pem"
    )
    assert security_settings(security) == {
        "security_protocol": "SSL",
        "ssl_cafile": "ca.pem",
        "ssl_certfile": "c.pem",
        "ssl_keyfile": "k.pem",
    }


def login(**changes):
    given = {"protocol": "SASL_PLAINTEXT", "mechanism": "SCRAM-SHA-256", "username": "u"}
    return SecurityConfig(**given | changes)


def test_the_password_may_be_given_or_lie_in_a_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("from a file\n")
    given = security_settings(login(password="given"))
    assert given["sasl_plain_password"] == "given"
    assert given["sasl_plain_username"] == "u"
    assert given["sasl_mechanism"] == "SCRAM-SHA-256"
    assert security_settings(login(password_file=file))["sasl_plain_password"] == "from a file"


def test_a_password_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"password_file: .*/none cannot be read: .*No such file"):
        security_settings(login(password_file=tmp_path / "none"))


CONFIG = KafkaConfig(bootstrap_servers=["b:9092"], group="g", instance="i")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.SaslAuthenticationFailedError("no"), "does not let an anonymous user in: "),
        (errors.GroupAuthorizationFailedError("g"), "may not join group 'g'; allow Read"),
        (errors.TopicAuthorizationFailedError({"t"}), "has not the rights: "),
        (errors.FencedInstanceIdError(), "another driftd reads as instance 'i' of group 'g'"),
        (errors.InconsistentGroupProtocolError(), "group 'g' is used by consumers of another"),
        (errors.UnsupportedCodecError("zstd"), "install kafka-python"),
        (errors.IncompatibleBrokerVersion("old"), "the brokers at b:9092 are too old"),
        (errors.KafkaConnectionError("CERTIFICATE_VERIFY_FAILED"), "set source.kafka.security.ca"),
    ],
)
def test_errors_that_waiting_does_not_mend_come_with_what_does(error, words):
    assert words in str(unmendable(error, CONFIG))


@pytest.mark.parametrize(
    "error", [errors.KafkaConnectionError("refused"), errors.NotCoordinatorError(), OSError()]
)
def test_errors_that_may_pass_are_waited_out(error):
    assert unmendable(error, CONFIG) is None


def cluster(**topics: int) -> SimpleNamespace:
    return SimpleNamespace(
        topics=lambda: set(topics), partitions_for_topic=lambda topic: set(range(topics[topic]))
    )


def test_a_subscription_has_the_partitions_of_its_topics_and_of_those_that_match_wholly():
    subscription = Subscription(frozenset({"a", "gone"}), "b|c.")
    there = cluster(a=2, b=1, bb=1, c1=1, c12=1, xc1=1)
    found = {(each.topic, each.partition) for each in subscription.partitions(there)}
    assert found == {("a", 0), ("a", 1), ("b", 0), ("c1", 0)}


def test_names_are_taken_literally_beside_a_pattern():
    found = Subscription(frozenset({"a.b"}), "x").partitions(cluster(**{"a.b": 1, "aab": 1}))
    assert {each.topic for each in found} == {"a.b"}


def test_topics_that_are_missing_are_named():
    assert Subscription(frozenset({"a", "b"}), None).missing(cluster(a=1)) == (
        "topic 'b' does not exist yet; waiting for it"
    )
    assert "no topic matches 'x.*'" in Subscription(frozenset(), "x.*").missing(cluster(a=1))
    assert Subscription(frozenset({"a"}), "a").missing(cluster(a=1)) == ""
