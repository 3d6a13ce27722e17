"""The catalogue as the command lists it."""

from click.testing import CliRunner

from monitor.cli import main
from monitor.retest.catalogue import CATALOGUE, make


def test_the_command_lists_every_name_with_its_options():
    result = CliRunner(env={"COLUMNS": "160"}).invoke(main, ["retest", "catalogue"])
    assert result.exit_code == 0
    listed = {line.split(" ")[0] for line in result.output.splitlines()}
    assert set(CATALOGUE) <= listed
    assert "prove=1000" in result.output


def test_what_takes_no_option_is_made_without_any():
    needy = {"monotone", "permutation_invariant", "synonyms", "code_mixing"}
    made = {name: make(name, {}) for name in CATALOGUE if name not in needy}
    assert len(made) == len(CATALOGUE) - len(needy)
