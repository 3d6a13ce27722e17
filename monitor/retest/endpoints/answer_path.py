"""Following a path into an answer in JSON."""

from collections.abc import Sequence
from typing import Any

from monitor.config.record_path import show_path
from monitor.retest.endpoints.wire import RequestError

EACH = "*"


def along(answer: Any, path: Sequence[str]) -> Any:
    """Return what lies at a path; after * it is followed in each entry of a list.

    A key may be the number of an entry in a list. Raises RequestError where there is nothing.
    """
    for place, key in enumerate(path):
        if key == EACH:
            if not isinstance(answer, list):
                raise _nothing(path)
            return [along(each, path[place + 1 :]) for each in answer]
        if isinstance(answer, dict) and key in answer:
            answer = answer[key]
        elif isinstance(answer, list) and key.isdecimal() and int(key) < len(answer):
            answer = answer[int(key)]
        else:
            raise _nothing(path)
    return answer


def entries(found: Any, output: str) -> Any:
    """Return the entry of each record, of an object what lies under the output's name.

    The answer may also be one object of lists by output, as pandas writes it.
    """
    if not output:
        return found
    if isinstance(found, dict):
        return along(found, (output,))
    return along(found, (EACH, output))


def _nothing(path: Sequence[str]) -> RequestError:
    return RequestError("schema_changed", f"the answer holds nothing at {show_path(tuple(path))}")
