"""Asking for runs and watching them."""

from tests.client import steps_of, text_of
from tests.generation import saved
from tests.generation.socket.conftest import Person, play


def test_a_run_from_question_to_end(ann: Person) -> None:
    async def story() -> None:
        async with ann.client() as client:
            assert client.hello["user"] == "ann"
            assert client.hello["protocol"] == 1
            run = await client.start(prompt="Hi", settings={"seed": 7, "k": 5, "max_new_tokens": 60})
            assert run["prompt"] == "Hi"
            frames = await client.read(run["id"])
        kinds = [frame["type"] for frame in frames]
        assert kinds[-1] == "finished"
        assert "started" in kinds
        assert text_of(frames) == saved.text_of(7, 0, 60)
        assert len(steps_of(frames)) == 60

    play(story())
