"""What the runbook says of the alerts on models: what each means, where to look, what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guidance:
    """A section of the runbook. look, act: steps, the first ones first. `Code` is in backticks."""

    meaning: str
    look: tuple[str, ...]
    act: tuple[str, ...]


OF_ALARMS = {
    "DriftdDrift": Guidance(
        "Inputs or predictions of a model are no longer distributed as in its reference, by more "
        "than `ignore_below`. It is critical where driftd pages and a warning where it writes a "
        "ticket; the budget of the model says how many of both are false in its period, so a "
        "single one of them is worth a look.",
        (
            "The page of driftd, or `GET /api/v1/models/MODEL`: the drifted features, how each one "
            "moved, in words, and since when.",
            "The diagnosis there: covariate shift, prior shift, records outside of all that is "
            "known, or broken data (then DriftdDataQuality fires too, and comes first).",
            "Whether it is one segment or all, one version or all: one version points at a "
            "deployment, one segment at its source of records.",
            "The open event in `GET /api/v1/events?model=MODEL&open=true`: the window, and where "
            "its records lie in the log.",
        ),
        (
            "Where labels come soon, wait for performance: drift that costs nothing needs no "
            "retraining.",
            "Where the change is to stay and costs performance, retrain on records of the new "
            "kind and build a new reference with `driftd reference build`.",
            "Where the change is known and harmless, build a new reference of the data as they "
            "are now, or raise `ignore_below` where it is small.",
        ),
    ),
    "DriftdDataQuality": Guidance(
        "Values are broken rather than other: missing, stuck at one value, in another unit, or "
        "outside of all that the reference knows. It is told only while there is an alarm, whose "
        "false ones the budget bounds.",
        (
            "The diagnosis on the page or in `GET /api/v1/models/MODEL`: it names the feature and "
            "what seems to be wrong with it.",
            "`driftd_missing_ratio`, `driftd_invalid_ratio`, `driftd_unseen_ratio` and "
            "`driftd_out_of_range_ratio` by feature: when did they jump?",
            "What was deployed then: the producer of the records, a feature store, a schema.",
        ),
        (
            "Have the producer mended or rolled back; the model need not be touched.",
            "Until then decide whether its answers can be used without the feature: a re-test "
            "with `missing_one` tells how much it hangs on it.",
            "The alarm clears of itself once enough sound records have come.",
        ),
    ),
    "DriftdConceptDrift": Guidance(
        "Labels follow from the inputs otherwise than in the reference: the model has not met "
        "other inputs, what they mean has changed. No better inputs mend that.",
        (
            "Performance by segment: is it all traffic, or one part?",
            "The labels themselves: a change in how they are made looks exactly the same.",
            "`driftd_performance` beside `driftd_performance_reference`, and how far it lies from "
            "the estimate (`driftd_performance_estimate_difference`).",
        ),
        (
            "Retrain on labelled records from after the change, re-test the candidate with "
            "`driftd retest --gate`, and build a new reference for it.",
            "Until then roll back to a version that does better on the newest labels, if there "
            "is one: `driftd retest compare`.",
        ),
    ),
    "DriftdPerformanceDrop": Guidance(
        "By the labels that have come, the model errs more often, or by more, than on its "
        "reference. Like all alarms of driftd it accounts for chance, and its false ones share "
        "the budget.",
        (
            "The measures with their intervals on the page, by segment.",
            "Whether DriftdDrift or DriftdDataQuality fires for the same stream: then the inputs "
            "are the cause, otherwise think of DriftdConceptDrift.",
            "`driftd_label_join_ratio`: where few labels come, those that do may be special.",
        ),
        (
            "Broken inputs: mend them. Other inputs or another concept: retrain.",
            "Where a trigger starts a re-evaluation, read its verdict in "
            "`GET /api/v1/events?model=MODEL` before doing it by hand.",
        ),
    ),
    "DriftdEstimatedPerformanceDrop": Guidance(
        "There is an alarm on the inputs, and by the model's own calibrated scores it errs more "
        "on inputs like these: the 95 % interval of the estimate lies beyond the reference. It "
        "holds as long as labels follow from inputs as before.",
        (
            "The estimate beside the reference on the page, and how well the estimate did where "
            "labels have come: `driftd_performance_estimate_difference`.",
            "What DriftdDrift says of the same stream.",
        ),
        (
            "Have a sample of the newest records labelled, ahead of the others.",
            "Prepare what DriftdPerformanceDrop asks for; do not wait for the whole horizon of "
            "the labels if a wrong answer is dear.",
        ),
    ),
    "DriftdRetestFailed": Guidance(
        "In the newest run of a re-test, the model did not meet a robustness requirement; "
        "`false_fails` bounds how often that is said wrongly. It fires until a run passes.",
        (
            "`GET /api/v1/models/MODEL/retests` and the run that it names: the measured value, its "
            "interval, the limit and records that fail.",
            "`driftd_retest_accuracy_ratio` against severity: a cliff or a slope?",
            "Whether the version or the evaluation data changed since the last run that passed.",
        ),
        (
            "Keep the version from further traffic; roll back if an earlier one passed.",
            "Harden the model against that perturbation, then `driftd retest --gate`.",
            "If the requirement is stricter than the use needs, change it where everybody sees "
            "it: in the configuration.",
        ),
    ),
    "DriftdRetestOverdue": Guidance(
        "A re-test has been due for long and no run is under way, or none has ended for longer "
        "than its schedule ever pauses: nothing is known of how robust the model is now.",
        (
            "The history in `GET /api/v1/models/MODEL/retests`: runs that were interrupted, and "
            "why.",
            "driftd's log: `retest_not_begun`, `retest_hangs`.",
            "Whether other models' runs hold it up: driftd runs two at a time.",
        ),
        (
            "Start it by hand: `driftd retest -c FILE MODEL`, or let Alertmanager call driftd's "
            "`POST /api/v1/alerts`, which can do so.",
            "Where the endpoint is too slow for it, lower `queries` or raise `max_rate`.",
        ),
    ),
}

OF_TRAFFIC = {
    "DriftdNoRecords": Guidance(
        "No record came, though at this time there are always some: yesterday around this time, "
        "and a week ago. So nights, weekends and batches once a day are silence as usual, and "
        "in the first week after Prometheus met the model only one is told of that has never had "
        "a record. The warning is for models with little traffic: none in a whole day.",
        (
            "Is the model used? Its own request metrics, or the topic's newest offset.",
            "The producer that logs predictions: its errors, its credentials, its topic's name.",
            "`driftd_source_connected` and `driftd_source_lag_records`: records that are there "
            "and not read are another alert.",
            "`driftd_rejects_total`: records that come and cannot be used.",
        ),
        (
            "Have the logging mended. What was not logged is lost; what waits in the log is read "
            "when it comes.",
            "If the model is no longer used, take it out of the configuration.",
        ),
    ),
    "DriftdRejectsHigh": Guidance(
        "A large part of a model's records could not be used, for a while: more than one in a "
        "hundred, or, critical, more than half, so that what is said of the rest is little worth.",
        (
            "`sum by (reason) (rate(driftd_rejects_total[5m]))`: which reason?",
            "The quarantine, which keeps such records with what was wrong, field by field.",
            "Whether a producer was deployed at the time.",
        ),
        (
            "A changed field: mend the producer, or `records` and `features` in the configuration.",
            "Times in the future: mend the producer's clock or `unit`.",
            "Rejected records stay in the quarantine, whole, for whoever wants them counted after "
            "all.",
        ),
    ),
    "DriftdLabelsMissing": Guidance(
        "Predictions come and labels do not: none when there are always some, none for a day "
        "though a week ago there were, or none ever. Performance is then not watched, and drift "
        "of the concept is not seen.",
        (
            "`driftd_labels_total` by outcome: `orphan` says that labels come and meet no "
            "prediction, such as for another id; `late` that they come after the horizon.",
            "`driftd_label_delay_seconds`: how long they used to take.",
            "The topic of the labels: its newest offset, and who writes it.",
        ),
        (
            "Have the writing of labels mended; labels within the horizon are still joined.",
            "Ids that differ: mend `labels.id`. Labels that take longer: raise `labels.horizon`.",
        ),
    ),
}

GUIDANCE_OF_MODELS = OF_ALARMS | OF_TRAFFIC
