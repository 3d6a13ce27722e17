"""What is wrong with configured triggers that reading the configuration alone does not show."""

from collections.abc import Iterator

from monitor.config.settings import Settings
from monitor.triggers.plugins import PluginError, make_plugin
from monitor.triggers.signing import read_keys
from monitor.triggers.trigger import RetryLaterError


def trigger_problems(settings: Settings) -> Iterator[str]:
    """Yield one line for each problem; connects to nothing.

    A file that cannot be read is none of them: `access_problems` tells of it.
    """
    for name, config in settings.triggers.items():
        if config.plugin is not None:
            try:
                make_plugin(config.plugin.name, config.plugin.options, config.timeout / 1000)
            except PluginError as error:
                yield f"triggers.{name}.plugin.{error}"
        if config.secret_file is not None and config.secret_file.is_file():
            try:
                read_keys(config.secret_file)
            except RetryLaterError as error:
                yield f"triggers.{name}.{error}"
