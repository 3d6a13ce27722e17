"""Words of a text replaced from the user's list, left out, or said twice."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

import numpy as np

from detectors.robustness.perturbations.perturbation import LabelRule, Variant
from detectors.robustness.perturbations.rewriting import rewritten
from detectors.robustness.perturbations.selection import require_share
from detectors.robustness.space import Space
from detectors.robustness.table import Sample

SEVERITIES = (0.02, 0.05, 0.1, 0.2, 0.3)

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_WORD_AND_SPACE = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Words give way to others of their group, in the writing of the word that was there.

    groups: lists of words, each of which may stand for any other of its list. The severity is
    the share of the words that are in a group. Raises ValueError for a group of fewer than two.
    """

    name: ClassVar[str] = "synonyms"
    unit: ClassVar[str] = "share of listed words"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    groups: Sequence[Sequence[str]]
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse groups that could change nothing."""
        if not self.groups:
            raise ValueError("groups: there is none; a list of lists of words that mean the same")
        for group in self.groups:
            if isinstance(group, str) or len(set(group)) < 2:
                raise ValueError(f"groups: {group!r} is not a list of two words or more")
            for word in group:
                _require_one_word("groups", word)

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        others: dict[str, list[str]] = {}
        for group in self.groups:
            for word in group:
                found = others.setdefault(word.casefold(), [])
                found += [each for each in group if each.casefold() != word.casefold()]
        return [_exchanged(sample, space, self.features, severity, rng, others)]


@dataclass(frozen=True, slots=True)
class CodeMixing:
    """Words give way to the same in another language, as bilingual people write.

    words: by each word what may stand for it, a word or phrase or several. The severity is the
    share of the words that are in the list. Raises ValueError for an empty list.

    Source: Tan and Joty (2021), Code-mixing on sesame street, NAACL.
    """

    name: ClassVar[str] = "code_mixing"
    unit: ClassVar[str] = "share of listed words"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    words: Mapping[str, str | Sequence[str]]
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse lists that could change nothing."""
        if not self.words:
            raise ValueError("words: there is none; by each word what may stand for it")
        for word, others in self.words.items():
            _require_one_word("words", word)
            if not others:
                raise ValueError(f"words: nothing may stand for {word!r}; give it a word")

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        others = {
            word.casefold(): [found] if isinstance(found, str) else list(found)
            for word, found in self.words.items()
        }
        return [_exchanged(sample, space, self.features, severity, rng, others)]


@dataclass(frozen=True, slots=True)
class WordDrop:
    """Words are left out, with the space behind them."""

    name: ClassVar[str] = "word_drop"
    unit: ClassVar[str] = "share of words"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.UNKNOWN

    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_share(severity)

        def rewrite(texts: list[str]) -> list[str]:
            return _each_word(
                _WORD_AND_SPACE,
                texts,
                rng,
                lambda word, drawn, _: "" if drawn < severity else word,
            )

        return [rewritten(sample, space, self.features, rewrite)]


@dataclass(frozen=True, slots=True)
class WordRepeat:
    """Words are said twice."""

    name: ClassVar[str] = "word_repeat"
    unit: ClassVar[str] = "share of words"
    severities: ClassVar[tuple[float, ...]] = SEVERITIES
    label: ClassVar[LabelRule] = LabelRule.KEPT

    features: tuple[str, ...] = ()

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Change texts; see Perturbation."""
        require_share(severity)

        def rewrite(texts: list[str]) -> list[str]:
            return _each_word(
                _WORD,
                texts,
                rng,
                lambda word, drawn, _: f"{word} {word}" if drawn < severity else word,
            )

        return [rewritten(sample, space, self.features, rewrite)]


def _exchanged(
    sample: Sample,
    space: Space,
    features: Sequence[str],
    severity: float,
    rng: np.random.Generator,
    others: Mapping[str, Sequence[str]],
) -> Variant:
    """Return the sample with a share of the listed words exchanged; others: by the word folded."""
    require_share(severity)

    def exchange(word: str, drawn: float, choice: float) -> str:
        found = others.get(word.casefold())
        if not found or drawn >= severity:
            return word
        return _written_as(word, found[int(choice * len(found))])

    def rewrite(texts: list[str]) -> list[str]:
        return _each_word(_WORD, texts, rng, exchange)

    return rewritten(sample, space, features, rewrite)


def _each_word(
    pattern: re.Pattern[str],
    texts: Sequence[str],
    rng: np.random.Generator,
    change: Callable[[str, float, float], str],
) -> list[str]:
    """Return texts with each word changed; change: of the word and two uniform draws of its own."""
    words = sum(len(pattern.findall(text)) for text in texts)
    draws = rng.random((words, 2)).tolist()
    at = count()
    return [
        pattern.sub(lambda found: change(found.group(), *draws[next(at)]), text) for text in texts
    ]


def _written_as(word: str, other: str) -> str:
    if len(word) > 1 and word.isupper():
        return other.upper()
    return other[:1].upper() + other[1:] if word[:1].isupper() else other


def _require_one_word(option: str, word: str) -> None:
    if not _WORD.fullmatch(word):
        raise ValueError(f"{option}: {word!r} is not one word; phrases are not looked for")
