"""An archive is read back as it was written, or refused with a reason and a mend."""

import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st
from numpy.testing import assert_array_equal

from monitor.archive import ArchiveError, content_digest, read_archive, write_archive

META = {"block": 7, "share": 0.1, "names": ["ä", "b"]}
ARRAYS = {
    "counts": np.arange(12, dtype=np.int16).reshape(3, 4),
    "empty": np.zeros((0, 3)),
    "text": np.array(["a", "bc"]),
    "single": np.array(2.5),
}

any_array = numpy_st.arrays(
    dtype=st.sampled_from([np.int8, np.int64, np.uint64, np.float64, np.bool_]),
    shape=numpy_st.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


def assert_arrays_equal(found, arrays):
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert_array_equal(found[name], array)
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "snapshot.npz"
    write_archive(path, "snapshot", META, ARRAYS)
    return path


@given(st.dictionaries(st.text("abc/_", min_size=1), any_array, max_size=4))
@settings(max_examples=50, deadline=None)
def test_an_archive_is_read_back_as_it_was_written(arrays):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one.npz"
        written = write_archive(path, "snapshot", META, arrays)
        meta, found, digest = read_archive(path, "snapshot")
    assert meta == META
    assert digest == written
    assert_arrays_equal(found, arrays)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_archive_is_refused_or_harmless(data):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one.npz"
        digest = write_archive(path, "snapshot", META, ARRAYS)
        content = bytearray(path.read_bytes())
        if data.draw(st.booleans()):
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        else:
            content = content[: data.draw(st.integers(0, len(content) - 1))]
        path.write_bytes(content)
        try:
            meta, arrays, found = read_archive(path, "snapshot")
        except ArchiveError:
            return
    assert (meta, found) == (META, digest)
    assert_arrays_equal(arrays, ARRAYS)


def test_numpy_opens_an_archive_without_pickle(archive):
    with np.load(archive, allow_pickle=False) as found:
        assert_array_equal(found["counts"], ARRAYS["counts"])


def test_equal_content_gives_equal_files(archive):
    again = archive.with_name("again.npz")
    write_archive(again, "snapshot", META, ARRAYS)
    assert again.read_bytes() == archive.read_bytes()


def test_the_digest_depends_on_every_name_type_shape_and_value():
    one = {"a": np.zeros(4, dtype=np.int32)}
    others = [
        {"b": np.zeros(4, dtype=np.int32)},
        {"a": np.zeros(2, dtype=np.int64)},
        {"a": np.zeros((2, 2), dtype=np.int32)},
        {"a": np.array([0, 0, 0, 1], dtype=np.int32)},
    ]
    digests = {content_digest(META, arrays) for arrays in [one, *others]}
    assert len(digests) == 5
    assert content_digest({**META, "block": 8}, one) not in digests


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ArchiveError, match=r"gone\.npz: there is no such file"):
        read_archive(tmp_path / "gone.npz", "snapshot")


def test_a_folder_is_no_archive(tmp_path):
    with pytest.raises(ArchiveError, match="cannot be read: Is a directory"):
        read_archive(tmp_path, "snapshot")


def test_a_truncated_file_is_told_as_such(archive):
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(ArchiveError, match="truncated or damaged"):
        read_archive(archive, "snapshot")


def test_an_empty_file_is_told_as_such(archive):
    archive.write_bytes(b"")
    with pytest.raises(ArchiveError, match="is empty; restore it"):
        read_archive(archive, "snapshot")


def test_changed_values_are_refused_even_in_a_sound_zip_file(archive):
    with np.load(archive) as found:
        entries = {name: found[name] for name in found.files}
    entries["counts"] = entries["counts"] + 1
    np.savez(archive, **entries)
    with pytest.raises(ArchiveError, match="changed since it was written"):
        read_archive(archive, "snapshot")


@pytest.mark.parametrize("content", [b"id,income\n1,2\n", b"PAR1" + bytes(40), b"\x93NUMPY"])
def test_a_file_of_another_program_is_refused(tmp_path, content):
    path = tmp_path / "data.bin"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="is no file of driftd"):
        read_archive(path, "snapshot")


def test_a_zip_file_of_another_program_is_refused(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(ArchiveError, match="is no snapshot; name another"):
        read_archive(path, "snapshot")


def test_an_archive_of_another_kind_is_refused(archive):
    with pytest.raises(ArchiveError, match="is a snapshot, not a reference"):
        read_archive(archive, "reference")


def test_an_archive_of_a_newer_version_is_refused(archive):
    write_archive(archive, "snapshot", META, ARRAYS, version=3)
    with pytest.raises(ArchiveError, match="has version 3, this driftd reads versions up to 2"):
        read_archive(archive, "snapshot", version=2)


def test_an_archive_of_a_version_that_is_too_old_is_refused(archive):
    write_archive(archive, "snapshot", META, ARRAYS, version=1)
    assert read_archive(archive, "snapshot", version=2)[0] == META
    with pytest.raises(ArchiveError, match=r"has version 1, an earlier driftd's; .* from 2 on"):
        read_archive(archive, "snapshot", version=2, oldest=2)


def test_objects_cannot_be_written(tmp_path):
    path = tmp_path / "objects.npz"
    with pytest.raises(ValueError, match="Object arrays"):
        write_archive(path, "snapshot", META, {"objects": np.array([{}], dtype=object)})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_archive_and_no_trace(archive, monkeypatch):
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left on device"):
        write_archive(archive, "snapshot", {**META, "block": 8}, ARRAYS)
    assert read_archive(archive, "snapshot")[0] == META
    assert list(archive.parent.iterdir()) == [archive]


def test_an_archive_is_not_written_into_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone"):
        write_archive(tmp_path / "gone" / "one.npz", "snapshot", META, ARRAYS)


def test_a_file_whose_header_is_no_json_counts_as_changed(archive):
    with zipfile.ZipFile(archive) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    entries["driftd.npy"] = entries["driftd.npy"].replace(b'{"kind"', b"xxxxxxx")
    with zipfile.ZipFile(archive, "w") as new:
        for name, content in entries.items():
            new.writestr(name, content)
    with pytest.raises(ArchiveError, match="changed since it was written"):
        read_archive(archive, "snapshot")
