"""`driftd rules`: rules for Prometheus."""

from pathlib import Path

import click


@click.command()
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration file (YAML) that the rules are for.",
)
@click.option("--generic", is_flag=True, help="Rules that serve any configuration, instead.")
@click.option(
    "--job",
    default="",
    metavar="NAME",
    help="Only series of this job. Needed where one Prometheus scrapes daemons of several "
    "configurations, each with rules of its own.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write them there. Default: standard output.",
)
def rules(config: Path | None, generic: bool, job: str, out: Path | None) -> None:
    """Make the alert and recording rules for Prometheus.

    With -c they know the models: how long blocks are, when labels are due, when re-tests run.

    \b
    Examples:
      driftd rules -c driftd.yaml --out /etc/prometheus/driftd.rules.yml
      driftd rules --generic
    """
    from monitor.config import load
    from monitor.rules.rule_file import CONFIGURED_HEAD, rule_file
    from monitor.rules.rule_set import configured_rules

    if (config is None) != generic:
        raise click.UsageError("name a configuration with -c, or ask for --generic; not both")
    if config is None:
        if job:
            raise click.UsageError("--job is for the rules of a configuration; name it with -c")
        from monitor.rules.deployed import generic_file

        text = generic_file()
    else:
        settings = load(config)
        text = rule_file(configured_rules(settings, job), settings.base_url, CONFIGURED_HEAD)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text)
