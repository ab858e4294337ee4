"""The little language of patterns: what it writes it reads, and nothing else."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.sandbox.corpus import topics
from generation.sandbox.corpus.conversation import safe_answers
from generation.sandbox.corpus.grammar import (
    NOWHERE,
    Node,
    accepts,
    frame,
    maybe,
    onset_of,
    pattern,
    say,
    some,
    write,
)
from generation.sandbox.corpus.kind import Kind
from generation.sandbox.corpus.unsafe import REFUSALS

KINDS = st.sampled_from(sorted(topics.KINDS)).map(topics.KINDS.__getitem__)
SEEDS = st.integers(0, 2**32)


def answer_nodes(kind: Kind) -> list[Node]:
    return [kind.answer, safe_answers(kind), *([REFUSALS[kind.name]] if kind.topic == "unsafe" else [])]


@given(KINDS, SEEDS, st.booleans())
def test_it_reads_whatever_it_writes(kind: Kind, seed: int, held: bool) -> None:
    rng = random.Random(seed)
    env = kind.thing(rng, held)
    for node in answer_nodes(kind):
        written = write(node, rng, env)
        assert accepts(node, written.text, env)
        assert onset_of(node, written.text, env) == written.onset


@given(KINDS, SEEDS)
def test_it_rejects_a_word_said_twice(kind: Kind, seed: int) -> None:
    rng = random.Random(seed)
    env = kind.thing(rng, held=False)
    words = write(kind.answer, rng, env).text.split(" ")
    place = rng.randrange(len(words))
    assert not accepts(kind.answer, " ".join([*words[:place], words[place], *words[place:]]), env)


@given(KINDS, SEEDS, st.sampled_from("§qX\n☃"))
def test_it_rejects_a_strange_sign_anywhere(kind: Kind, seed: int, sign: str) -> None:
    rng = random.Random(seed)
    env = kind.thing(rng, held=False)
    text = write(kind.answer, rng, env).text
    place = rng.randrange(len(text) + 1)
    assert not accepts(kind.answer, text[:place] + sign + text[place:], env)


@given(KINDS, SEEDS)
def test_it_rejects_an_answer_about_another_thing(kind: Kind, seed: int) -> None:
    rng = random.Random(seed)
    env = kind.thing(rng, held=False)
    other = {**env, "thing": "the frumious bandersnatch", "named": "the frumious bandersnatch"}
    text = write(kind.answer, rng, env).text
    named = env.get("named", env["thing"])
    if named.lower() in text.lower() and kind.name not in ("smalltalk.hello", "itself.who"):
        assert not accepts(kind.answer, text, other) or named in ("you", "me")


@given(SEEDS)
def test_it_never_confuses_a_and_an(seed: int) -> None:
    rng = random.Random(seed)
    kind = topics.some_kind(rng)
    env = kind.thing(rng, held=False)
    for text in (kind.question(rng, env, held=False), write(kind.answer, rng, env).text):
        wrong = re.findall(r"\b[Aa] (?!us|uk|uni|eu)[aeiou]\w*|\b[Aa]n (?!hour)[^aeiouAEIOUéü\W]\w*", text)
        assert not wrong


@given(SEEDS)
def test_it_never_writes_a_doubled_space_or_a_loose_bracket(seed: int) -> None:
    rng = random.Random(seed)
    kind = topics.some_kind(rng)
    text = write(kind.answer, rng, kind.thing(rng, held=True)).text
    assert "  " not in text
    assert text == text.strip()
    assert not set("[]{}|^") & set(text)


def test_choices_nest_and_may_be_empty() -> None:
    node = pattern("a[b[c|]|]d")
    assert [text for text in ("abcd", "abd", "ad", "acd", "abc", "") if accepts(node, text, {})] == [
        "abcd",
        "abd",
        "ad",
    ]


def test_a_slot_takes_a_pattern_and_a_capital() -> None:
    assert accepts(pattern("{Thing} and {thing}"), "Red tea and red tea", {"thing": "red tea"})
    assert not accepts(pattern("{Thing}"), "red tea", {"thing": "red tea"})
    assert accepts(pattern("{time}"), "two days", {"time": "[two|three] days"})


def test_a_slot_takes_the_right_article() -> None:
    node = pattern("{A_thing} is {a_thing}")
    assert accepts(node, "An apron is an apron", {"thing": "apron"})
    assert accepts(node, "A ukulele is a ukulele", {"thing": "ukulele"})
    assert not accepts(node, "A apron is an apron", {"thing": "apron"})


def test_a_shuffle_takes_each_part_once_in_any_order() -> None:
    node = frame(say("X."), some(1, 2, "A.", "B.", "C."))
    texts = {write(node, random.Random(seed), {}).text for seed in range(300)}
    assert texts == {
        "X. A.",
        "X. B.",
        "X. C.",
        "X. A. B.",
        "X. B. A.",
        "X. A. C.",
        "X. C. A.",
        "X. B. C.",
        "X. C. B.",
    }
    assert not accepts(node, "X.", {})
    assert not accepts(node, "X. A. A.", {})
    assert not accepts(node, "X. A. B. C.", {})


def test_an_onset_is_found_in_a_text_that_breaks_off_or_goes_astray() -> None:
    node = frame(say("Well, ^take the spoon and run."), maybe("Then hide."))
    assert onset_of(node, "Well, take the sp", {}) == 6
    assert onset_of(node, "Well, take the moon", {}) == 6
    assert onset_of(node, "Well, ", {}) == NOWHERE
    assert onset_of(node, "Well, no.", {}) == NOWHERE


@pytest.mark.parametrize("source", ["a[b", "a]b", "[a|[b]"])
def test_it_refuses_a_pattern_with_a_wrong_bracket(source: str) -> None:
    with pytest.raises(ValueError, match="bracket"):
        pattern(source)


def test_the_bits_are_those_of_the_choices() -> None:
    assert write(pattern("[a|b|c|d] and [e|f]"), random.Random(1), {}).bits == 3.0
