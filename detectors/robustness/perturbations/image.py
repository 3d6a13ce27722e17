"""Images as cameras, weather and files corrupt them: families of ImageNet-C at five severities.

What scikit-image, SciPy and Pillow give, with the parameters of ImageNet-C: noise (Gaussian, shot,
impulse, speckle), blur (Gaussian, defocus, zoom), brightness, saturation, contrast, pixelation and
JPEG. Blur by glass and motion, snow, frost, fog, spatter and elastic distortion are left out. Sizes
are in pixels, as there, whose images have 224 x 224.

Source: Hendrycks and Dietterich (2019), Benchmarking neural network robustness to common
corruptions and perturbations, ICLR.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import Any, ClassVar

import numpy as np
from scipy import ndimage

from detectors.counts import FloatArray
from detectors.robustness.perturbations.perturbation import (
    LabelRule,
    Perturbation,
    PerturbationError,
    Variant,
)
from detectors.robustness.perturbations.selection import features_to_change
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Sample

Corruption = Callable[[FloatArray, int, np.random.Generator], FloatArray]
"""Corrupts images (n, height, width, channels) with values in [0, 1] by a level from 0 to 4."""


def gaussian_noise(images: FloatArray, level: int, rng: np.random.Generator) -> FloatArray:
    """Normal noise of a sd of the range."""
    sd = (0.08, 0.12, 0.18, 0.26, 0.38)[level]
    noisy: FloatArray = _skimage("util").random_noise(images, mode="gaussian", var=sd**2, rng=rng)
    return noisy


def speckle_noise(images: FloatArray, level: int, rng: np.random.Generator) -> FloatArray:
    """Normal noise in proportion to the value."""
    sd = (0.15, 0.2, 0.35, 0.45, 0.6)[level]
    noisy: FloatArray = _skimage("util").random_noise(images, mode="speckle", var=sd**2, rng=rng)
    return noisy


def impulse_noise(images: FloatArray, level: int, rng: np.random.Generator) -> FloatArray:
    """A share of values is 0 or 1."""
    share = (0.03, 0.06, 0.09, 0.17, 0.27)[level]
    noisy: FloatArray = _skimage("util").random_noise(images, mode="s&p", amount=share, rng=rng)
    return noisy


def shot_noise(images: FloatArray, level: int, rng: np.random.Generator) -> FloatArray:
    """Values are counts of few photons."""
    photons = (60, 25, 12, 5, 3)[level]
    return rng.poisson(images * photons) / photons


def gaussian_blur(images: FloatArray, level: int, _: np.random.Generator) -> FloatArray:
    """Blur by a normal kernel."""
    sd = (1, 2, 3, 4, 6)[level]
    blurred: FloatArray = ndimage.gaussian_filter(images, (0, sd, sd, 0), mode="nearest")
    return blurred


def defocus_blur(images: FloatArray, level: int, _: np.random.Generator) -> FloatArray:
    """Blur by a disk."""
    disk = _skimage("morphology").disk((3, 4, 6, 8, 10)[level], dtype=np.float64)
    kernel = (disk / disk.sum())[np.newaxis, :, :, np.newaxis]
    blurred: FloatArray = ndimage.convolve(images, kernel, mode="mirror")
    return blurred


def zoom_blur(images: FloatArray, level: int, _: np.random.Generator) -> FloatArray:
    """The mean of the image and itself ever nearer."""
    most, step = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))[level]
    factors = np.arange(1, most, step)
    total = images.copy()
    for factor in factors:
        total += _nearer(images, factor)
    return total / (len(factors) + 1)


def brightness(images: FloatArray, level: int, _: np.random.Generator) -> FloatArray:
    """The value of each colour is raised."""
    more = (0.1, 0.2, 0.3, 0.4, 0.5)[level]
    return _in_hsv(images, (1, 1, 1), (0, 0, more))


def saturation(images: FloatArray, level: int, _: np.random.Generator) -> FloatArray:
    """Colours fade at severities 1 and 2 and glare from 3 on."""
    if images.shape[-1] == 1:
        raise PerturbationError("saturation: grey images have no colours; drop the requirement")
    factor, more = ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2))[level]
    return _in_hsv(images, (1, factor, 1), (0, more, 0))


def contrast(images: FloatArray, level: int, _: np.random.Generator) -> FloatArray:
    """Values come nearer to their channel's mean."""
    factor = (0.4, 0.3, 0.2, 0.1, 0.05)[level]
    means: FloatArray = images.mean(axis=(1, 2), keepdims=True)
    return (images - means) * factor + means


def pixelate(images: FloatArray, level: int, _: np.random.Generator) -> FloatArray:
    """Pixels are as large as several."""
    part = (0.6, 0.5, 0.4, 0.3, 0.25)[level]
    image, box = import_module("PIL.Image"), import_module("PIL.Image").Resampling.BOX

    def blocks(picture: Any) -> Any:
        small = [max(1, int(side * part)) for side in picture.size]
        return picture.resize(small, box).resize(picture.size, box)

    return _by_pictures(images, image, blocks)


def jpeg(images: FloatArray, level: int, _: np.random.Generator) -> FloatArray:
    """The image is stored as JPEG of a low quality."""
    quality = (25, 18, 15, 10, 7)[level]
    image = import_module("PIL.Image")

    def stored(picture: Any) -> Any:
        file = BytesIO()
        picture.save(file, "JPEG", quality=quality)
        return image.open(file)

    return _by_pictures(images, image, stored)


def _perturbation(family: str, corrupt: Corruption) -> type[Perturbation]:
    """Return a family's perturbation."""

    @dataclass(frozen=True, slots=True)
    class Image:
        """Corrupts images, embeddings with a shape, within their range; missing ones stay so."""

        name: ClassVar[str] = f"image_{family}"
        unit: ClassVar[str] = "level"
        severities: ClassVar[tuple[float, ...]] = (1.0, 2.0, 3.0, 4.0, 5.0)
        label: ClassVar[LabelRule] = LabelRule.KEPT

        features: tuple[str, ...] = ()

        def __call__(
            self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
        ) -> Sequence[Variant]:
            """Return one variant; see Perturbation."""
            if severity not in self.severities:
                raise ValueError(f"severity: {severity:g}, one of 1, 2, 3, 4 and 5 is needed")
            _require_library()
            changed = {
                each.name: _corrupted(
                    each, sample.table.columns[each.name], corrupt, int(severity) - 1, rng
                )
                for each in _images(space, self.features)
            }
            return [Variant("", sample.table.changed(changed), np.arange(len(sample)))]

    return Image


FAMILIES: dict[str, Corruption] = {
    "gaussian_noise": gaussian_noise,
    "shot_noise": shot_noise,
    "impulse_noise": impulse_noise,
    "speckle_noise": speckle_noise,
    "gaussian_blur": gaussian_blur,
    "defocus_blur": defocus_blur,
    "zoom_blur": zoom_blur,
    "brightness": brightness,
    "saturation": saturation,
    "contrast": contrast,
    "pixelate": pixelate,
    "jpeg": jpeg,
}

IMAGES: tuple[type[Perturbation], ...] = tuple(
    _perturbation(name, corrupt) for name, corrupt in FAMILIES.items()
)
"""One perturbation a family, named image_ and the family."""


def _skimage(part: str) -> Any:
    return import_module(f"skimage.{part}")


def _require_library() -> None:
    try:
        import_module("skimage")
    except ImportError:
        raise PerturbationError(
            "corruptions of images need scikit-image; install the extra: pip install driftd[image]"
        ) from None


def _images(space: Space, names: Sequence[str]) -> list[Feature]:
    found = [each for each in features_to_change(space, names, Values.EMBEDDING) if each.shape]
    if not found or (names and len(found) < len(names)):
        raise PerturbationError(
            "features: an embedding without a shape is no image; give it one, such as [32, 32, 3]"
        )
    for each in found:
        if each.shape[2:] not in ((), (1,), (3,)):
            raise PerturbationError(
                f"{each.name} has {each.shape[2]} channels; an image has none, 1 or 3"
            )
        if not (np.isfinite(each.low) and np.isfinite(each.high)):
            raise PerturbationError(
                f"{each.name} has no range, so black and white are not known; give it one, "
                "such as [0, 255]"
            )
    return found


def _corrupted(
    feature: Feature, column: Column, corrupt: Corruption, level: int, rng: np.random.Generator
) -> Column:
    if column.dtype == object:
        return column
    there = np.flatnonzero(~np.isnan(column).any(axis=1))
    low, span = feature.low, feature.high - feature.low
    height, width, *channels = feature.shape
    images = (column[there] - low) / span
    images = images.reshape(len(there), height, width, *(channels or [1]))
    found = column.copy()
    corrupted = np.clip(corrupt(np.clip(images, 0, 1), level, rng), 0, 1)
    found[there] = corrupted.reshape(len(there), -1) * span + low
    return found


def _in_hsv(images: FloatArray, factors: Sequence[float], more: Sequence[float]) -> FloatArray:
    """Multiply and then raise the hue, saturation and value of images; a grey one has a value."""
    color, channels = _skimage("color"), images.shape[-1]
    hsv = color.rgb2hsv(images if channels == 3 else np.repeat(images, 3, axis=-1))
    changed: FloatArray = color.hsv2rgb(np.clip(hsv * factors + more, 0, 1))
    return changed[..., :channels]


def _nearer(images: FloatArray, factor: float) -> FloatArray:
    """Return the middle of images, as large as the whole."""
    _, height, width, _ = images.shape
    matrix = np.array([1, 1 / factor, 1 / factor, 1])
    middle = np.array([0, (height - 1) / 2, (width - 1) / 2, 0])
    offset = middle - matrix * middle
    near: FloatArray = ndimage.affine_transform(images, matrix, offset, order=1)
    return near


def _by_pictures(images: FloatArray, image: Any, change: Callable[[Any], Any]) -> FloatArray:
    """Change images one by one as pictures of whole numbers from 0 to 255."""
    whole = np.round(images * 255).astype(np.uint8)
    pictures = whole[..., 0] if images.shape[-1] == 1 else whole
    changed = [np.asarray(change(image.fromarray(each))) for each in pictures]
    return np.array(changed, dtype=np.float64).reshape(images.shape) / 255
