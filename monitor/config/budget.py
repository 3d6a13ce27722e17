"""How many false alarms a model's owner accepts."""

from typing import Any, Self

from pydantic import (
    BaseModel,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from detectors.evidence.budget import TICKETS_PER_PAGE
from monitor.config.durations import PositiveDuration
from monitor.config.errors import ClashError
from monitor.config.section import SECTION

DEFAULT_BLOCKS = 4320
"""Blocks in the period where blocks are of rows, as many as there are of ten minutes in 30 days."""


class BudgetConfig(BaseModel):
    """How many false alarms are accepted in a period, over all features and windows together."""

    model_config = SECTION

    pages: float = Field(
        1.0,
        gt=0,
        allow_inf_nan=False,
        description="False pages in the period, on average; what somebody is woken for.",
        examples=[1, 0.1],
    )
    per: PositiveDuration = Field(
        "30d", validate_default=True, description="The period.", examples=["30d", "7d"]
    )
    tickets: float = Field(
        None,
        validate_default=True,
        gt=0,
        allow_inf_nan=False,
        description="False tickets in the period, pages among them; what is looked at in working "
        f"hours. Default: {TICKETS_PER_PAGE} for every page.",
        examples=[10],
        json_schema_extra={"default": TICKETS_PER_PAGE},
    )
    blocks: int | None = Field(
        None,
        ge=1,
        description="The period in blocks, in the place of per, where rows_per_block is set. "
        f"Default: {DEFAULT_BLOCKS}.",
        examples=[DEFAULT_BLOCKS],
    )

    @field_validator("tickets", mode="wrap")
    @classmethod
    def _default_to_ten_a_page(
        cls, given: Any, parse: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> float:
        if given is None:
            # without pages, whose own problem is told, any number will do
            return float(TICKETS_PER_PAGE * info.data.get("pages", 1))
        tickets: float = parse(given)
        return tickets

    @model_validator(mode="after")
    def _require_a_ticket_for_every_page(self) -> Self:
        if self.tickets < self.pages:
            wrong = f"{self.tickets:g} is fewer than pages: {self.pages:g}; a page is a ticket too"
            raise ClashError([("tickets", f"{wrong}, so raise it")])
        return self


def count_of(number: float, what: str) -> str:
    """Return a number of something in words, such as '1 page' or '0.5 pages'."""
    return f"{number:.12g} {what}" if number == 1 else f"{number:.12g} {what}s"
