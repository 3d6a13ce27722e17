"""Airflow: the event starts a run of a DAG, named after the event, with the event as its conf."""

from urllib.parse import quote

import httpx
import msgspec

from monitor.config.receivers import AirflowAPI, AirflowConfig
from monitor.config.triggers import TriggerConfig
from monitor.events.event import Event
from monitor.triggers.posting import JSON, judge, post
from monitor.triggers.secret_file import bearer, read_secret
from monitor.triggers.trigger import RetryLaterError

KNOWN = (409,)
"""A run of this id is there, for an event that was delivered before."""


class Airflow:
    """Starts runs of one DAG through Airflow's REST API, v1 of Airflow 2 or v2 of Airflow 3.

    Source: the stable REST API of Airflow 2.10, and that of Airflow 3.
    """

    def __init__(self, config: TriggerConfig) -> None:
        """Take where Airflow is, and how to log in."""
        assert config.airflow is not None, "it is an Airflow"
        self._airflow: AirflowConfig = config.airflow
        self._ca_file = config.ca_file

    async def deliver(self, event: Event) -> str:
        """Start a run whose id is the event's, so that a repeat starts none."""
        airflow = self._airflow
        url = f"{airflow.url}/api/{airflow.api}/dags/{quote(airflow.dag, safe='')}/dagRuns"
        body: dict[str, object] = {"dag_run_id": f"driftd-{event.id}", "conf": event}
        if airflow.api is AirflowAPI.V2:
            body["logical_date"] = None  # the run belongs to no interval of data
        headers, auth = await self._login()
        content = msgspec.json.encode(body)
        return judge(await post(url, content, JSON, headers, self._ca_file, auth), KNOWN)

    async def _login(self) -> tuple[dict[str, str], httpx.BasicAuth | None]:
        airflow = self._airflow
        if airflow.username is None or airflow.password_file is None:
            return bearer("airflow.token_file", airflow.token_file), None
        password = read_secret("airflow.password_file", airflow.password_file)
        if airflow.api is AirflowAPI.V1:
            return {}, httpx.BasicAuth(airflow.username, password)
        return {"Authorization": f"Bearer {await self._token(airflow.username, password)}"}, None

    async def _token(self, username: str, password: str) -> str:
        """Get a token of Airflow 3; each is used once, as events are days apart."""
        asked = msgspec.json.encode({"username": username, "password": password})
        answer = await post(f"{self._airflow.url}/auth/token", asked, JSON, {}, self._ca_file)
        judge(answer)
        try:
            return msgspec.json.decode(answer.body, type=Login).access_token
        except msgspec.DecodeError:
            raise RetryLaterError("/auth/token answered without an access_token") from None


class Login(msgspec.Struct):
    """What /auth/token answers."""

    access_token: str
