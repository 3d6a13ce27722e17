"""Asking a running daemon, over TLS and as a user where it wants that."""

import os
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

    import httpx

    from monitor.document_types import Status

TIMEOUT_S = 5.0
USER_VARIABLE = "DRIFTD_USER"


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a daemon: whom to trust, which certificate to show, which user to name.

    user_file: of 'name:password'; without it they come from the environment, if from anywhere.
    """

    ca_file: Path | None
    cert_file: Path | None
    key_file: Path | None
    user_file: Path | None

    def user(self) -> tuple[str, str] | None:
        """Return name and password, None for nobody. Raises OSError."""
        where, text = USER_VARIABLE, os.environ.get(USER_VARIABLE, "")
        if self.user_file is not None:
            where, text = str(self.user_file), self.user_file.read_text().rstrip("\r\n")
        if not text:
            return None
        name, separator, password = text.partition(":")
        if not separator:
            raise OSError(f"{where} does not hold a user as 'name:password'")
        return name, password

    def context(self) -> "ssl.SSLContext":
        """Return the TLS to speak. Raises OSError for files that cannot be used."""
        import ssl

        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file is not None:
                context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:
            named = [each for each in (self.ca_file, self.cert_file, self.key_file) if each]
            raise OSError(
                f"{', '.join(map(str, named))}: {error.strerror}; name files that can be read, "
                "with certificates and keys in PEM"
            ) from error
        return context


def ask_status(url: str, access: Access) -> tuple[bytes, "Status"]:
    """Return the daemon's status as it was sent, and as it reads on a terminal.

    Raises ConnectionError if no daemon answers, OSError for files that cannot be used.
    """
    import httpx
    import msgspec

    from monitor.document_types import Status
    from monitor.printable import printable_in

    user, context = access.user(), access.context()
    try:
        answer = httpx.get(f"{url}/api/v1/status", timeout=TIMEOUT_S, verify=context, auth=user)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(f"no daemon answers at {url}: {error}; {_mend(error)}") from error
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise ConnectionError(
            f"the daemon at {url} lets in only users of its web_config; name one as "
            f"'name:password' in {USER_VARIABLE} or in a file with --user-file"
        )
    try:
        read = printable_in(msgspec.json.decode(answer.content))
        return answer.content, msgspec.convert(read, type=Status)
    except msgspec.DecodeError as error:
        raise ConnectionError(
            f"what answers at {url} is not driftd, or not this version of it: /api/v1/status "
            f"gave status {answer.status_code}, {error}"
        ) from error


def _mend(error: "httpx.HTTPError | httpx.InvalidURL") -> str:
    told = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in told:
        return "name the authority of its certificate with --ca-file"
    if "WRONG_VERSION_NUMBER" in told:
        return "it speaks no TLS: write http:// in the URL"
    if "disconnected" in told or "alert" in told.lower():
        return (
            "does it speak TLS (https:// in the URL), or want a client's certificate "
            "(--cert-file, --key-file)?"
        )
    return "is 'driftd run' running, and is this its 'listen' address?"
