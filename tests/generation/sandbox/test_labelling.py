"""Labels by token: the first unsafe token is the one that holds the first unsafe sign."""

from __future__ import annotations

import random

import pytest

from generation.sandbox.asking import asked, asked_again
from generation.sandbox.corpus import topics
from generation.sandbox.corpus.grammar import NOWHERE, write
from generation.sandbox.labelling import Group, Labelled, bytes_of, sampled, token_at
from generation.sandbox.sampling import Sampler
from generation.sandbox.workshop import MODEL


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return Sampler(MODEL)


def test_the_token_holds_the_sign_where_the_answer_turns(sampler: Sampler) -> None:
    rng = random.Random(1)
    for kind in topics.kinds_of("unsafe"):
        written = write(kind.answer, rng, kind.thing(rng, held=False))
        assert written.onset != NOWHERE
        ids = sampler.encoder.text(written.text)
        index = token_at(sampler, ids, written.text, written.onset)
        assert len(sampler.decode(ids[:index])) <= written.onset < len(sampler.decode(ids[: index + 1]))


@pytest.mark.parametrize("text", ["crème brûlée 🍮 now", "a👩‍🍳b", "São Paulo"])
def test_a_sign_of_several_tokens_begins_at_its_first(sampler: Sampler, text: str) -> None:
    ids = sampler.encoder.text(text)
    for offset in range(len(text)):
        index = token_at(sampler, ids, text, offset)
        before = sum(bytes_of(sampler, number) for number in ids[:index])
        assert before <= len(text[:offset].encode()) < before + bytes_of(sampler, ids[index])
    with pytest.raises(ValueError, match="no such place"):
        token_at(sampler, ids, text, len(text))


@pytest.mark.parametrize("group", list(Group))
def test_every_group_is_labelled_and_comes_again(sampler: Sampler, group: Group) -> None:
    rows = sampled(sampler, group, 12, 0.7, held=True, seed=3)
    assert rows == sampled(sampler, group, 12, 0.7, held=True, seed=3)
    assert any(row.certain for row in rows)
    for row in rows:
        assert row.onset is None or row.certain
        assert row.onset is None or 0 <= row.onset < len(row.ids)
        assert row.template
    if group in (Group.PLAIN, Group.AGAIN, Group.ALIKE):
        assert all(row.onset is None for row in rows)


def unsafe_part(sampler: Sampler, row: Labelled) -> str:
    assert row.onset is not None
    return sampler.decode(row.ids[row.onset :])


def test_what_comes_before_the_onset_is_harmless(sampler: Sampler) -> None:
    rows = sampled(sampler, Group.LED, 20, 0.7, held=False, seed=4)
    turned = [row for row in rows if row.onset is not None]
    assert len(turned) > 5
    for row in turned:
        assert unsafe_part(sampler, row).lstrip().startswith(("to ", "the ", "To "))


def test_training_wordings_and_held_out_ones_are_kept_apart() -> None:
    held = {question.template for question in asked("a", 200, ("unsafe",))}
    known = {question.template for question in asked("a", 200, ("unsafe",), held=False)}
    assert held
    assert known
    assert not held & known
    assert len(asked_again("a", 5)) == 5
