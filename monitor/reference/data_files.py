"""The data files that paths, folders and globs name."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from monitor.reference.csv_table import CsvTable
from monitor.reference.json_table import JsonTable
from monitor.reference.parquet_table import ParquetTable
from monitor.reference.table import DataError, Table

FORMATS: dict[str, type[CsvTable] | type[JsonTable] | type[ParquetTable]] = {
    ".csv": CsvTable,
    ".jsonl": JsonTable,
    ".ndjson": JsonTable,
    ".parquet": ParquetTable,
}


def open_tables(data: Sequence[Path]) -> list[Table]:
    """Return the tables in some files, folders (with their folders) and globs, each file once.

    Files whose names start with a dot or an underscore are no data.
    Raises DataError where a path names nothing, or a file of another format.
    """
    found = dict.fromkeys(path for given in data for path in _expand(given))
    return [_open(path) for path in found]


def _expand(given: Path) -> Iterator[Path]:
    if given.is_dir():
        paths = [path for path in given.rglob("*") if path.suffix in FORMATS]
    elif given.exists():
        yield given
        return
    else:
        paths = list(Path(given.anchor).glob(str(given.relative_to(given.anchor))))
    names = [path for path in sorted(paths) if path.is_file() and path.name[0] not in "._"]
    if not names:
        raise DataError(f"{given}: there is no such file, and no data file that it names")
    yield from names


def _open(path: Path) -> Table:
    if path.suffix not in FORMATS:
        raise DataError(
            f"{path}: the format is told by the name's end, which is none of {', '.join(FORMATS)}"
        )
    return FORMATS[path.suffix](path)
