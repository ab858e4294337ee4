"""Whatever is asked of the engine before a server, in whatever order, each run says what it says alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from generation.engine import Action, Steer
from generation.engine.inprocess import Limits
from tests.generation.engine.driving import Recorder, finish, start
from tests.generation.engine.kinds import kind
from tests.generation.engine.test_random_interleavings import (
    ACTIONS,
    PROBES,
    REQUESTS,
    SEED,
    TOKENS,
    Branch,
    Cancel,
    Go,
    Submit,
    Told,
    following,
    obeyed,
    play,
)


def _is_possible(actions: tuple[Action, ...]) -> bool:
    return not any(isinstance(action, Steer) for action in actions)


PLANS = st.dictionaries(st.integers(0, 9), ACTIONS.filter(_is_possible), max_size=3)
EVENTS = st.lists(
    st.one_of(
        st.builds(Submit, REQUESTS, PLANS),
        st.builds(Submit, REQUESTS, PLANS),
        st.builds(Branch, st.integers(0, 9), st.floats(0, 1), TOKENS, st.integers(0, 5), PLANS),
        st.builds(Cancel, st.integers(0, 9)),
        st.builds(Go, st.integers(1, 6)),
    ),
    min_size=2,
    max_size=14,
)
LIMITS = st.builds(Limits, max_runs=st.integers(1, 6), row_bytes=st.sampled_from([80, 150, 10_000]))


@pytest.mark.parametrize("name", ["remote sglang", "remote vllm"])
def test_runs_never_meet(name: str) -> None:
    """Nor do an engine's numbers differ from those of the one in this process."""
    model, here = kind(name), kind("packed")
    probes = None if model.layers == frozenset() else PROBES

    def possible(event: Any) -> Any:
        if probes is None and isinstance(event, Submit):
            return replace(event, request=replace(event.request, probes=()))
        return event

    @seed(SEED)
    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(EVENTS, LIMITS)
    def never_meet(events: list[Any], limits: Limits) -> None:
        def alone(told: Told) -> Recorder:
            room = min(limits.row_bytes, 256) * here.token_bytes
            engine = here.engine(Limits(row_bytes=room, retained_bytes=0), PROBES)
            recorder = start(engine, told.request, following(told.plan))
            finish(engine)
            return recorder

        engine = model.engine(limits, probes)
        runs = play(engine, [possible(event) for event in events])
        if name == "remote sglang":  # of a forced token that is none of the best it tells no rank
            runs = [replace(one, recorder=_ranked(one.recorder)) for one in runs]
        obeyed(runs, lambda told: _ranked(alone(told)) if name == "remote sglang" else alone(told))

    def _ranked(recorder: Recorder) -> Recorder:
        assert model.ranked is not None
        most = model.ranked
        recorder.steps = [replace(step, rank=min(step.rank, most)) for step in recorder.steps]
        return recorder

    never_meet()
