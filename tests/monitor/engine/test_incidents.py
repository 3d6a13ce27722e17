"""Alarms of one cause are one incident, however they flap and spread."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from detectors.evidence.alarm import Level
from monitor.engine.incidents import Incidents, Move
from monitor.state.incidents import incidents_from, incidents_meta

COOLDOWN = 5
REFERENCE = "sha256:1"
CALM, TICKET, PAGE = Level.CALM, Level.TICKET, Level.PAGE

blocks = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from("12"), st.sampled_from(["DE", "FR", "IT"])),
        st.sampled_from(Level),
        max_size=6,
    ),
    max_size=40,
)


def told(
    blocks: Sequence[Mapping[tuple[str, str], Level]], cooldown: int = COOLDOWN
) -> list[tuple[int, str, Move]]:
    """What is told of a log of blocks: when, of which version, and what."""
    incidents = Incidents(cooldown, REFERENCE)
    return [
        (block, version, move)
        for block, levels in enumerate(blocks)
        for version, _, move in incidents.step(block, levels)
    ]


def one(*levels: Level) -> list[dict[tuple[str, str], Level]]:
    """Blocks of a model with a single stream."""
    return [{("1", ""): level} for level in levels]


def test_an_alarm_is_told_when_it_is_raised_and_once_it_has_been_gone_for_the_cooldown():
    log = one(CALM, PAGE, PAGE, *[CALM] * 7)
    assert told(log) == [(1, "1", Move.RAISED), (3 + COOLDOWN, "1", Move.CLEARED)]


def test_without_a_cooldown_it_is_cleared_at_once():
    assert told(one(PAGE, CALM), 0) == [(0, "1", Move.RAISED), (1, "1", Move.CLEARED)]


def test_an_alarm_that_comes_back_within_the_cooldown_is_the_same_and_counted():
    incidents = Incidents(COOLDOWN, REFERENCE)
    flapping = [PAGE, CALM, CALM, TICKET, CALM, PAGE, *[CALM] * COOLDOWN]
    log = one(*flapping, CALM)
    found = [
        (move, incident.flaps)
        for block, levels in enumerate(log)
        for _, incident, move in incidents.step(block, levels)
    ]
    assert found == [(Move.RAISED, 0), (Move.CLEARED, 2)]


def test_a_ticket_that_becomes_a_page_escalates_once():
    log = one(TICKET, TICKET, PAGE, TICKET, PAGE)
    assert told(log) == [(0, "1", Move.RAISED), (2, "1", Move.ESCALATED)]


def test_a_storm_over_all_segments_is_one_event_that_lists_them():
    incidents = Incidents(COOLDOWN, REFERENCE)
    segments = [f"s{number}" for number in range(20)]
    ((version, incident, move),) = incidents.step(7, {("1", segment): PAGE for segment in segments})
    assert (version, move) == ("1", Move.RAISED)
    assert list(incident.segments) == segments


def test_segments_that_join_later_spread_the_same_incident():
    log = [
        {("1", "DE"): PAGE},
        {("1", "DE"): PAGE, ("1", "FR"): PAGE},
        {("1", "DE"): CALM, ("1", "FR"): PAGE},
        {("1", "DE"): PAGE, ("1", "FR"): PAGE},
    ]
    assert told(log) == [(0, "1", Move.RAISED), (1, "1", Move.SPREAD)]


def test_an_incident_tells_which_segments_joined_it_in_its_newest_block():
    incidents = Incidents(COOLDOWN, REFERENCE)
    alarmed = [["DE"], ["DE", "FR"], ["DE", "FR"], ["FR", "IT"]]
    joined = []
    for block, segments in enumerate(alarmed):
        incidents.step(block, {("1", segment): PAGE for segment in segments})
        joined.append(incidents.open["1"].joined)
    assert joined == [("DE",), ("FR",), (), ("IT",)]


def test_each_version_has_its_own():
    log = [{("1", ""): PAGE, ("2", ""): TICKET}]
    assert told(log) == [(0, "1", Move.RAISED), (0, "2", Move.RAISED)]


def test_a_stream_that_is_forgotten_is_calm():
    log = [{("1", ""): PAGE}, *[{("2", ""): CALM}] * (COOLDOWN + 1)]
    assert told(log)[-1] == (1 + COOLDOWN, "1", Move.CLEARED)


@given(blocks)
def test_of_each_version_at_most_one_is_open_and_it_escalates_once(log):
    for wanted in "12":
        moves = [move for _, version, move in told(log) if version == wanted]
        lives = " ".join(moves).split("cleared")
        for life in lives:
            assert life.split().count("raised") == (1 if life.strip() else 0)
            assert life.split().count("escalated") <= 1
            assert not life.strip() or life.split()[0] == "raised"


@given(blocks)
def test_nothing_is_cleared_sooner_than_a_cooldown_after_the_last_alarm(log):
    for block, version, move in told(log):
        if move is Move.CLEARED:
            quiet = log[block - COOLDOWN : block + 1]
            assert len(quiet) == COOLDOWN + 1
            assert not any(
                level for levels in quiet for key, level in levels.items() if key[0] == version
            )


@given(blocks, st.integers(0, 40))
def test_a_restart_anywhere_changes_nothing(log, place):
    incidents = Incidents(COOLDOWN, REFERENCE)
    cut = min(place, len(log))
    found = [each for block in range(cut) for each in incidents.step(block, log[block])]
    restored = incidents_from(incidents_meta({"inputs": incidents}), COOLDOWN, REFERENCE)["inputs"]
    found += [each for block in range(cut, len(log)) for each in restored.step(block, log[block])]
    whole = Incidents(COOLDOWN, REFERENCE)
    assert found == [each for block, levels in enumerate(log) for each in whole.step(block, levels)]
