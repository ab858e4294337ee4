"""Steps as bytes and back."""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.chunks import WITHDRAWN, ChunkUnreadable, StepRecord, decode, encode, masked, merged, tokens
from generation.protocol import Origin

pytestmark = pytest.mark.once

probability = st.floats(0, 1, width=32)


@st.composite
def records(draw: st.DrawFn, k: int = 3, most: int = 2**24 - 1) -> StepRecord:
    logprobs = sorted(draw(st.lists(st.floats(-60, 0, width=32), min_size=k, max_size=k)), reverse=True)
    return StepRecord(
        token=draw(st.integers(0, 2**31)),
        text=draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
        origin=draw(st.sampled_from(Origin)),
        logprob=draw(st.floats(-90, 0, width=32)),
        p=draw(probability),
        rank=draw(st.integers(0, 2**31)),
        entropy=draw(st.floats(0, 18, width=32)),
        t=draw(st.integers(0, 2**31)),
        top_ids=np.array(draw(st.lists(st.integers(0, most), min_size=k, max_size=k)), np.int32),
        top_logprobs=np.array(logprobs, np.float32),
        top_p=np.array(draw(st.lists(probability, min_size=k, max_size=k)), np.float32),
        guard=draw(st.dictionaries(st.sampled_from(["a", "b", "Wächter"]), probability, max_size=3)),
    )


def visible(token: int) -> str:
    return f"<{token}>"


@given(st.tuples(records(k=2), records(k=1), records(k=3)))
def test_a_block_refuses_steps_with_other_numbers_of_alternatives(steps: tuple[StepRecord, ...]) -> None:
    """Even where they add up to the same."""
    with pytest.raises(ValueError, match="different numbers"):
        encode(0, steps)


@given(st.lists(records(), min_size=1, max_size=5), st.integers(0, 2**31))
def test_what_goes_in_comes_out(steps: list[StepRecord], first: int) -> None:
    rows = decode(encode(first, steps), visible)
    assert [row["i"] for row in rows] == list(range(first, first + len(steps)))
    for row, step in zip(rows, steps, strict=True):
        assert (row["id"], row["text"], row["origin"], row["rank"], row["t"]) == (
            step.token,
            step.text,
            step.origin.value,
            step.rank,
            step.t,
        )
        assert row["logprob"] == pytest.approx(step.logprob, abs=1e-5)
        assert row["p"] == pytest.approx(step.p, abs=1e-6)
        assert row["entropy"] == pytest.approx(step.entropy, abs=1e-5)
        assert row.get("guard", {}) == pytest.approx(step.guard, abs=1e-4)
        assert [top[0] for top in row["top"]] == step.top_ids.tolist()
        assert [top[1] for top in row["top"]] == [visible(one) for one in step.top_ids.tolist()]
        assert [top[2] for top in row["top"]] == pytest.approx(step.top_logprobs.tolist(), abs=6e-4)
        assert [top[3] for top in row["top"]] == pytest.approx(step.top_p.tolist(), abs=2e-5)
        for top, p in zip(row["top"], step.top_p.tolist(), strict=True):
            assert (top[3] == 0) == (p == 0)
    assert orjson.loads(orjson.dumps(rows))[0]["i"] == first


@given(st.lists(records(), min_size=1, max_size=9), st.data())
def test_blocks_can_be_joined_merged_and_read_from_anywhere(
    steps: list[StepRecord], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(steps)))) | {0, len(steps)})
    blob = b"".join(encode(a, steps[a:b]) for a, b in pairwise(cuts))
    whole = decode(blob, visible)
    after = data.draw(st.integers(-1, len(steps)))
    assert decode(blob, visible, after) == [row for row in whole if row["i"] > after]
    pieces = list(merged(blob, data.draw(st.integers(1, 9))))
    assert decode(b"".join(piece for _, _, piece in pieces), visible) == whole
    assert [i for first, count, _ in pieces for i in range(first, first + count)] == list(range(len(steps)))
    assert [(token.i, token.id, token.text) for token in tokens(blob)] == [
        (row["i"], row["id"], row["text"]) for row in whole
    ]


def floats(*values: float) -> npt.NDArray[np.float32]:
    return np.array(values, np.float32)


def one(**fields: object) -> StepRecord:
    ids = np.arange(3, dtype=np.int32)
    base: dict[str, object] = {
        "token": 1, "text": "x", "origin": Origin.NUDGE, "logprob": -1.0, "p": 0.5, "rank": 0, "entropy": 1.0,
        "t": 0, "top_ids": ids, "top_logprobs": floats(-1, -2, -3), "top_p": floats(1, 0, 0),
    }  # fmt: skip
    return StepRecord(**{**base, **fields})  # type: ignore[arg-type]


def test_minus_infinity_and_no_number_still_are_json() -> None:
    step = one(
        logprob=-math.inf, entropy=math.nan, top_logprobs=floats(-1, -2, -math.inf), guard={"g": math.nan}
    )
    (row,) = decode(encode(0, [step]), visible)
    orjson.dumps(row)
    assert row["logprob"] < -1000
    assert [top[2] for top in row["top"]] == pytest.approx([-1, -2, -101], abs=1e-3)
    assert "guard" not in row


def test_a_step_without_alternatives_is_a_step() -> None:
    none = np.empty(0, np.float32)
    (row,) = decode(encode(4, [one(top_ids=np.empty(0, np.int32), top_logprobs=none, top_p=none)]), visible)
    assert (row["i"], row["top"]) == (4, [])


def test_the_stated_sizes_hold() -> None:
    for k, bytes_a_step in ((10, 120), (30, 240), (50, 360)):
        ids = np.arange(k, dtype=np.int32)
        step = one(
            text=" word", top_ids=ids, top_logprobs=-ids.astype(np.float32), top_p=np.float32(ids) / 99
        )
        step = StepRecord(**{name: getattr(step, name) for name in step.__slots__} | {"guard": {"g": 0.5}})
        assert len(encode(0, [step])) == bytes_a_step
        assert len(encode(0, [step] * 25)) / 25 == pytest.approx(bytes_a_step - 17, abs=1)


@given(st.binary(max_size=200))
def test_damaged_bytes_are_told(noise: bytes) -> None:
    good = encode(0, [one()])
    for blob in (noise, good + noise, good[: len(noise) % len(good)], good[:-1]):
        try:
            decode(blob, visible)
            tokens(blob)
        except ChunkUnreadable:
            continue
        assert blob in (b"", good)


def test_a_later_version_is_told_from_damage() -> None:
    with pytest.raises(ChunkUnreadable, match="version 2"):
        decode(b"\x02" + encode(0, [one()])[1:], visible)


@given(st.lists(records(), min_size=1, max_size=9), st.integers(0, 50), st.data())
def test_what_is_withdrawn_says_nothing_and_the_rest_is_unchanged(
    steps: list[StepRecord], begin: int, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(steps)))
    parts = [part for part in (steps[:cut], steps[cut:]) if part]
    starts = [begin, begin + cut] if len(parts) == 2 else [begin]
    blob = b"".join(encode(start, part) for start, part in zip(starts, parts, strict=True))
    first = data.draw(st.integers(begin, begin + len(steps)))
    last = data.draw(st.integers(begin - 1, begin + len(steps)))
    bare = masked(blob, first, last)
    for before, after, token in zip(decode(blob, visible), decode(bare, visible), tokens(bare), strict=True):
        if not first <= before["i"] <= last:
            assert after == before
            assert not token.withdrawn
            continue
        kept = {name: before[name] for name in ("i", "origin", "t", "guard") if name in before}
        nothing = {"id": WITHDRAWN, "text": "", "logprob": 0, "p": 0, "rank": 0, "entropy": 0, "top": []}
        assert after == kept | nothing
        assert token.withdrawn
        assert token.text == ""
    again = b"".join(piece for _, _, piece in merged(bare, 4))
    assert decode(again, visible) == decode(bare, visible)


def test_nothing_of_a_withdrawn_text_is_left_in_the_bytes() -> None:
    blob = encode(0, [one(text="before"), one(text="unspeakable"), one(text="behind")])
    bare = masked(blob, 1, 1)
    assert b"unspeakable" in blob
    assert b"unspeakable" not in bare
    assert b"before" in bare
    assert b"behind" in bare


def test_scores_come_back_with_the_tokens() -> None:
    steps = [one(guard={"a": 0.25}), one(guard={"b": math.nan})]
    first, second = tokens(encode(0, steps))
    assert first.guard == pytest.approx({"a": 0.25}, abs=1e-5)
    assert set(second.guard) == {"b"}
    assert math.isnan(second.guard["b"])
