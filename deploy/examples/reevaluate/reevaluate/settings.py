"""The configuration of the pipeline: one YAML file."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from monitor.config.address import Address
from monitor.config.document import read_document
from monitor.config.durations import Duration
from monitor.config.errors import ConfigError
from monitor.config.section import SECTION

URL = r"^https?://[^/\s]+(/\S*)?$"


class DriftdSettings(BaseModel):
    """The daemon that sends events and takes results.

    config: its configuration file; records, labels and models are read by it. url: of its API.
    token_file: of the token that a result must bear, as api_token_file of the daemon.
    """

    model_config = SECTION

    config: Path
    url: str = Field(pattern=URL)
    token_file: Path


class Rivals(BaseModel):
    """Other versions of a model that the live one is compared with; endpoints' URLs.

    They are asked as models.M.endpoint of the daemon's configuration says, but for the URL.
    """

    model_config = SECTION

    candidate: str | None = Field(None, pattern=URL)
    previous: str | None = Field(None, pattern=URL)


class Settings(BaseModel):
    """The pipeline's configuration.

    secret_file: of the webhook's secrets, as secret_file of the trigger. spool: the folder of
    events and reports. public_url: where people reach this pipeline, for the link to a report.
    wait_for_labels: how long after an event labels are waited for, in ms. least_labels: fewer
    decide nothing. most_records: of the event's, a uniform sample where there are more.
    tolerable: by how much the live model may be worse than on its reference: of an accuracy the
    difference, of a mean absolute error the share by which it rises.
    """

    model_config = SECTION

    listen: Address = "127.0.0.1:9577"
    secret_file: Path
    spool: Path
    public_url: str | None = Field(None, pattern=URL)
    driftd: DriftdSettings
    wait_for_labels: Duration = Field("30m", validate_default=True)
    least_labels: int = Field(200, ge=1)
    most_records: int = Field(10_000, ge=1, le=1_000_000)
    tolerable: float = Field(0.02, ge=0)
    models: dict[str, Rivals] = Field(min_length=1)


def load_settings(path: Path) -> Settings:
    """Return the configuration; relative paths in it are relative to the file's folder.

    Raises ConfigError with everything that is wrong.
    """
    document: Any = read_document(path)
    try:
        found = Settings.model_validate(document)
    except ValidationError as error:
        told = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigError(path, told) from None
    folder, driftd = path.parent, found.driftd
    files = {"config": folder / driftd.config, "token_file": folder / driftd.token_file}
    return found.model_copy(
        update={
            "secret_file": folder / found.secret_file,
            "spool": folder / found.spool,
            "driftd": driftd.model_copy(update=files),
        }
    )
