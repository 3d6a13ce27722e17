import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.robustness.perturbations.keyboard import slips
from detectors.robustness.perturbations.letters import Letters
from detectors.robustness.perturbations.perturbation import PerturbationError
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
from detectors.robustness.perturbations.words import CodeMixing, Synonyms, WordDrop, WordRepeat
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table

SPACE = Space((Feature("note", Values.TEXT), Feature("age", Values.NUMERIC)))
GROUPS = [["cheap", "inexpensive"], ["film", "movie", "picture"]]
OF_CHARACTERS = [KeyboardTypos(), CharacterSwap(), CharacterDrop(), CharacterInsert()]
BY_SHARE = [
    *OF_CHARACTERS,
    Synonyms(GROUPS),
    CodeMixing({"film": "película"}),
    WordDrop(),
    WordRepeat(),
]
ON = [LetterCase(), Punctuation(), Whitespace(), Homoglyphs()]
TEXTS = st.lists(st.text(st.characters()), min_size=1, max_size=8)
LONG = "The cheap film was better than we had thought, and nobody left before its end. " * 50


def sample(*notes):
    column = np.empty(len(notes), dtype=object)
    column[:] = notes
    ids = np.array([str(place) for place in range(len(notes))], dtype=object)
    return Sample(ids, Table({"note": column, "age": np.arange(len(notes), dtype=float)}))


def perturbed(perturbation, *notes, severity=1.0, seed=7):
    rng = np.random.default_rng(seed)
    found = perturbation(sample(*notes), SPACE, severity, rng)
    return {each.name: list(each.table.columns["note"]) for each in found}


@given(TEXTS)
def test_characters_of_texts_are_those_texts_again(texts):
    assert Letters.of(texts).strings() == texts


@pytest.mark.parametrize("perturbation", BY_SHARE, ids=lambda each: each.name)
@settings(max_examples=20, deadline=None)
@given(texts=TEXTS, severity=st.sampled_from([0.01, 0.2, 1.0]), seed=st.integers(0, 9))
def test_the_same_seed_gives_the_same_texts(perturbation, texts, severity, seed):
    first = perturbed(perturbation, *texts, severity=severity, seed=seed)
    assert first == perturbed(perturbation, *texts, severity=severity, seed=seed)
    assert len(first[""]) == len(texts)


@pytest.mark.parametrize("perturbation", OF_CHARACTERS, ids=lambda each: each.name)
def test_about_the_stated_share_of_letters_changes(perturbation):
    letters = sum(each.isalpha() for each in LONG)
    (changed,) = perturbed(perturbation, LONG, severity=0.1)[""]
    if len(changed) == len(LONG):
        found = sum(a != b for a, b in zip(LONG, changed, strict=True))
        # A swap moves two letters, cannot begin at a word's last, and takes none twice.
        expected = 2 * 0.075 if perturbation.name == "character_swap" else 0.1
    else:
        found, expected = abs(len(changed) - len(LONG)), 0.1
    assert found / letters == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize(
    "perturbation", [KeyboardTypos(), Synonyms(GROUPS)], ids=lambda each: each.name
)
def test_what_changes_at_a_severity_changes_at_the_next(perturbation):
    words = " ".join(LONG.split())
    past = set()
    for severity in perturbation.severities:
        (changed,) = perturbed(perturbation, words, severity=severity)[""]
        pairs = zip(words.split(), changed.split(), strict=True)
        found = {place for place, (a, b) in enumerate(pairs) if a != b}
        assert past <= found
        past = found
    assert past


def test_a_typo_hits_a_key_beside_the_right_one_in_the_same_case():
    points = np.frombuffer("gG".encode("utf-32-le"), np.uint32)
    hit = {
        tuple(map(chr, slips(points, np.full(2, draw))[1].tolist()))
        for draw in np.linspace(0, 0.999, 30)
    }
    assert {lower for lower, _ in hit} == set("tfhvb")
    assert {upper for _, upper in hit} == set("TFHVB")


def test_characters_that_no_english_keyboard_has_are_no_typos():
    assert perturbed(KeyboardTypos(), "12 €, çığ 日本")[""] == ["12 €, çığ 日本"]


def test_swapped_letters_stay_in_their_word_and_move_once():
    assert perturbed(CharacterSwap(), "abcde fg h")[""] == ["badce gf h"]


def test_dropped_letters_leave_spaces_and_figures():
    assert perturbed(CharacterDrop(), "room 12, left")[""] == [" 12, "]


def test_ways_of_writing_are_variants():
    assert perturbed(LetterCase(), "so Be it") == {
        "upper": ["SO BE IT"],
        "lower": ["so be it"],
        "title": ["So Be It"],
    }
    assert perturbed(Punctuation(), "no, “no”!") == {
        "none": ["no no"],
        "doubled": ["no,, ““no””!!"],
    }
    assert perturbed(Whitespace(), "a b") == {
        "doubled": ["a  b"],
        "at_ends": [" a b "],
        "no_break": ["a\u00a0b"],
        "new_line": ["a\nb"],
    }


def test_homoglyphs_look_alike_and_are_other_letters():
    (found,) = perturbed(Homoglyphs(), "Space cop")[""]
    assert len(found) == 9
    assert not re.search("[Sacepo]", found)


def test_synonyms_keep_the_writing_of_the_word():
    (found,) = perturbed(Synonyms([["cheap", "inexpensive"]]), "Cheap CHEAP cheap cheapest")[""]
    assert found == "Inexpensive INEXPENSIVE inexpensive cheapest"


def test_a_word_never_gives_way_to_itself():
    (found,) = perturbed(Synonyms(GROUPS), "film " * 50)[""]
    assert set(found.split()) == {"movie", "picture"}


def test_words_are_mixed_in_from_another_language():
    mixing = CodeMixing({"film": ["película"], "good": "muy bueno"})
    assert perturbed(mixing, "A good film.")[""] == ["A muy bueno película."]


def test_words_are_left_out_or_said_twice():
    assert perturbed(WordDrop(), "one two  three")[""] == [""]
    assert perturbed(WordRepeat(), "it's  so!")[""] == ["it's it's  so so!"]


@pytest.mark.parametrize("perturbation", [*BY_SHARE, *ON], ids=lambda each: each.name)
def test_missing_values_and_faults_and_other_columns_stay(perturbation):
    before = sample("Cheap film, a", None, 7)
    for variant in perturbation(before, SPACE, 1.0, np.random.default_rng(7)):
        assert list(variant.table.columns["note"][1:]) == [None, 7]
        assert variant.table.columns["age"] is before.table.columns["age"]
        assert list(before.table.columns["note"]) == ["Cheap film, a", None, 7]
        assert list(variant.places) == [0, 1, 2]


@pytest.mark.parametrize("perturbation", BY_SHARE, ids=lambda each: each.name)
def test_a_severity_that_is_no_share_is_refused(perturbation):
    with pytest.raises(ValueError, match="severity: 5, a share"):
        perturbed(perturbation, "a", severity=5)


@pytest.mark.parametrize("perturbation", ON, ids=lambda each: each.name)
def test_what_is_only_on_has_no_other_severity(perturbation):
    with pytest.raises(ValueError, match=r"severity: 0\.5, this perturbation knows only 1"):
        perturbed(perturbation, "a", severity=0.5)


def test_texts_that_may_not_change_are_refused():
    frozen = Space((Feature("note", Values.TEXT, immutable=True),))
    with pytest.raises(PerturbationError, match="no feature is mutable and text"):
        KeyboardTypos()(sample("a"), frozen, 0.1, np.random.default_rng(7))
    with pytest.raises(PerturbationError, match="'age' is numeric; name one that is text"):
        KeyboardTypos(("age",))(sample("a"), SPACE, 0.1, np.random.default_rng(7))
    with pytest.raises(PerturbationError, match="no record of the sample has a text"):
        perturbed(KeyboardTypos(), None, severity=0.1)


def test_lists_of_words_that_change_nothing_are_refused():
    for wrong, told in [([], "there is none"), ([["a"]], "two words"), (["ab"], "two words")]:
        with pytest.raises(ValueError, match=told):
            Synonyms(wrong)
    with pytest.raises(ValueError, match="'New York' is not one word"):
        Synonyms([["New York", "Boston"]])
    with pytest.raises(ValueError, match="nothing may stand for 'film'"):
        CodeMixing({"film": []})
