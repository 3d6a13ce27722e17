"""Real data sets with drift that is known, in a folder of Parquet files that users bring along.

Rows lie in the order of the stream; the first ones are the reference.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from monitor.config.durations import parse_duration

TIME = "ts"
"""Name of the column of event times, in ms."""

PREDICTION = "answer"
"""Name of the column that holds what a model answers."""

HOUR_MS = 3_600_000
HASHED = 32
"""A text becomes so many numbers."""


class DataMissingError(Exception):
    """The data cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RealSet:
    """A data set, and how its stream is cut into blocks.

    answer, kind: the column that stands for the model's prediction, and its kind; the target
    where the set has no predictions, as if of a perfect model. reference: rows of the first
    part. change: first row of the known change; None where there is none or it has no moment.
    drift: in words. block: rows, or a duration such as '3h' by the clock. longest: window, by
    the clock. time: the column of event times. timed: whether the reference has them too.
    prepare: makes the columns that the file does not have.
    """

    file: str
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    answer: str
    kind: str
    reference: int
    change: int | None
    drift: str
    block: int | str
    longest: str = "7d"
    time: str = ""
    timed: bool = True
    prepare: Callable[[pa.Table], pa.Table] = lambda table: table

    @property
    def by_rows(self) -> bool:
        """Whether blocks are of rows."""
        return isinstance(self.block, int)

    @property
    def teaches_by_the_clock(self) -> bool:
        """Whether the reference shows what the stream does by the clock."""
        return self.timed and not self.by_rows

    @property
    def block_length(self) -> int:
        """Rows of a block, or its ms."""
        return self.block if isinstance(self.block, int) else parse_duration(self.block)

    def read(self, folder: Path) -> pa.Table:
        """Return the columns that the model is watched by.

        Numeric and categorical features, PREDICTION, and TIME where blocks are by the clock.
        Raises DataMissingError.
        """
        path = folder / self.file
        if not path.is_file():
            raise DataMissingError(f"{path} is no file; give --data the folder that holds it")
        try:
            table = self.prepare(parquet.read_table(path))
            missing = sorted(self._wanted.difference(table.column_names))
        except pa.ArrowInvalid as error:
            raise DataMissingError(f"{path} cannot be read: {error}") from None
        except KeyError as error:
            missing = [str(error.args[0])]
        if missing:
            raise DataMissingError(f"{path} lacks {', '.join(missing)}; is it another data set?")
        if len(table) <= self.reference:
            raise DataMissingError(
                f"{path} has {len(table):,} rows, the reference alone takes {self.reference:,}"
            )
        columns = {name: table[name] for name in (*self.numeric, *self.categorical)}
        columns[PREDICTION] = table[self.answer]
        if not self.by_rows:
            columns[TIME] = table[self.time].cast(pa.timestamp("ms")).cast(pa.int64())
        return pa.table(columns)

    @property
    def numeric_columns(self) -> tuple[str, ...]:
        """Numeric columns, the prediction among them if it is a number."""
        return self.numeric if self.kind == "class" else (*self.numeric, PREDICTION)

    @property
    def categorical_columns(self) -> tuple[str, ...]:
        """Categorical columns, the prediction among them if it is a class."""
        return (*self.categorical, PREDICTION) if self.kind == "class" else self.categorical

    @property
    def _wanted(self) -> set[str]:
        return {*self.numeric, *self.categorical, self.answer, self.time} - {""}

    def cuts(self, table: pa.Table, begin: int, end: int) -> Iterator[slice]:
        """Yield the rows from ``begin`` to ``end`` by block; blocks without rows are left out."""
        if self.by_rows:
            places = np.arange(end - begin) // self.block_length
        else:
            places = table[TIME].to_numpy()[begin:end] // self.block_length
        starts = np.flatnonzero(np.diff(places, prepend=places[0] - 1)) + begin
        yield from map(slice, starts.tolist(), [*starts[1:].tolist(), end])


def _hourly(table: pa.Table) -> pa.Table:
    """Give half-hours their time, for a file that has the first one's only: 1996-05-07."""
    first = np.datetime64("1996-05-07", "ms")
    times = first + np.arange(len(table)) * np.timedelta64(HOUR_MS // 2, "ms")
    return table.append_column("time", pa.array(times))


def _hashed(table: pa.Table) -> pa.Table:
    """Count words by their hash: a text as numbers, as a bag of words."""
    counts = np.zeros((len(table), HASHED))
    places: dict[str, int] = {}
    for row, text in enumerate(table["tokens"].to_pylist()):
        for word in text.split():
            place = places.get(word)
            if place is None:
                place = places[word] = zlib.crc32(word.encode()) % HASHED
            counts[row, place] += 1
    for place in range(HASHED):
        table = table.append_column(f"words_{place}", pa.array(counts[:, place]))
    return table


_BANK = ("car_value", "debt_to_income_ratio", "loan_length", "driver_tenure")
_BANK_LEVELS = ("salary_range", "repaid_loan_on_prev_car", "size_of_downpayment")

_CAR_LOAN = RealSet(
    file="car_loan.parquet",
    numeric=_BANK,
    categorical=_BANK_LEVELS,
    answer="y_pred_proba",
    kind="probability",
    reference=50_000,
    change=75_000,
    drift="inputs shift at once",
    block=250,
)
_ELEC2 = RealSet(
    file="elec2.parquet",
    numeric=("day", "period", "nswdemand", "vicprice", "vicdemand", "transfer"),
    categorical=(),
    answer="label",
    kind="class",
    reference=187 * 48,
    change=17_424,
    drift="a market opens: three constants come alive",
    block=48,
    prepare=_hourly,
)
_OCCUPANCY = RealSet(
    file="occupancy.parquet",
    numeric=("Temperature", "Humidity", "Light", "CO2", "HumidityRatio"),
    categorical=(),
    answer="Occupancy",
    kind="class",
    reference=2_665,
    change=None,
    drift="wetter air, weekends; a reference of two days",
    block=20,
)
_BIKES = RealSet(
    file="bike_hourly.parquet",
    numeric=("hour", "weekday", "temp", "feelingTemp", "humidity", "windspeed"),
    categorical=("holiday", "workingday", "weathersit"),
    answer="count",
    kind="regression",
    reference=4_250,
    change=None,
    drift="the year's seasons, and growth",
    block=24,
)

_ELEC2_BY_CLOCK = replace(_ELEC2, block="3h", longest="30d", time="time")
_BIKES_BY_CLOCK = replace(_BIKES, block="3h", longest="30d", time="timestamp")

SETS = {
    "null_car_loan_shuffled": replace(
        _CAR_LOAN,
        file="null_car_loan_shuffled.parquet",
        reference=8_000,
        change=None,
        drift="none: rows are shuffled",
        block=100,
    ),
    "car_loan": _CAR_LOAN,
    "car_loan, by the clock": replace(_CAR_LOAN, block="12h", longest="30d", time="timestamp"),
    "car_loan_dq": replace(
        _CAR_LOAN,
        file="car_loan_dq.parquet",
        change=50_000,
        drift="a category never seen, in 0.8 % of the rows; from block 100 shifts too",
    ),
    "insects_wbf_abrupt": RealSet(
        file="insects_wbf_abrupt.parquet",
        numeric=("wing_beat_hz",),
        categorical=(),
        answer="species",
        kind="class",
        reference=5_000,
        change=6_500,
        drift="colder, three times more",
        block=50,
    ),
    "elec2": _ELEC2,
    "elec2, by the clock": _ELEC2_BY_CLOCK,
    "elec2, warm-up": replace(_ELEC2_BY_CLOCK, timed=False),
    "bike_hourly": _BIKES,
    "bike_hourly, by the clock": _BIKES_BY_CLOCK,
    "bike_hourly, warm-up": replace(_BIKES_BY_CLOCK, timed=False),
    "gas_drift": RealSet(
        file="gas_drift.parquet",
        numeric=tuple(
            f"s{sensor:02}_f{number}" for sensor in range(1, 17) for number in range(1, 9)
        ),
        categorical=(),
        answer="gas",
        kind="class",
        reference=1_689,
        change=None,
        drift="sensors age, runs of one gas",
        block=20,
    ),
    "occupancy": _OCCUPANCY,
    "occupancy, by the clock": replace(_OCCUPANCY, block="10m", time="timestamp"),
    "digits": RealSet(
        file="digits.parquet",
        numeric=tuple(f"px_{row}_{column}" for row in range(8) for column in range(8)),
        categorical=(),
        answer="label",
        kind="class",
        reference=540,
        change=None,
        drift="little: other writers",
        block=20,
    ),
    "spam_stream": RealSet(
        file="spam_stream.parquet",
        numeric=("n_tokens", *(f"words_{place}" for place in range(HASHED))),
        categorical=(),
        answer="label",
        kind="class",
        reference=1_864,
        change=None,
        drift="topics and the share of spam change all along",
        block=20,
        prepare=_hashed,
    ),
}
