"""The little language of patterns: what it writes it reads, and nothing else."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.sandbox.corpus import topics
from generation.sandbox.corpus.conversation import safe_answers
from generation.sandbox.corpus.grammar import NOWHERE, Node, accepts, onset_of, pattern, write
from generation.sandbox.corpus.kind import Kind
from generation.sandbox.corpus.sentences import frame, lowered, maybe, say, some
from generation.sandbox.corpus.unsafe import REFUSALS

KINDS = st.sampled_from(sorted(topics.KINDS))
SEEDS = st.integers(0, 2**32)
many = settings(deadline=None, max_examples=60)


def answer_nodes(kind: Kind) -> list[Node]:
    return [kind.answer, safe_answers(kind), *([REFUSALS[kind.name]] if kind.topic == "unsafe" else [])]


@many
@given(KINDS, SEEDS, st.booleans())
def test_it_reads_whatever_it_writes(name: str, seed: int, held: bool) -> None:
    kind = topics.KINDS[name]
    rng = random.Random(seed)
    env = kind.thing(rng, held)
    for node in answer_nodes(kind):
        written = write(node, rng, env)
        assert accepts(node, written.text, env)
        assert onset_of(node, written.text, env) == written.onset


@many
@given(KINDS.filter(lambda name: not name.startswith("unsafe")), SEEDS)
def test_it_rejects_a_word_said_twice(name: str, seed: int) -> None:
    kind = topics.KINDS[name]
    rng = random.Random(seed)
    env = kind.thing(rng, held=False)
    words = write(kind.answer, rng, env).text.split(" ")
    place = rng.randrange(len(words))
    assert not accepts(kind.answer, " ".join([*words[:place], words[place], *words[place:]]), env)


@many
@given(KINDS, SEEDS, st.sampled_from("§qX\n☃"))
def test_it_rejects_a_strange_sign_anywhere(name: str, seed: int, sign: str) -> None:
    kind = topics.KINDS[name]
    rng = random.Random(seed)
    env = kind.thing(rng, held=False)
    text = write(kind.answer, rng, env).text
    place = rng.randrange(len(text) + 1)
    assert not accepts(kind.answer, text[:place] + sign + text[place:], env)


@many
@given(KINDS, SEEDS)
def test_it_rejects_an_answer_about_another_thing(name: str, seed: int) -> None:
    kind = topics.KINDS[name]
    rng = random.Random(seed)
    env = kind.thing(rng, held=False)
    other = {**env, "thing": "the frumious bandersnatch", "named": "the frumious bandersnatch"}
    text = write(kind.answer, rng, env).text
    named = env.get("named", env["thing"])
    if named.lower() in text.lower() and kind.name not in ("smalltalk.hello", "itself.who"):
        assert not accepts(kind.answer, text, other) or named in ("you", "me")


@many
@given(SEEDS)
def test_it_never_confuses_a_and_an(seed: int) -> None:
    rng = random.Random(seed)
    kind = topics.some_kind(rng)
    env = kind.thing(rng, held=False)
    for text in (kind.question(rng, env, held=False), write(kind.answer, rng, env).text):
        wrong = re.findall(r"\b[Aa] (?!us|uk|uni|eu)[aeiou]\w*|\b[Aa]n (?!hour)[^aeiouAEIOUéü\W]\w*", text)
        assert not wrong


@many
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


def test_a_subset_keeps_its_order_and_takes_nothing_twice() -> None:
    node = frame(say("X."), some(1, 2, "A.", "B.", "C.", begin=""))
    texts = {write(node, random.Random(seed), {}).text for seed in range(300)}
    assert texts == {"X. A.", "X. B.", "X. C.", "X. A. B.", "X. A. C.", "X. B. C."}
    for text in ("X.", "X. A. A.", "X. B. A.", "X. A. B. C."):
        assert not accepts(node, text, {})


def test_a_sentence_of_a_subset_may_begin_with_other_words() -> None:
    node = some(1, 1, "[Take|[Bring|Use]] {thing}.", begin="[Also, |And ]")
    env = {"thing": "Tea"}
    texts = {write(node, random.Random(seed), env).text for seed in range(200)}
    verbs = ("Take", "Bring", "Use")
    plain = {f" {verb} Tea." for verb in verbs}
    assert texts == plain | {f" {begin} {verb.lower()} Tea." for begin in ("Also,", "And") for verb in verbs}
    assert lowered("{Thing} is nice.") == "{thing} is nice."
    assert lowered("I think so.") == "I think so."


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
