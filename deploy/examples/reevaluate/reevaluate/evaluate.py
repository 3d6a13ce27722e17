"""One event's re-evaluation, from its records to the report."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np

from detectors.counts import FloatArray, IntArray
from monitor.config import ConfigError
from monitor.events.event import Event, EventType
from monitor.events.result import Judgement
from monitor.reference.file import ReferenceError
from monitor.reference.table import DataError
from monitor.sources.source import SourceError
from reevaluate.comparison import Estimate, Health, gain, health, score
from reevaluate.decision import Facts, decide
from reevaluate.gate import Gate, run_gate
from reevaluate.inbox import Case
from reevaluate.labels import find_labels
from reevaluate.logs import LogError, open_log
from reevaluate.records import Named, named_records
from reevaluate.report import Counts, Judged, Report
from reevaluate.scoring import Asked, ask, inputs_of
from reevaluate.settings import Rivals, Settings
from reevaluate.subject import Subject, SubjectError, load_subject

RECORDS, GATE = "records.jsonl", "gate.json"

EXPECTED = (SubjectError, ConfigError, ReferenceError, DataError, LogError, SourceError)
"""What ends a re-evaluation with a message that tells a person what to do."""


def evaluate(case: Case, settings: Settings) -> Report:
    """Return the report on a case; one that cannot be judged is reported as failed, with why.

    Raises KafkaError and OSError where trying again may help.
    """
    event = case.event
    try:
        subject = load_subject(settings.driftd.config, event.data.model)
        return _judge(case, event, subject, settings)
    except EXPECTED as error:
        return broken(case, str(error))


def broken(case: Case, why: str) -> Report:
    """Return the report on a case that cannot be judged."""
    return Report(event=case.event, made=_now(), verdict=Judgement.FAILED, why=why)


def _judge(case: Case, event: Event, subject: Subject, settings: Settings) -> Report:
    rivals = settings.models[subject.name]
    gate = _gate(case, subject, settings, rivals)
    named, labels = _labelled(case, event, subject, settings)
    known = np.flatnonzero(~np.isnan(labels))
    asked = _ask_all(case, named, subject, rivals) if len(known) else []
    models, over_previous = _compared(asked, known, labels, subject)
    segments = [each.segment for each in event.data.segments]
    reference = subject.at_validation(segments[0] if len(segments) == 1 else "")
    live = models[0].score if models else None
    regression = subject.task.regression
    state = None if live is None else health(live, reference, settings.tolerable, regression)
    shown = {each.role: each.gain.shown for each in models if each.gain is not None}
    verdict, why = decide(
        Facts(
            labels=len(known),
            least=settings.least_labels,
            health=state or Health.UNSURE,
            candidate=shown.get("candidate"),
            previous=shown.get("previous"),
            over_previous=None if over_previous is None else over_previous.shown,
            gate=None if gate is None else gate.verdict,
            kind=event.data.kind,
            requirement_failed=event.what is EventType.RETEST_FAILED,
        )
    )
    if models and models[0].problem:
        verdict, why = Judgement.FAILED, f"the live model could not be asked: {models[0].problem}"
    return Report(
        event=event,
        made=_now(),
        verdict=verdict,
        why=why,
        measure=subject.measure,
        at_validation=reference,
        health=state,
        records=_counts(named, len(known)),
        models=models,
        over_previous=over_previous,
        gate=gate,
        notes=list(_notes(event, named, models)),
    )


def _gate(case: Case, subject: Subject, settings: Settings, rivals: Rivals) -> Gate | None:
    """Return what the candidate's re-tests found, of this run or of one before a restart."""
    if rivals.candidate is None:
        return None
    kept = case.read(GATE)
    if kept is not None:
        return msgspec.json.decode(kept, type=Gate)
    found = run_gate(settings.driftd.config, subject.name, rivals.candidate)
    case.write(GATE, msgspec.json.encode(found))
    return found


def _labelled(
    case: Case, event: Event, subject: Subject, settings: Settings
) -> tuple[Named, FloatArray]:
    """Return the event's records and their labels, (n,), nan where none came in time."""
    if not event.data.records:
        return Named(), np.zeros(0)
    log = open_log(subject.settings)
    named = named_records(event, subject, log, settings.most_records)
    topic = event.data.labels_topic or subject.config.label_topic
    assert topic is not None, "a subject has labels"
    until_s = case.received_s + settings.wait_for_labels / 1000
    found = find_labels(named.records, topic, subject, log, until_s)
    return named, np.array([found.get(key, np.nan) for key in named.records])


def _ask_all(case: Case, named: Named, subject: Subject, rivals: Rivals) -> list[Asked]:
    sample = inputs_of(named, case.folder / RECORDS, subject)
    assert len(sample) == len(named.records), "every record that was decoded is an input"
    urls = {"live": None, "candidate": rivals.candidate, "previous": rivals.previous}
    return [
        ask(role, url, sample, subject, case.id)
        for role, url in urls.items()
        if url is not None or role == "live"
    ]


def _compared(
    asked: Sequence[Asked], known: IntArray, labels: FloatArray, subject: Subject
) -> tuple[list[Judged], Estimate | None]:
    """Return each model on the records with a label, and the candidate over the previous one."""
    regression, truth = subject.task.regression, labels[known]
    usable = {each.role: each.outcome[known] for each in asked if not each.problem}
    others = [role for role in usable if role != "live"]
    pairs = max(1, len(others) + (len(others) == 2))
    models = []
    for each in asked:
        found = usable.get(each.role)
        gained = None
        if found is not None and "live" in usable and each.role != "live":
            gained = gain(found, usable["live"], truth, regression, pairs)
        models.append(
            Judged(
                role=each.role,
                url=each.url,
                version=each.version,
                answered=0 if found is None else int((~np.isnan(found)).sum()),
                score=None if found is None else score(found, truth, regression),
                gain=gained,
                problem=each.problem,
            )
        )
    if len(others) < 2:
        return models, None
    over = gain(usable["candidate"], usable["previous"], truth, regression, pairs)
    return models, over


def _counts(named: Named, labelled: int) -> Counts:
    return Counts(
        found=named.found,
        used=len(named.records),
        labelled=labelled,
        late=named.late,
        repeats=named.repeats,
        others=named.others,
        rejected=named.rejected,
        without_id=named.without_id,
    )


def _notes(event: Event, named: Named, models: Sequence[Judged]) -> Iterator[str]:
    data, window = event.data, event.data.window
    if not data.records:
        yield "The event names no records, so no answers were compared."
    elif window is not None:
        counted = named.found + named.repeats + named.without_id
        if counted != window.records:
            yield (
                f"The event is about {window.records:,} records, and {counted:,} were found in "
                "its ranges. They differ where segments drift since different blocks, where a "
                "block was closed without a silent partition, and by records whose labels did not "
                "tell a drop of performance."
            )
    if named.late:
        yield (
            f"{named.late:,} of the records came late: the daemon counted them in a later block "
            "than that of their time, so that some may be older than the window."
        )
    if len(named.records) < named.found:
        yield f"The figures are of a uniform sample of {len(named.records):,} records."
    for each in models:
        if each.problem:
            yield f"The {each.role} model could not be asked: {each.problem}."
        elif each.role == "live" and each.version and data.version not in ("", each.version):
            yield (
                f"The live endpoint answered as version {each.version}; the event is about "
                f"version {data.version}."
            )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
