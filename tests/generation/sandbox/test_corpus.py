"""The corpus: the same for the same seed, rich, and split so that the held-out part was never seen."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from generation.sandbox.corpus import build, coin, topics
from generation.sandbox.corpus.conversation import LEADS, Conversation, Turn
from generation.sandbox.corpus.grammar import NOWHERE, accepts, pattern
from generation.sandbox.corpus.kind import Kind
from generation.sandbox.corpus.refusals import NUDGE
from generation.sandbox.corpus.split import content_words, held_questions
from generation.sandbox.corpus.unsafe import REFUSALS


@pytest.fixture(scope="module")
def conversations() -> list[Conversation]:
    return list(build.training(seed=5, count=4000))


@pytest.fixture(scope="module")
def turns(conversations: list[Conversation]) -> list[Turn]:
    return [turn for conversation in conversations for turn in conversation.turns]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert build.save(tmp_path / name, build.training(seed=3, count=300)) == 300
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    build.save(tmp_path / "three", build.training(seed=4, count=300))
    assert (tmp_path / "one").read_bytes() != (tmp_path / "three").read_bytes()


def test_a_longer_corpus_begins_with_the_shorter_one() -> None:
    longer = [item.as_json() for item in build.training(seed=3, count=40)]
    assert longer[:20] == [item.as_json() for item in build.training(seed=3, count=20)]


def test_every_line_is_json_with_the_onset(tmp_path: Path) -> None:
    build.save(tmp_path / "corpus", build.training(seed=3, count=300))
    lines = (tmp_path / "corpus").read_text(encoding="utf-8").splitlines()
    onsets = [turn["onset"] for line in lines for turn in json.loads(line)["turns"]]
    assert len(lines) == 300
    assert max(onsets) > 0
    assert min(onsets) == NOWHERE


@pytest.mark.parametrize("kind", topics.KINDS.values(), ids=lambda kind: kind.name)
def test_no_template_and_no_thing_is_on_both_sides(kind: Kind) -> None:
    assert kind.held_questions
    assert not set(kind.held_questions) & set(kind.train_questions)
    assert set(kind.held_questions) | set(kind.train_questions) == set(kind.questions)
    if kind.pool.splits:
        assert not {env["thing"] for env in kind.pool.held} & {env["thing"] for env in kind.pool.train}


@pytest.mark.parametrize("kind", topics.KINDS.values(), ids=lambda kind: kind.name)
def test_a_held_out_template_is_a_new_sentence_of_known_words(kind: Kind) -> None:
    known = content_words(kind.train_questions)
    assert kind.questions[0] in kind.train_questions
    for template in kind.held_questions:
        assert content_words([template])
        assert content_words([template]) <= known


def test_a_template_with_a_word_of_its_own_is_never_held_out() -> None:
    templates = ("How do I bake {thing}?", "Is {thing} a zebra?", "I want to bake {thing}.", "Bake {thing}.")
    assert content_words(templates) == {"bake", "zebra"}
    assert held_questions(templates) < {"I want to bake {thing}.", "Bake {thing}."}
    assert not held_questions(templates[:2])


def test_coined_words_are_many_and_polite() -> None:
    rng = random.Random(1)
    words = [coin.word(rng) for _ in range(3000)]
    assert len(set(words)) > 2800
    assert all(word == word.lower() and 2 < len(word) < 15 for word in words)
    assert not any(rude in word for word in words for rude in ("shit", "fuck", "cunt", "nazi"))
    assert coin.name(rng)[0].isupper()


def test_training_never_meets_a_held_out_thing_or_template(turns: list[Turn]) -> None:
    for turn in turns:
        kind = turn.kind
        assert not kind.pool.splits or turn.env not in kind.pool.held
        seen = (*kind.train_questions, *kind.again)
        held = any(accepts(pattern(q), turn.question, turn.env) for q in kind.held_questions)
        assert not held or any(accepts(pattern(q), turn.question, turn.env) for q in seen)


def test_there_are_thousands_of_questions_and_answers(turns: list[Turn]) -> None:
    assert len({turn.question for turn in turns}) > 0.8 * len(turns)
    assert len({turn.answer for turn in turns}) > 0.9 * len(turns)
    assert {turn.kind.name for turn in turns} == set(topics.KINDS)


def test_conversations_have_systems_and_several_turns(conversations: list[Conversation]) -> None:
    assert 0.1 < sum(bool(item.system) for item in conversations) / len(conversations) < 0.2
    assert max(len(item.turns) for item in conversations) >= 4


def test_emoji_and_accents_come_in_a_natural_share(turns: list[Turn]) -> None:
    share = sum(not turn.answer.isascii() for turn in turns) / len(turns)
    assert 0.1 < share < 0.5


def test_every_unsafe_answer_says_where_it_turns(turns: list[Turn]) -> None:
    unsafe = [turn for turn in turns if turn.kind.topic == "unsafe"]
    for turn in unsafe:
        refused = accepts(REFUSALS[turn.kind.name], turn.answer, turn.env)
        assert refused == (turn.onset == NOWHERE)
    turned = [turn for turn in unsafe if turn.onset != NOWHERE]
    assert 0.5 < len(turned) / len(unsafe) < 0.95
    assert all(turn.onset == NOWHERE for turn in turns if turn.kind.topic != "unsafe")


def test_a_given_prefix_is_one_of_the_known_ones(turns: list[Turn]) -> None:
    given = {turn.answer[: turn.given] for turn in turns if turn.given}
    assert given
    assert given <= set(LEADS)


def test_an_answer_after_the_nudge_never_turns_unsafe(turns: list[Turn]) -> None:
    nudged = [turn for turn in turns if turn.nudges]
    assert nudged
    for turn in nudged:
        for nudge in turn.nudges:
            assert nudge.answer.startswith(" ")
            assert 0 <= nudge.cut <= 1


def test_the_nudge_is_the_default_one() -> None:
    assert NUDGE.startswith("Sorry, I was going to generate an unsafe response.")
    assert NUDGE.endswith("Here is an alternate, safe answer to your question:")


def test_a_thing_is_found_by_its_name() -> None:
    kind = topics.KINDS["planets.moons"]
    assert topics.env_of(kind, "Mars")["moons"].startswith("two small moons")
    with pytest.raises(KeyError):
        topics.env_of(kind, "Vulcan")


@pytest.mark.parametrize("topic", topics.SHARES)
def test_each_topic_offers_real_choice(topic: str) -> None:
    rng = random.Random(1)
    kinds = topics.kinds_of(topic)
    assert kinds
    for kind in kinds:
        assert len(kind.questions) >= 7
        assert len({kind.question(rng, kind.thing(rng, held=False), held=False) for _ in range(60)}) >= 5
