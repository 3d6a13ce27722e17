"""Archives: numpy arrays and JSON in one file that is whole, unchanged, or refused."""

import json
import os
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Meta = dict[str, Any]
Arrays = dict[str, NDArray[Any]]

HEADER = "driftd"
DIGEST = "sha256"
_ZIP_START = b"PK\x03\x04"


class ArchiveError(Exception):
    """An archive cannot be read; the message names the file and says what to do."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


def write_archive(
    path: Path, kind: str, meta: Meta, arrays: Mapping[str, NDArray[Any]], version: int = 1
) -> str:
    """Write an archive in one step, so that a crash leaves the old file or the new one.

    kind, version: what the file is, and of which layout. meta: what JSON can hold. arrays: of
    any dtype but objects. The file is an uncompressed .npz that ``numpy.load`` opens too.
    Returns the digest over all of it. Raises OSError if the file cannot be written, ValueError
    if an array holds objects; the old file stays as it was.
    """
    header = {"kind": kind, "version": version, "meta": meta}
    digest = content_digest(header, arrays)
    entries = dict(arrays)
    entries[HEADER] = np.frombuffer(_json(header), dtype=np.uint8)
    entries[DIGEST] = np.frombuffer(bytes.fromhex(digest.removeprefix("sha256:")), dtype=np.uint8)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            _write_entries(file, entries)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    sync_folder(path.parent)
    return digest


def read_archive(
    path: Path, kind: str, version: int = 1, oldest: int = 1
) -> tuple[Meta, Arrays, str]:
    """Return an archive's meta, arrays and digest.

    version, oldest: the newest and the oldest layout of this kind that the caller understands.
    Raises ArchiveError if the file is missing, truncated, changed since it was written, of
    another kind, newer, or older than that.
    """
    entries = _read_entries(path)
    if HEADER not in entries or DIGEST not in entries:
        raise ArchiveError(path, f"is no {kind}; name another file")
    stored = "sha256:" + entries.pop(DIGEST).tobytes().hex()
    try:
        header = json.loads(entries.pop(HEADER).tobytes())
        digest = content_digest(header, entries)
    except ValueError:
        digest = ""
    if digest != stored:
        raise ArchiveError(
            path, "was changed since it was written; restore it, or remove it and make it again"
        )
    if header["kind"] != kind:
        raise ArchiveError(path, f"is a {header['kind']}, not a {kind}; name another file")
    if header["version"] > version:
        raise ArchiveError(
            path,
            f"has version {header['version']}, this driftd reads versions up to {version}; "
            "upgrade driftd or make the file again",
        )
    if header["version"] < oldest:
        raise ArchiveError(
            path,
            f"has version {header['version']}, an earlier driftd's; this one reads versions from "
            f"{oldest} on, so make it again",
        )
    return header["meta"], entries, digest


def arrays_under(arrays: Mapping[str, NDArray[Any]], start: str) -> Arrays:
    """Return the arrays whose names begin with ``start``, under what follows it."""
    return {
        name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
    }


def content_digest(meta: Meta, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a SHA-256 over meta and the arrays' names, types, shapes and values."""
    hashed = sha256(_json(meta))
    for name in sorted(arrays):
        array = arrays[name]
        hashed.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        hashed.update(array.tobytes())
    return f"sha256:{hashed.hexdigest()}"


def sync_folder(folder: Path) -> None:
    """Return once the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _json(meta: Meta) -> bytes:
    return json.dumps(meta, separators=(",", ":")).encode()


def _write_entries(file: BinaryIO, entries: Mapping[str, NDArray[Any]]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in entries.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)


def _read_entries(path: Path) -> Arrays:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ArchiveError(path, "there is no such file") from error
    except OSError as error:
        raise ArchiveError(path, f"cannot be read: {error.strerror or error}") from error
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return {
                name.removesuffix(".npy"): np.lib.format.read_array(
                    BytesIO(archive.read(name)), allow_pickle=False
                )
                for name in archive.namelist()
            }
    except Exception as error:  # a damaged zip file fails in many ways: all mean the same here
        if content.startswith(_ZIP_START):
            problem = "is truncated or damaged; restore it, or remove it and make it again"
        elif not content:
            problem = "is empty; restore it, or remove it and make it again"
        else:
            problem = "is no file of driftd; name another file"
        raise ArchiveError(path, problem) from error
