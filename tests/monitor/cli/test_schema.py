import json

from click.testing import CliRunner

from monitor.cli import main
from monitor.config import json_schema


def test_the_schema_is_printed_as_json():
    result = CliRunner().invoke(main, ["schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == json_schema()
