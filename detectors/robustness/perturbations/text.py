"""Texts as people and programs misspell them: characters and how they are written."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.robustness.perturbations.keyboard import slips
from detectors.robustness.perturbations.letters import Letters
from detectors.robustness.perturbations.perturbation import LabelRule, Variant
from detectors.robustness.perturbations.rewriting import each_rewritten, rewritten
from detectors.robustness.perturbations.selection import require_on, require_share
from detectors.robustness.space import Space
from detectors.robustness.table import Sample

SEVERITIES = (0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class KeyboardTypos:
    """Letters of an English keyboard give way to a key beside them; their case is kept."""

    name: ClassVar[str] = "keyboard_typos"
    unit: ClassVar[str] = "share of characters"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_share(severity)

        def rewrite(texts: list[str]) -> list[str]:
            letters = Letters.of(texts)
            draws = rng.random((2, len(letters.points)))
            known, slipped = slips(letters.points, draws[1])
            return letters.replaced(known & (draws[0] < severity), slipped).strings()

        return [rewritten(sample, space, self.features, rewrite)]


@dataclass(frozen=True, slots=True)
class CharacterSwap:
    """Letters change places with the next letter of their word."""

    name: ClassVar[str] = "character_swap"
    unit: ClassVar[str] = "share of characters"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_share(severity)

        def rewrite(texts: list[str]) -> list[str]:
            letters = Letters.of(texts)
            drawn = rng.random(len(letters.points)) < severity
            return letters.swapped(drawn & letters.next_alike(letters.are_letters())).strings()

        return [rewritten(sample, space, self.features, rewrite)]


@dataclass(frozen=True, slots=True)
class CharacterDrop:
    """Letters are left out."""

    name: ClassVar[str] = "character_drop"
    unit: ClassVar[str] = "share of characters"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_share(severity)

        def rewrite(texts: list[str]) -> list[str]:
            letters = Letters.of(texts)
            drawn = rng.random(len(letters.points)) < severity
            return letters.without(drawn & letters.are_letters()).strings()

        return [rewritten(sample, space, self.features, rewrite)]


@dataclass(frozen=True, slots=True)
class CharacterInsert:
    """After a letter of an English keyboard, the key beside it is hit too."""

    name: ClassVar[str] = "character_insert"
    unit: ClassVar[str] = "share of characters"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_share(severity)

        def rewrite(texts: list[str]) -> list[str]:
            letters = Letters.of(texts)
            draws = rng.random((2, len(letters.points)))
            known, slipped = slips(letters.points, draws[1])
            return letters.followed(known & (draws[0] < severity), slipped).strings()

        return [rewritten(sample, space, self.features, rewrite)]


@dataclass(frozen=True, slots=True)
class LetterCase:
    """All letters are upper case, or lower, or each word's first is upper: a variant each."""

    name: ClassVar[str] = "letter_case"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_on(severity)
        ways = {"upper": str.upper, "lower": str.lower, "title": str.title}
        return each_rewritten(sample, space, self.features, ways)


@dataclass(frozen=True, slots=True)
class Punctuation:
    """Punctuation is left out, or doubled: a variant each."""

    name: ClassVar[str] = "punctuation"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_on(severity)
        ways = {
            "none": lambda text: "".join(each for each in text if not _is_punctuation(each)),
            "doubled": lambda text: "".join(
                each * 2 if _is_punctuation(each) else each for each in text
            ),
        }
        return each_rewritten(sample, space, self.features, ways)


@dataclass(frozen=True, slots=True)
class Whitespace:
    """Spaces are doubled, put at both ends, made no-break or new lines: a variant each."""

    name: ClassVar[str] = "whitespace"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_on(severity)
        ways = {
            "doubled": lambda text: text.replace(" ", "  "),
            "at_ends": lambda text: f" {text} ",
            "no_break": lambda text: text.replace(" ", "\u00a0"),
            "new_line": lambda text: text.replace(" ", "\n"),
        }
        return each_rewritten(sample, space, self.features, ways)


@dataclass(frozen=True, slots=True)
class Homoglyphs:
    """Latin letters give way to Cyrillic and Greek ones that look the same.

    Source: the pairs are among the confusables of Unicode Technical Standard 39.
    """

    name: ClassVar[str] = "homoglyphs"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_on(severity)
        return each_rewritten(
            sample, space, self.features, {"": lambda text: text.translate(_LOOKALIKES)}
        )


_LOOKALIKES = str.maketrans("ABCEHIJKMOPSTXYaceijopsvxy", "АВСЕНІЈКМОРЅТХΥасеіјорѕνху")


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character).startswith("P")
