"""A token that control bans isn't taken, once; everything else is as it would have been."""

from __future__ import annotations

import numpy as np
import pytest

from generation.engine import Action, Ban, Control, Request, Rewind, Step
from tests.generation.engine import oracle
from tests.generation.engine.driving import finish, of, start, tokens, worst_difference
from tests.generation.engine.kinds import Kind

CONTEXT = (5, 9, 17, 3, 40)
PLACE = 8  # three tokens stand then


def backtrack(seen: list[int], heat: float | None = None) -> Control:
    """Behind the token at PLACE + 2: back to PLACE, and another token than the one taken there."""

    def control(step: Step) -> tuple[Action, ...] | None:
        if step.position == PLACE:
            seen.append(step.token)
        if step.position == PLACE + 2 and len(seen) == 1:
            return Rewind(PLACE), Ban(frozenset(seen), heat)
        return None

    return control


@pytest.mark.parametrize("heat", [None, 0.0, 0.5])
@pytest.mark.parametrize("request_", [Request("a", CONTEXT, max_new=8, k=5, top_p=0.9, seed=3)])
def test_the_next_token_is_another_one(kind: Kind, request_: Request, heat: float | None) -> None:
    engine = kind.engine()
    neighbour = Request("other", (*CONTEXT, 30), max_new=14, seed=4)
    engine.submit(neighbour)
    seen: list[int] = []
    recorder = start(engine, request_, backtrack(seen, heat))
    steps = finish(engine)
    assert tokens(steps, "other") == oracle.answer(kind.plain, neighbour)
    first, second = [step for step in of("a", steps) if step.position == PLACE]
    text = recorder.text[:PLACE]
    logprobs = kind.plain.after(text).copy()
    logprobs[first.token] = -np.inf
    warm = Request("a", CONTEXT, k=5, top_p=0.9, seed=3, temperature=1.0 if heat is None else heat)
    chances = oracle.chances(logprobs, warm)
    assert second.token == oracle.choice(chances, warm, PLACE) != first.token
    assert second.p == pytest.approx(chances[second.token], abs=1e-4)
    banned = dict(zip(second.top_ids.tolist(), second.top_p.tolist(), strict=True))
    assert banned.get(first.token, 0.0) == 0.0
    assert len(second.top_ids) == 5
    # Its own numbers stay the model's, and the rest goes on from it as any text would.
    assert worst_difference(recorder, kind.plain) < 1e-4
    rest = Request("rest", tuple(recorder.text[: PLACE + 1]), max_new=4, k=5, top_p=0.9, seed=3)
    assert recorder.text[PLACE + 1 :] == oracle.answer(kind.plain, rest)


def test_the_favourite_of_one_gives_way_to_the_second(kind: Kind) -> None:
    engine = kind.engine()
    seen: list[int] = []
    recorder = start(engine, Request("a", CONTEXT, max_new=6, k=1, temperature=0.0), backtrack(seen))
    steps = finish(engine)
    first, second = [step for step in of("a", steps) if step.position == PLACE]
    order = np.argsort(-kind.plain.after(recorder.text[:PLACE]), kind="stable")
    assert (first.token, second.token) == (order[0], order[1])
    assert (first.rank, second.rank) == (0, 1)
    assert len(second.top_ids) == 1


def test_a_ban_holds_for_one_token_alone() -> None:
    """And what is done meanwhile lifts it."""
    from tests.generation.engine.kinds import kind as named

    kind = named("scripted")
    engine = kind.engine()
    seen: list[int] = []

    def control(step: Step) -> tuple[Action, ...] | None:
        if step.position == PLACE:
            seen.append(step.token)
        if step.position == PLACE + 1 and len(seen) == 1:
            return Rewind(PLACE), Ban(frozenset(seen)), Rewind(PLACE)
        return None

    request = Request("a", CONTEXT, max_new=8, seed=3)
    recorder = start(engine, request, control)
    finish(engine)
    assert recorder.text[len(CONTEXT) :] == oracle.answer(kind.plain, request)
