import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_sample_images

from detectors.robustness.perturbations import PERTURBATIONS
from detectors.robustness.perturbations.image import FAMILIES, IMAGES
from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table

SIDE = 48
PHOTOS = np.array(
    [
        photo[100 : 100 + SIDE, y : y + SIDE]
        for photo in load_sample_images().images
        for y in (0, 300)
    ]
).astype(float)


def space_of(images, low=0.0, high=255.0):
    shape = images.shape[1:]
    return Space((Feature("photo", Values.EMBEDDING, low=low, high=high, shape=shape),))


def corrupted(family, images, severity, space=None, seed=7):
    flat = images.reshape(len(images), -1)
    ids = np.array([str(place) for place in range(len(images))], dtype=object)
    sample = Sample(ids, Table({"photo": flat}))
    (found,) = PERTURBATIONS[f"image_{family}"]()(
        sample, space or space_of(images), severity, np.random.default_rng(seed)
    )
    assert list(found.places) == list(range(len(images)))
    return found.table.columns["photo"].reshape(images.shape)


def distance(images, others):
    return np.sqrt(np.mean((images - others) ** 2))


@pytest.mark.parametrize("family", FAMILIES)
def test_images_stay_in_their_range_and_change_more_by_severity(family):
    found = [corrupted(family, PHOTOS, severity) for severity in (1, 2, 3, 4, 5)]
    for each in found:
        assert each.min() >= 0
        assert each.max() <= 255
    sizes = [distance(each, PHOTOS) for each in found]
    if family == "saturation":
        assert min(sizes) > 1
    else:
        assert sizes == sorted(sizes)
        assert sizes[0] > 1


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_and_units_of_the_range_give_the_same_image(family):
    wanted = corrupted(family, PHOTOS, 3) / 255
    scaled = corrupted(family, PHOTOS / 255, 3, space_of(PHOTOS, 0, 1))
    assert_allclose(scaled, wanted, atol=1e-6)


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - {"saturation"}))
@pytest.mark.parametrize("channels", [(), (1,)], ids=["flat", "one channel"])
def test_grey_images_are_corrupted_too(family, channels):
    grey = PHOTOS.mean(axis=-1).reshape(len(PHOTOS), SIDE, SIDE, *channels)
    assert distance(corrupted(family, grey, 2), grey) > 1


def test_noise_has_the_published_sd():
    grey = np.full((4, 32, 32), 127.5)
    for severity, sd in ((1, 0.08), (2, 0.12)):
        noise = corrupted("gaussian_noise", grey, severity) / 255 - 0.5
        assert noise.std() == pytest.approx(sd, rel=0.03)


def test_impulse_noise_hits_the_published_share_and_more_at_each_severity():
    grey = np.full((4, 48, 48), 127.5)
    hit = [corrupted("impulse_noise", grey, severity) != grey for severity in (1, 5)]
    assert hit[0].mean() == pytest.approx(0.03, rel=0.1)
    assert hit[1].mean() == pytest.approx(0.27, rel=0.05)
    assert not (hit[0] & ~hit[1]).any()


def test_shot_noise_has_the_sd_of_few_photons():
    # The sd of a Poisson mean of 60 * 0.25 photons is sqrt(15) / 60.
    grey = np.full((4, 48, 48), 0.25 * 255)
    noise = corrupted("shot_noise", grey, 1) / 255
    assert noise.std() == pytest.approx(np.sqrt(15) / 60, rel=0.03)


def test_contrast_and_brightness_move_values_as_published():
    ramp = np.tile(np.linspace(0, 0.5, 32), (1, 32, 1)).reshape(1, 32, 32) * 255
    assert_allclose(corrupted("contrast", ramp, 1), (ramp - ramp.mean()) * 0.4 + ramp.mean())
    assert_allclose(corrupted("brightness", ramp, 3), ramp + 0.3 * 255)


def test_blur_keeps_what_is_even():
    even = np.full((1, 64, 64, 3), 100.0)
    for family in ("gaussian_blur", "defocus_blur", "zoom_blur", "pixelate"):
        assert_allclose(corrupted(family, even, 5), even)


def test_a_missing_image_stays_missing():
    images = PHOTOS.copy()
    images[1] = np.nan
    found = corrupted("jpeg", images, 1)
    assert np.isnan(found[1]).all()
    assert not np.isnan(found[[0, 2, 3]]).any()


def test_what_is_no_image_is_refused():
    vectors = Space((Feature("photo", Values.EMBEDDING, low=0, high=1, size=4),))
    with pytest.raises(PerturbationError, match="an embedding without a shape is no image"):
        corrupted("jpeg", PHOTOS, 1, vectors)
    with pytest.raises(PerturbationError, match="photo has no range"):
        corrupted("jpeg", PHOTOS, 1, space_of(PHOTOS, 0, np.inf))
    with pytest.raises(PerturbationError, match="photo has 2 channels"):
        corrupted("jpeg", PHOTOS[..., :2], 1)
    with pytest.raises(PerturbationError, match="grey images have no colours"):
        corrupted("saturation", PHOTOS[..., :1], 1)
    with pytest.raises(ValueError, match="severity: 6, one of 1, 2, 3, 4 and 5"):
        corrupted("jpeg", PHOTOS, 6)


def test_without_scikit_image_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(PerturbationError, match=r"pip install driftd\[image\]"):
        corrupted("jpeg", PHOTOS, 1)


def test_every_family_is_a_perturbation():
    assert [each.name for each in IMAGES] == [f"image_{name}" for name in FAMILIES]
    assert {each.name for each in IMAGES} <= set(PERTURBATIONS)
