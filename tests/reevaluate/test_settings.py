"""The example's files are such as the pipeline and the daemon take."""

import re

import pytest
import yaml
from reevaluate.decision import decide
from reevaluate.settings import load_settings

from monitor.config import ConfigError
from monitor.config.triggers import TriggerConfig
from tests.parts.reevaluation import EXAMPLE

README = (EXAMPLE / "README.md").read_text()


def test_the_configuration_is_one_and_shows_every_key():
    found = load_settings(EXAMPLE / "reevaluate.yaml")
    assert found.model_fields_set == type(found).model_fields.keys()


def test_the_trigger_in_the_readme_is_one_of_driftd():
    (told,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    trigger = TriggerConfig.model_validate(yaml.safe_load(told)["triggers"]["reevaluate"])
    assert trigger.receiver == "webhook"


def test_the_readme_tells_the_rule_line_by_line():
    of_code = re.findall(r"\| ([a-z_]+) \|$", str(decide.__doc__), re.MULTILINE)
    of_readme = re.findall(r"\| `([a-z_]+)` \|$", README, re.MULTILINE)
    assert of_readme == [each for each in of_code if each != "verdict"]


def test_relative_paths_are_taken_from_the_files_folder(tmp_path):
    config = tmp_path / "reevaluate.yaml"
    document = {
        "secret_file": "s",
        "spool": "spool",
        "driftd": {"config": "d.yaml", "url": "http://d", "token_file": "t"},
        "models": {"m": {}},
    }
    config.write_text(yaml.safe_dump(document))
    found = load_settings(config)
    assert found.spool == tmp_path / "spool"
    assert found.driftd.token_file == tmp_path / "t"
    config.write_text(yaml.safe_dump({**document, "models": {"m": {"candidate": "no url"}}}))
    with pytest.raises(ConfigError, match=r"models\.m\.candidate: "):
        load_settings(config)
