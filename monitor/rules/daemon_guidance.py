"""What the runbook says of the alerts on the daemon."""

from monitor.rules.guidance import Guidance

GUIDANCE_OF_DAEMON = {
    "DriftdDown": Guidance(
        "Prometheus could scrape this daemon within the last day and now cannot. Nothing is lost: "
        "a daemon that comes back reads on where it was, and its alarms come late.",
        (
            "The process: `systemctl status driftd`, or the pod and its last log lines. A daemon "
            "that cannot go on says why in one line and exits with 2.",
            "The memory that it had: was it killed for it?",
            "The network between Prometheus and `listen`, and the credentials of the scrape.",
        ),
        (
            "Start it; check the configuration with `driftd check -c FILE` before.",
            "Mind the retention of the log: what it removes before driftd is back is lost "
            "(DriftdOffsetsLost).",
        ),
    ),
    "DriftdAbsent": Guidance(
        "No target of Prometheus is a driftd daemon: it was taken out of the scrape "
        "configuration, service discovery no longer finds it, or it never came up.",
        (
            "The targets' page of Prometheus: is there one for driftd, and what is its error?",
            "The labels that service discovery or the ServiceMonitor selects by.",
        ),
        ("Mend the scrape configuration, or start the daemon.",),
    ),
    "DriftdRestarting": Guidance(
        "The daemon has started four times or more within an hour: something ends it each time, "
        "after it has answered a while. Between two starts it watches, and falls behind.",
        (
            "The last lines of its log before each end, and its exit status.",
            "Whether it is killed for its memory: `process_resident_memory_bytes`, `dmesg`.",
            "Whether a probe or a watchdog ends it: is `/-/healthy` slow to answer?",
        ),
        (
            "Give it the memory that it needs, or fewer streams: `segment.most`, `longest_window`.",
            "An error with a traceback is a fault of driftd: report it, with the log.",
        ),
    ),
    "DriftdModelMissing": Guidance(
        "The rules were made for a model that no running daemon watches: its daemon is away, or "
        "runs with another configuration than the rules were made from.",
        ("`GET /api/v1/models` of the daemons.", "The log of the daemon at its start."),
        (
            "Give the daemon the configuration, or make the rules anew with `driftd rules` where "
            "the model is gone for good.",
        ),
    ),
    "DriftdStalled": Guidance(
        "The daemon answers HTTP and its pipeline stands still: it has not so much as asked for "
        "records in ten minutes.",
        (
            "Its newest log lines, and `/-/ready`.",
            "The disk of its state folder: a snapshot that hangs stops everything.",
            "Its CPU: at 100 % of one core it is busy, and the log tells with what.",
        ),
        (
            "Restart it: it reads on from its last snapshot. With systemd's watchdog that "
            "happens by itself.",
            "If it happens again, take a stack with `py-spy dump` before and report it.",
        ),
    ),
    "DriftdSourceDisconnected": Guidance(
        "The daemon cannot reach the brokers, or the folder, that it reads records from.",
        (
            "Its log: the problem is told when the connection goes, with the mend.",
            "The brokers, the network, the certificate's and the password's end.",
        ),
        ("Bring the source back. driftd connects again by itself and reads on.",),
    ),
    "DriftdLagGrowing": Guidance(
        "The daemon has been behind for a quarter of an hour and falls further behind: records "
        "come faster than it takes them, so alarms come late, and later. Catching up after a "
        "pause, when the lag shrinks, is not told of.",
        (
            "`driftd_batch_duration_seconds` by stage: where does the time go?",
            "`job_model:driftd_records:rate5m`: is there more traffic than usual?",
            "The CPU that it may use, and `driftd_snapshot_duration_seconds`.",
        ),
        (
            "Give it more CPU, or move some of the models to a daemon of their own.",
            "Longer blocks and fewer segments make each record cheaper.",
        ),
    ),
    "DriftdOffsetsLost": Guidance(
        "The log's retention removed records before the daemon read them, or its position no "
        "longer existed. The statistics have a gap there; nothing else is wrong with them.",
        (
            "How long the daemon was down or behind, and the topic's retention.",
            "Whether the topic was deleted and made anew: `driftd_source_offset_resets_total`.",
        ),
        (
            "Raise the retention beyond the longest time that the daemon may be down.",
            "Nothing else: the daemon goes on with the oldest record that there is.",
        ),
    ),
    "DriftdSnapshotFailing": Guidance(
        "The daemon could not write its state for a while. It goes on, but after a crash it reads "
        "again from the last snapshot, and the log may no longer have that.",
        (
            "The log: `snapshot_failed`, with the file and the error.",
            "The space and the rights of the state folder. A quarantine or label store that "
            "cannot be written holds snapshots up as well.",
        ),
        ("Make room, or mend the rights; the next snapshot is tried by itself.",),
    ),
    "DriftdQuarantineFailing": Guidance(
        "Rejected records could not be written to the quarantine. As long as that is so no "
        "position is stored behind them, so they are not lost, but snapshots wait.",
        (
            "The log, for the place and the error.",
            "The folder's space and rights, or the topic and its brokers.",
        ),
        ("Bring the place back. driftd tries again by itself.",),
    ),
    "DriftdReloadFailed": Guidance(
        "The daemon was told to load its configuration again and the file is wrong, so it goes on "
        "with the one before. It would not start with the file as it is.",
        ("`driftd check -c FILE`, which says what is wrong and how to mend it.",),
        ("Mend the file and reload again: `POST /-/reload`, or SIGHUP.",),
    ),
    "DriftdTriggerFailing": Guidance(
        "Events could not be delivered to a trigger's receiver and were given up: refused by it, "
        "or not taken within `give_up_after`. Whatever the trigger was to start was not started.",
        (
            "The log, and `deliveries` in `GET /api/v1/events`: which events, and why.",
            "The receiver: an answer of 4xx or a redirect is refused at once, anything else is "
            "tried again.",
        ),
        (
            "Mend the receiver or the trigger, and try it: `driftd trigger test -c FILE NAME`.",
            "Start by hand what the events were to start; their text is in `GET /api/v1/events`.",
        ),
    ),
    "DriftdTriggerQueueOld": Guidance(
        "An event has been waiting for more than a quarter of an hour: its receiver hangs, fails "
        "or is away. driftd tries again, ever more rarely, until `give_up_after`.",
        (
            "The log: the newest problem of the trigger.",
            "The receiver, from the host of the daemon: name, certificate, credentials.",
        ),
        ("Mend the receiver; what waits is delivered by itself, each event at least once.",),
    ),
}
