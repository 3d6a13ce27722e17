"""A reference file holds all of a reference, or is refused with the way to a new one."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from monitor.archive import write_archive
from monitor.reference.build import build_reference
from monitor.reference.file import KIND, ReferenceError, read_reference, write_reference
from tests.monitor.reference.data import MIXED, mixed_table, same_summary, write_parquet


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = write_parquet(tmp_path_factory.mktemp("data") / "a.parquet", mixed_table(700))
    return build_reference(MIXED, [path], segment_most=2)


@pytest.fixture
def file(built, tmp_path):
    path = tmp_path / "credit.ref"
    write_reference(path, built)
    return path


def same_parts(one, other):
    """Whether two profiles or kernels are equal."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other) and one.dtype == other.dtype
    if isinstance(one, tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(same_parts, one, other))
    if hasattr(one, "__dataclass_fields__"):
        return all(
            same_parts(getattr(one, field.name), getattr(other, field.name))
            for field in fields(one)
        )
    return one == other


def test_a_reference_is_read_back_as_it_was_built(built, file):
    found = read_reference(file)
    assert same_parts(found.profile, built.profile)
    assert same_summary(found.total, built.total)
    assert same_summary(found.rest, built.rest)
    assert list(found.segments) == list(built.segments) == ["DE", "FR"]
    for name, summary in built.segments.items():
        assert same_summary(found.segments[name], summary)
    told = ("schema_digest", "columns", "notes", "source", "created", "digest")
    assert [getattr(found, name) for name in told] == [getattr(built, name) for name in told]


def test_writing_gives_the_reference_back_as_it_is_read(built, tmp_path):
    assert write_reference(tmp_path / "a.ref", built).digest == built.digest


def test_equal_references_are_equal_files(built, file, tmp_path):
    write_reference(tmp_path / "again.ref", built)
    assert (tmp_path / "again.ref").read_bytes() == file.read_bytes()


def test_summaries_read_back_still_add(built, file):
    found = read_reference(file)
    parts = [*found.segments.values(), found.rest]
    summed = sum(parts[1:], start=parts[0])
    assert_array_equal(summed.counts, built.total.counts)
    assert_array_equal(summed.kernel, built.total.kernel)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_reference_is_refused_or_harmless(built, tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "credit.ref"
    write_reference(path, built)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        found = read_reference(path)
    except ReferenceError:
        return
    assert found.digest == built.digest
    assert same_summary(found.total, built.total)


def test_a_truncated_reference_says_how_to_build_it(file):
    file.write_bytes(file.read_bytes()[:-50])
    with pytest.raises(
        ReferenceError,
        match=r"credit\.ref: is truncated or damaged; .*driftd reference build -c FILE MODEL DATA",
    ):
        read_reference(file)


def test_a_missing_reference_says_how_to_build_it(tmp_path):
    with pytest.raises(ReferenceError, match=r"gone\.ref: there is no such file; to build it: dri"):
        read_reference(tmp_path / "gone.ref")


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / "snapshot"
    write_archive(path, "driftd-snapshot", {}, {})
    with pytest.raises(ReferenceError, match="is a driftd-snapshot, not a driftd-reference"):
        read_reference(path)


def test_a_reference_of_a_newer_driftd_is_refused(tmp_path):
    path = tmp_path / "credit.ref"
    write_archive(path, KIND, {}, {}, version=3)
    with pytest.raises(ReferenceError, match="has version 3, this driftd reads versions up to 2"):
        read_reference(path)


def test_a_reference_of_an_earlier_driftd_is_to_be_built_anew(tmp_path):
    path = tmp_path / "credit.ref"
    write_archive(path, KIND, {}, {}, version=1)
    with pytest.raises(ReferenceError, match=r"version 1, an earlier .*driftd reference build"):
        read_reference(path)
