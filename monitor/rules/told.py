"""Pieces of descriptions: templates that Prometheus fills when an alert fires."""

MODEL_VERSION = "model {{ $labels.model }}{{ with $labels.version }}, version {{ . }}{{ end }}"
PLACE = MODEL_VERSION + "{{ with $labels.segment }}, segment {{ . }}{{ end }}"

MOST_LISTED = 3

_OF_STREAM = "job=%q,model=%q,version=%q,segment=%q"
_STREAM_VALUES = "$labels.job $labels.model $labels.version $labels.segment"


def asked(query: str, values: str) -> str:
    """Return the call that asks Prometheus; query: with a ``%q`` for each of the values."""
    quoted = query.replace('"', r"\"")
    return f'query (printf "{quoted}" {values})'


def listed(query: str, values: str, before: str, each: str, after: str = ".", by: str = "") -> str:
    """Return what lists the series that a query finds, nothing where it finds none.

    each: tells a series ``$s``, by ``$s.Labels`` and ``$s.Value``. by: the label that they are
    sorted by, "" for as they come.
    """
    found = asked(query, values) + (f' | sortByLabel "{by}"' if by else "")
    comma = "{{ if $i }}, {{ end }}"
    items = f"{{{{ range $i, $s := . }}}}{comma}{each}{{{{ end }}}}"
    return f"{{{{ with {found} }}}}{before}{items}{after}{{{{ end }}}}"


def of_stream(metric: str, *matchers: str) -> str:
    """Return a selector of the series of the alert's stream, to be filled by four values."""
    return f"{metric}{{{','.join([_OF_STREAM, *matchers])}}}"


def drifted() -> str:
    """Return what lists the drifted features with the most evidence, and how they moved."""
    number = f"clamp_max(max({of_stream('driftd_drifted_features')}), {MOST_LISTED})"
    named = of_stream("driftd_feature_evidence", 'feature!=""')
    effect = f"max by (feature) ({of_stream('driftd_feature_effect')})"
    evidence = f"topk(scalar({number} or vector(0)), max by (feature) ({named}))"
    return listed(
        f"sort_desc({effect} and on (feature) {evidence})",
        " ".join([_STREAM_VALUES] * 3),
        " Drifted: ",
        '{{ $s.Labels.feature }} ({{ printf "%+.2f" $s.Value }} sd)',
    )


def most_missing() -> str:
    """Return what lists the features with the most missing values in the newest block."""
    ratio = f"max by (feature) ({of_stream('driftd_missing_ratio')})"
    return listed(
        f"sort_desc(topk({MOST_LISTED}, {ratio} > 0))",
        _STREAM_VALUES,
        " Without a usable value in the newest block: ",
        "{{ $s.Labels.feature }} {{ $s.Value | humanizePercentage }}",
    )


def measures(metric: str, before: str) -> str:
    """Return what lists accuracy or mean absolute error by window, with the reference's."""
    main = 'measure=~"accuracy|mae"'
    now = f"max by (measure, window) ({of_stream(metric, main)})"
    told = listed(
        f"sort({now})",
        _STREAM_VALUES,
        f" {before}: ",
        '{{ $s.Labels.measure }} {{ printf "%.4g" $s.Value }} over {{ $s.Labels.window }}',
        after="",
    )
    reference = listed(
        f"max by (measure) ({of_stream('driftd_performance_reference', main)})",
        _STREAM_VALUES,
        "; on the reference ",
        '{{ printf "%.4g" $s.Value }}',
    )
    return told + reference
