"""What every section of the configuration has in common: no unknown key, never changed."""

from pydantic import ConfigDict

SECTION = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
"""hide_input_in_errors: a ValidationError that is printed somewhere must not show a secret."""
