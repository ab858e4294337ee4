"""The whole way with a real model: a question, its tokens, a branch, and the same again from the database."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client import steps_of, text_of
from tests.generation.socket.conftest import Person, play
from tests.live import Live, live
from tests.tiny import tiny_llama_dir


@pytest.fixture
def site(tmp_path: Path, transactional_db: None) -> Iterator[Live]:
    model = str(tiny_llama_dir(tmp_path))
    with live(tmp_path, scripted=False, SAFELENS_MODEL=model, SAFELENS_DEVICE="cpu") as running:
        yield running


def test_a_run_a_branch_and_both_again_later(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            run = await client.start(prompt="Hi", settings={"k": 10, "max_new_tokens": 40, "prefix": "Yes"})
            live_frames = await client.read(run["id"])
            steps = steps_of(live_frames)
            assert live_frames[-1]["reason"] in ("eos", "length")
            assert live_frames[-1]["steps"] == len(steps) > 0
            assert steps[0]["origin"] == "prefix"
            assert all(len(step["top"]) == 10 for step in steps)
            sampled = [step for step in steps if step["origin"] == "sampled"]
            assert all(0 < step["p"] <= 1 for step in sampled)
            assert all(math.isclose(sum(p for *_, p in step["top"]), 1, abs_tol=1e-3) for step in sampled)

            again = await client.start(prompt="Hi", settings=run["settings"])
            assert text_of(await client.read(again["id"])) == text_of(live_frames)

            token = steps[1]["top"][3][0]
            branch = await client.start("branch", run=run["id"], at=1, token=token)
            own = await client.read(branch["id"])
            assert (steps_of(own)[0]["i"], steps_of(own)[0]["id"]) == (1, token)
        async with ann.client() as client:
            await client.send("subscribe", run=branch["id"])
            whole = await client.read(branch["id"])
            assert steps_of(whole) == [steps[0], *steps_of(own)]

    play(story())
