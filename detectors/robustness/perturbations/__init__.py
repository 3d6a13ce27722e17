"""The registry of perturbations: a new one is a class in a family's file and a line here."""

from detectors.robustness.perturbations.categories import CategorySwap, RareCategory
from detectors.robustness.perturbations.image import IMAGES
from detectors.robustness.perturbations.missing import (
    MissingAtRandom,
    MissingNotAtRandom,
    MissingOne,
)
from detectors.robustness.perturbations.numeric_noise import (
    GaussianNoise,
    LaplaceNoise,
    Outliers,
    UniformNoise,
)
from detectors.robustness.perturbations.perturbation import Perturbation
from detectors.robustness.perturbations.schema_faults import (
    TruncatedText,
    UnseenCategory,
    WhitespaceAndCase,
    WrongType,
)
from detectors.robustness.perturbations.sensor_faults import (
    SensorDrift,
    SensorDropout,
    SensorLag,
    SensorSaturation,
    SensorSpike,
    SensorStuck,
)
from detectors.robustness.perturbations.shift import (
    CovariateShift,
    LabelShift,
    SegmentReweighting,
)
from detectors.robustness.perturbations.text import (
    CharacterDrop,
    CharacterInsert,
    CharacterSwap,
    Homoglyphs,
    KeyboardTypos,
    LetterCase,
    Punctuation,
    Whitespace,
)
from detectors.robustness.perturbations.units import (
    Clipping,
    Fahrenheit,
    Offset,
    Quantisation,
    Scaling,
    SignFlip,
    SwappedColumns,
    UnitError,
)
from detectors.robustness.perturbations.words import CodeMixing, Synonyms, WordDrop, WordRepeat

_CLASSES: tuple[type[Perturbation], ...] = (
    GaussianNoise,
    UniformNoise,
    LaplaceNoise,
    Outliers,
    Scaling,
    Offset,
    Quantisation,
    Clipping,
    UnitError,
    Fahrenheit,
    SignFlip,
    SwappedColumns,
    SensorStuck,
    SensorDropout,
    SensorSpike,
    SensorDrift,
    SensorLag,
    SensorSaturation,
    MissingOne,
    MissingAtRandom,
    MissingNotAtRandom,
    UnseenCategory,
    WrongType,
    WhitespaceAndCase,
    TruncatedText,
    CategorySwap,
    RareCategory,
    SegmentReweighting,
    CovariateShift,
    LabelShift,
    KeyboardTypos,
    CharacterSwap,
    CharacterDrop,
    CharacterInsert,
    LetterCase,
    Punctuation,
    Whitespace,
    Homoglyphs,
    Synonyms,
    CodeMixing,
    WordDrop,
    WordRepeat,
    *IMAGES,
)

PERTURBATIONS: dict[str, type[Perturbation]] = {each.name: each for each in _CLASSES}
"""By the name that a configuration gives."""
