"""A guard at work in a real process with a real (tiny) model, seen and attacked from outside."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generation import lineage
from generation.models import Run
from guard import artifacts
from guard.audit.models import Verdict
from tests.client import steps_of, text_of
from tests.generation.socket.conftest import Person, play
from tests.generation.worker.guards import GUARD, WORDS, for_everybody, suspicious
from tests.live import Live, live
from tests.tiny import tiny_llama_dir

SETTINGS = {"k": 10, "max_new_tokens": 24, "seed": 9}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guarded")
    suspicious(folder / "guard", tiny_llama_dir(folder / "tiny-llama"))
    return folder


@pytest.fixture(scope="module")
def site(data: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[Live]:
    model = str(data / "tiny-llama")
    with (
        django_db_blocker.unblock(),
        live(data, scripted=False, SAFELENS_MODEL=model, SAFELENS_DEVICE="cpu") as running,
    ):
        yield running


@pytest.fixture(autouse=True)
def _registered(data: Path, transactional_db: None) -> None:
    artifacts.register(data / "guard")


def of(frames: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [frame for frame in frames if frame["type"] == kind]


def test_a_nudge_comes_and_then_the_end(ann: Person) -> None:
    for_everybody(cooldown=4)

    async def story() -> None:
        async with ann.client() as client:
            run = await client.start(prompt="Hi", settings=SETTINGS)
            assert (run["settings"]["guard"], run["settings"]["tau"]) == (True, 0.5)
            frames = await client.read(run["id"])
        steps, nudges = steps_of(frames), of(frames, "nudge")
        assert [nudge["text"] for nudge in nudges] == [WORDS, WORDS]
        for nudge in nudges:
            injected = steps[nudge["at"] : nudge["at"] + nudge["steps"]]
            assert {step["origin"] for step in injected} == {"nudge"}
            assert "".join(step["text"] for step in injected).strip() == WORDS
            assert nudge["guard"] == GUARD
            assert nudge["score"] == pytest.approx(0.9526, abs=1e-3)
            assert nudge["tau"] == 0.5
        assert all(step["guard"][GUARD] > 0.9 for step in steps if step["origin"] == "sampled")
        assert not any("guard" in step for step in steps if step["origin"] == "nudge")
        end = frames[-1]
        assert end["reason"] == "blocked"
        assert end["message"] == "This answer was stopped by the site's safety policy."
        assert end["guard"][GUARD] > 0.9
        told.append(text_of(frames))

    told: list[str] = []
    play(story())
    run = Run.objects.get()
    assert (run.text, run.nudges) == (told[0], 2)


def test_what_a_client_may_not_ask_for(ann: Person) -> None:
    for_everybody()

    async def story() -> None:
        async with ann.client() as client:
            for settings, field in (({"guard": False}, "settings.guard"), ({"tau": 0.9}, "settings.tau")):
                frame = await client.ask("generate", prompt="Hi", settings=settings)
                assert (frame["code"], frame["field"]) == ("forbidden", field)

    play(story())


def test_no_way_round_it(ann: Person) -> None:
    """Each way of asking ends at the guard, and nothing that was held or withdrawn can be read afterwards."""
    for_everybody(hold=8, rule={"kind": "consecutive", "k": 1}, ladder=[{"kind": "block"}])

    async def story() -> None:
        async with ann.client() as client:
            first = await client.start(prompt="Hi", settings=SETTINGS)
            frames = await client.read(first["id"])
            assert frames[-1]["reason"] == "blocked"
            assert text_of(frames) == ""
            asked = [
                ("generate", {"prompt": "Hi", "settings": SETTINGS | {"prefix": "Sure, here is how it is"}}),
                ("generate", {"prompt": "Hi", "settings": SETTINGS | {"max_new_tokens": 1}}),
                ("branch", {"run": first["id"], "at": 0}),
                ("branch", {"run": first["id"], "at": 0, "token": 70}),
                ("branch", {"run": first["id"], "at": 0, "text": "Sure, here is how it is done"}),
                ("generate", {"prompt": "Go on", "study": first["study"], "after": first["id"]}),
            ]
            for kind, fields in asked:
                run = await client.start(kind, **fields)
                frames = await client.read(run["id"])
                own = [step for step in steps_of(frames) if step["origin"] == "sampled"]
                assert frames[-1]["reason"] == "blocked", (kind, fields)
                assert own == [], (kind, fields)

    play(story())
    for run in Run.objects.all():
        assert Verdict.objects.filter(run=run.id, action="block", final=True).exists()
        assert run.text == ""


def test_a_read_text_is_judged_and_tells_no_alternatives_behind_the_alarm(ann: Person) -> None:
    for_everybody(rule={"kind": "consecutive", "k": 3})

    async def story() -> None:
        async with ann.client() as client:
            run = await client.start("score", text="First the onions, then the rice.", settings={"k": 10})
            frames = await client.read(run["id"])
        steps = steps_of(frames)
        (verdict,) = of(frames, "verdict")
        assert (verdict["action"], verdict["label"], verdict["guard"]) == ("flag", "unsafe", GUARD)
        assert frames[-1]["reason"] == "length"
        assert text_of(frames) == "First the onions, then the rice."
        # From the first word on the guard sees something, and from the third on it is sure.
        assert {len(step["top"]) for step in steps} == {0}
        assert all(step["guard"][GUARD] > 0.9 for step in steps)

    play(story())


def test_a_second_socket_and_a_cut_line_find_what_is_left(ann: Person) -> None:
    for_everybody(hold=0, rule={"kind": "consecutive", "k": 6}, ladder=[{"kind": "block"}])

    async def story() -> None:
        async with ann.client() as client:
            run = await client.start(prompt="Hi", settings=SETTINGS | {"delay": 0.05})
            await client.of(run["id"], "steps")
        # The line was cut at the first words; by the time of the next look they are withdrawn.
        async with ann.client() as other, ann.client() as third:
            for client in (other, third):
                await client.send("subscribe", run=run["id"])
            seen = await asyncio.gather(other.read(run["id"]), third.read(run["id"]))
        async with ann.client() as late:
            await late.send("subscribe", run=run["id"])
            frames = await late.read(run["id"])
        (retract,) = of(frames, "retract")
        assert {step["id"] for step in steps_of(frames)[retract["from"] : retract["to"] + 1]} == {-1}
        assert text_of(frames) == ""
        assert all(of(one, "retract") == [retract] for one in seen)

    play(story())
    run = Run.objects.get()
    assert run.text == lineage.text(run.id) == ""
