"""Each message, and what is common to all of them."""

import json
from typing import Any

import pytest

from generation.models import Run
from tests.client import steps_of, text_of
from tests.contract import Frame
from tests.generation.socket.asking import SLOW, expected, settings
from tests.generation.socket.conftest import IN_FLIGHT, Person, play


def test_a_run_from_question_to_end(ann: Person) -> None:
    async def story() -> list[Frame]:
        async with ann.client() as client:
            run = await client.start(prompt="Hi", settings=settings(steps=60))
            assert run["prompt"] == "Hi"
            assert (run["steps"], run["text"], run["parent"], run["at"]) == (0, "", None, None)
            return await client.read(run["id"])

    frames = play(story())
    kinds = [frame["type"] for frame in frames]
    assert kinds[-1] == "finished"
    assert "started" in kinds
    assert text_of(frames) == expected(7, 0, 60)
    assert len(steps_of(frames)) == frames[-1]["steps"] == 60


def test_a_drawn_seed_is_reported_and_repeats_the_run(ann: Person) -> None:
    async def story() -> tuple[str, str]:
        async with ann.client() as client:
            first = await client.start(prompt="Hi", settings={"max_new_tokens": 10})
            text = text_of(await client.read(first["id"]))
            again = await client.start(prompt="Hi", settings=first["settings"])
            return text, text_of(await client.read(again["id"]))

    text, again = play(story())
    assert text == again


def test_ping_pong(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            assert await client.ask("ping") == {"type": "pong", "ref": "q0"}
            await client.send("ping")
            assert await client.next() == {"type": "pong"}

    play(story())


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"type": "nonsense"}, "type"),
        ({}, "type"),
        ({"type": 7}, "type"),
        ({"type": "generate"}, "prompt"),
        ({"type": "generate", "prompt": ""}, "prompt"),
        ({"type": "generate", "prompt": "x" * 10_001}, "prompt"),
        ({"type": "generate", "prompt": "\ud83d"}, "prompt"),
        ({"type": "generate", "prompt": "Hi", "promt": "Hi"}, "promt"),
        ({"type": "generate", "prompt": "Hi", "settings": {"k": 51}}, "settings.k"),
        ({"type": "generate", "prompt": "Hi", "settings": {"k": True}}, "settings.k"),
        ({"type": "generate", "prompt": "Hi", "settings": {"tau": 1.5}}, "settings.tau"),
        ({"type": "generate", "prompt": "Hi", "settings": {"guard": "yes"}}, "settings.guard"),
        ({"type": "generate", "prompt": "Hi", "settings": {"colour": 1}}, "settings.colour"),
        ({"type": "branch", "run": "x"}, "at"),
        ({"type": "branch", "run": "x", "at": -1}, "at"),
        ({"type": "branch", "run": "x", "at": 0, "token": 1, "text": "a"}, "text"),
        ({"type": "score"}, "text"),
        ({"type": "cancel"}, "run"),
        ({"type": "cancel", "run": 7}, "run"),
        ({"type": "subscribe", "run": "x", "after": -2}, "after"),
        ({"type": "subscribe", "run": "x", "after": "0"}, "after"),
        ({"type": "ack", "run": "x"}, "i"),
        ({"type": "ack", "run": "x", "i": 1.0}, "i"),
        ({"type": "ping", "extra": None}, "extra"),
        ({"type": "ping", "ref": "x" * 65}, "ref"),
        ({"type": "ping", "ref": 7}, "ref"),
    ],
)
def test_a_wrong_message_is_invalid_names_the_field_and_the_socket_stays_open(
    ann: Person, message: dict[str, Any], field: str
) -> None:
    async def story() -> None:
        async with ann.client() as client:
            await client.send_raw(json.dumps({"ref": "r"} | message))
            answer = await client.next()
            assert (answer["type"], answer["code"], answer["field"]) == ("error", "invalid", field)
            assert answer.get("ref") == (None if field == "ref" else "r")
            assert (await client.ask("ping"))["type"] == "pong"

    play(story())


def test_a_model_that_is_not_there_is_unavailable(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            answer = await client.ask("generate", prompt="Hi", settings={"model": "no such model"})
            assert (answer["code"], answer["field"]) == ("model_unavailable", "settings.model")

    play(story())


@pytest.mark.parametrize(
    "message",
    [
        {"type": "generate", "prompt": "Hi", "study": "<study>"},
        {"type": "generate", "prompt": "Hi", "after": "<run>"},
        {"type": "branch", "run": "<run>", "at": 0},
        {"type": "cancel", "run": "<run>"},
        {"type": "subscribe", "run": "<run>"},
        {"type": "subscribe", "run": "<run>", "after": 10_000},
        {"type": "unsubscribe", "run": "<run>"},
        {"type": "ack", "run": "<run>", "i": 0},
    ],
)
def test_somebody_else_s_id_and_one_that_never_existed_get_the_same_answer(
    ann: Person, stranger: Person, message: dict[str, Any]
) -> None:
    async def story() -> None:
        async with ann.client() as client:
            mine = await client.start(prompt="Hi", settings=settings())
            await client.read(mine["id"])
        async with stranger.client() as client:
            answers = []
            invented = ["A" * 16, "89d6f2c0-6dfb-4b8c-a2a4-59f8d1b3a0e7", "é"]
            for run, study in [(mine["id"], mine["study"]), *zip(invented, invented, strict=True)]:
                text = json.dumps(message).replace("<run>", run).replace("<study>", study)
                answer = json.dumps(await client.ask(**json.loads(text)) | {"ref": ""}, ensure_ascii=False)
                answers.append(answer.replace(run, "").replace(study, ""))
            assert len(set(answers)) == 1
            assert '"not_found"' in answers[0]
            assert (await client.ask("ping"))["type"] == "pong"

    play(story())
    run = Run.objects.get()
    assert (run.owner_id, run.status, run.cancelling) == (ann.user.pk, Run.Status.FINISHED, False)


@pytest.mark.parametrize("run", ["", "x" * 5000, "é" * 8, "\0", "' OR 1=1 --", "<script>", "\ud83d"])
def test_an_impossible_id_is_not_found_too(ann: Person, run: str) -> None:
    async def story() -> None:
        async with ann.client() as client:
            for type, more in (("cancel", {}), ("subscribe", {}), ("ack", {"i": 0}), ("branch", {"at": 0})):
                assert (await client.ask(type, run=run, **more))["code"] == "not_found"

    play(story())


def test_a_turn_follows_the_study_s_leaf_unless_it_says_otherwise(ann: Person) -> None:
    async def story() -> list[str]:
        async with ann.client() as client:
            first = await client.start(prompt="one", settings=settings())
            await client.read(first["id"])
            study = first["study"]
            second = await client.start(prompt="two", study=study, settings=settings())
            await client.read(second["id"])
            root = await client.start(prompt="three", study=study, after=None, settings=settings())
            await client.read(root["id"])
            beside = await client.start(prompt="four", after=first["id"], settings=settings())
            await client.read(beside["id"])
            assert {run["study"] for run in (first, second, root, beside)} == {study}
        return [run["id"] for run in (first, second, root, beside)]

    first, second, root, beside = play(story())
    follows = {run.id: run.turn.follows_id for run in Run.objects.select_related("turn")}
    assert follows == {first: None, second: first, root: None, beside: first}


def test_a_branch_by_token_shares_the_steps_before_and_sends_those_from_there(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            parent = await client.start(prompt="Hi", settings=settings(seed=7))
            await client.read(parent["id"])
            run = await client.start("branch", run=parent["id"], at=8, token=3, settings={"seed": 9})
            assert (run["parent"], run["at"], run["steps"]) == (parent["id"], 8, 8)
            assert run["text"] == expected(7, 0, 8)
            assert run["settings"] == parent["settings"] | {"seed": 9}
            live = await client.read(run["id"])
            steps = steps_of(live)
            assert [step["i"] for step in steps] == list(range(8, 28))
            assert (steps[0]["id"], steps[0]["origin"]) == (3, "edit")
            await client.send("subscribe", run=run["id"], after=-1)
            whole = await client.read(run["id"])
            assert [step["i"] for step in steps_of(whole)] == list(range(28))
            assert text_of(whole) == run["text"] + text_of(live)
            assert whole[-1]["steps"] == 28

    play(story())


def test_a_branch_beyond_the_end_and_of_an_unknown_token_are_invalid(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            parent = await client.start(prompt="Hi", settings=settings())
            await client.read(parent["id"])
            for field, fields in (("at", {"at": 21}), ("token", {"at": 3, "token": 200})):
                answer = await client.ask("branch", run=parent["id"], **fields)
                assert (answer["code"], answer["field"]) == ("invalid", field)
                assert answer["run"] == parent["id"]
            at_the_end = await client.start("branch", run=parent["id"], at=20)
            assert steps_of(await client.read(at_the_end["id"]))[0]["i"] == 20

    play(story())


def test_a_score_gives_every_word_its_step(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            run = await client.start("score", text="somebody else's words", prompt="What?")
            frames = await client.read(run["id"])
        assert text_of(frames) == "somebody else's words"
        assert {step["origin"] for step in steps_of(frames)} == {"given"}

    play(story())


def test_too_many_runs_in_flight_are_busy_and_hello_says_how_many_are_left(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            started = [(await client.start(prompt="Hi", settings=SLOW))["id"] for _ in range(IN_FLIGHT)]
            answer = await client.ask("generate", prompt="one more")
            assert answer["code"] == "busy"
            async with ann.client() as other:
                assert other.hello["limits"]["in_flight"] == {"limit": IN_FLIGHT, "remaining": 0}
            for run in started:
                await client.send("cancel", run=run)
            for run in started:
                assert (await client.read(run))[-1]["reason"] == "cancelled"
            await client.start(prompt="Hi", settings=settings())

    play(story())


def test_hostile_text_comes_back_as_it_was_sent(ann: Person) -> None:
    prompt = "<script>alert('x')</script> 👩‍🚀 \u202e \ufffd " + "é" * 9000

    async def story() -> None:
        async with ann.client() as client:
            run = await client.start(prompt=prompt, settings=settings(steps=1, prefix="<b>"))
            assert run["prompt"] == prompt
            assert run["settings"]["prefix"] == "<b>"

    play(story())
