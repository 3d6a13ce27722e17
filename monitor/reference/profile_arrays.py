"""A profile as JSON and arrays, for the reference file."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from detectors.directions import Directions
from detectors.profile import Kernel, Profile
from monitor.archive import Arrays, Meta

_COLUMNS = ("edges", "centre", "scale", "low", "high")
_DIRECTIONS = tuple(field.name for field in fields(Directions))


def profile_parts(profile: Profile) -> tuple[Meta, Arrays]:
    """Return a profile's names and levels for JSON, and its numbers as arrays."""
    meta: Meta = {
        "numeric": profile.numeric,
        "categorical": profile.categorical,
        "levels": profile.levels,
        "others": [None if each is None else sorted(each) for each in profile.others],
        "embeddings": profile.embeddings,
        "bandwidths": [kernel.bandwidth for kernel in profile.kernels],
        "prediction": profile.prediction,
        "directions": profile.directions is not None,
    }
    arrays: Arrays = {name: getattr(profile, name) for name in _COLUMNS}
    for place in range(len(profile.embeddings)):
        arrays[f"embedding_centre/{place}"] = profile.embedding_centre[place]
        arrays[f"embedding_scale/{place}"] = profile.embedding_scale[place]
    for place, kernel in enumerate(profile.kernels):
        arrays[f"frequencies/{place}"] = kernel.frequencies
        arrays[f"missing/{place}"] = kernel.missing
    for place, table in enumerate(profile.kernels[0].levels):
        arrays[f"levels/{place}"] = table
    if profile.directions is not None:
        for name in _DIRECTIONS:
            arrays[f"directions/{name}"] = getattr(profile.directions, name)
    return meta, arrays


def profile_from(meta: Meta, arrays: Mapping[str, Any]) -> Profile:
    """Return the profile that ``profile_parts`` took apart."""
    embeddings = range(len(meta["embeddings"]))
    tables = tuple(arrays[f"levels/{place}"] for place in range(len(meta["categorical"])))
    return Profile(
        numeric=tuple(meta["numeric"]),
        categorical=tuple(meta["categorical"]),
        **{name: arrays[name] for name in _COLUMNS},
        levels=tuple(tuple(each) for each in meta["levels"]),
        others=tuple(None if each is None else frozenset(each) for each in meta["others"]),
        embeddings=tuple(meta["embeddings"]),
        embedding_centre=tuple(arrays[f"embedding_centre/{place}"] for place in embeddings),
        embedding_scale=tuple(arrays[f"embedding_scale/{place}"] for place in embeddings),
        kernels=tuple(
            Kernel(
                frequencies=arrays[f"frequencies/{place}"],
                missing=arrays[f"missing/{place}"],
                levels=() if place else tables,
                bandwidth=bandwidth,
            )
            for place, bandwidth in enumerate(meta["bandwidths"])
        ),
        prediction=meta["prediction"],
        directions=_directions(arrays) if meta["directions"] else None,
    )


def _directions(arrays: Mapping[str, Any]) -> Directions:
    return Directions(**{name: arrays[f"directions/{name}"] for name in _DIRECTIONS})
