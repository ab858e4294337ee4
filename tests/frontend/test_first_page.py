"""The run that plays on the first page, what stands beside it, and the command that records it."""

import io
import math
from pathlib import Path
from typing import Any, cast

import orjson
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from frontend import recording
from frontend.examples import EXAMPLES
from generation import bus as buses
from generation import model_state
from generation.bus import Bus, BusDown, Presence
from tests.people import PeopleTest


class FirstPageTest(PeopleTest):
    def test_a_visitor_gets_the_recorded_run_in_the_page(self) -> None:
        page = self.client.get("/")
        self.assertContains(page, '<script id="recording" type="application/json">')
        self.assertContains(page, recording.PROMPT)
        said = "".join(step["text"] for step in recording.recorded()["steps"])
        self.assertContains(page, said, html=False)

    @override_settings(SAFELENS_GUESTS=True)
    def test_one_click_on_an_example_asks_it_once(self) -> None:
        page = self.client.get("/")
        prompt = EXAMPLES[1].prompt
        self.assertContains(page, f'name="prompt" value="{prompt}"')
        answer = self.client.post("/guests/", {"prompt": prompt})
        self.client.head(answer["Location"])
        self.assertContains(self.client.get(answer["Location"]), f"data-asks>{prompt}</textarea>")
        again = self.client.get(answer["Location"])
        self.assertNotContains(again, "data-asks")
        self.assertNotContains(again, f">{prompt}</textarea>")

    def test_an_address_alone_sends_no_question(self) -> None:
        page = self.as_owner.get("/", {"prompt": "Hi", "asks": "1", "first_question": "Hi"})
        self.assertContains(page, ">Hi</textarea>")
        self.assertNotContains(page, "data-asks")

    @override_settings(SAFELENS_GUESTS=True)
    def test_a_question_that_is_none_or_endless_leads_in_all_the_same(self) -> None:
        for prompt, shown in (
            (" \n", ""),
            ("x" * 20_000, "x" * 10_000),
            ("</textarea><b>", "&lt;/textarea&gt;&lt;b&gt;"),
        ):
            self.client.post("/guests/", {"prompt": prompt})
            self.assertContains(self.client.get("/"), f">{shown}</textarea>")

    def test_where_there_are_no_guests_it_leads_to_the_log_in(self) -> None:
        with override_settings(SAFELENS_GUESTS=False):
            page = self.client.get("/")
        self.assertNotContains(page, "/guests/")
        self.assertContains(page, "/accounts/login/?next=/%3Fprompt%3DHow%2520")

    def test_a_hostile_question_in_the_address_is_text_and_has_an_end(self) -> None:
        page = self.as_owner.get("/", {"prompt": "</textarea><script>alert(1)</script>"})
        self.assertNotContains(page, "<script>alert")
        page = self.as_owner.get("/", {"prompt": "x" * 20_000})
        self.assertNotContains(page, "x" * 10_001)

    def test_the_model_and_how_it_stands_are_in_sight(self) -> None:
        before = buses.replace(cast(Bus, Engines(presence(waiting=3))))
        self.addCleanup(lambda: buses.replace(before))
        self.assertContains(
            self.client.get("/"), 'the bundled sandbox model: <span id="model-word">3 before you<'
        )
        answer = self.client.get("/model/").json()
        assert answer == {"model": "the bundled sandbox model", "state": "3 before you"}
        assert self.client.post("/model/").status_code == 405


class Engines:
    """A bus that knows these engines, and nothing else."""

    def __init__(self, *engines: Presence, down: bool = False) -> None:
        self._engines, self._down = list(engines), down

    def engines(self) -> list[Presence]:
        if self._down:
            raise BusDown("away")
        return self._engines


def presence(**more: Any) -> Presence:
    return Presence(**{"engine": "e", "model": "sandbox", "fingerprint": "f", "loaded": True, **more})


@pytest.mark.once
@pytest.mark.parametrize(
    ("bus", "said"),
    [
        (Engines(presence()), "ready"),
        (Engines(presence(waiting=2), presence(waiting=5)), "2 before you"),
        (Engines(presence(loaded=False, detail="loading 40 %")), "loading 40 %"),
        (Engines(presence(loaded=False, detail="loading 40 %"), presence()), "ready"),
        (Engines(presence(loaded=False)), "loading"),
        (Engines(down=True), "away just now"),
    ],
)
def test_how_the_model_stands(bus: Any, said: str) -> None:
    before = buses.replace(bus)
    try:
        assert model_state.model_state() == said
    finally:
        buses.replace(before)


@pytest.mark.once
def test_the_recording_is_the_bundled_models() -> None:
    """If this fails, the bundled model is another one: `manage.py record_first_page`."""
    from generation.engine.loading.checkpoint import find_weights, fingerprint

    directory = Path(settings.SAFELENS_BUNDLED_MODEL)
    ours = fingerprint(directory, find_weights(directory, "sandbox"), "sandbox")
    assert recording.recorded()["model"]["fingerprint"] == ours


@pytest.mark.once
def test_the_recording_is_whole_and_small() -> None:
    kept = recording.recorded()
    steps = kept["steps"]
    assert [step["i"] for step in steps] == list(range(len(steps)))
    assert len(steps) >= 30
    assert kept["reason"] == "eos"
    times = [step["t"] for step in steps]
    assert times == sorted(times)
    assert 1000 < times[-1] < 5000  # milliseconds: a visitor sees it begin at once, and end
    assert any(math.exp(step["logprob"]) < 0.5 for step in steps)
    # Its settings cut none of these: 0 would say so.
    assert all(p > 0 for step in steps for _, _, _, p in step["top"])
    assert recording.PATH.stat().st_size < 40_000


@pytest.mark.once
def test_the_command_records_what_the_model_says_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "PATH", tmp_path / "first_page.json")
    monkeypatch.setattr(recording, "DELAY", 0.0)
    said = io.StringIO()
    call_command("record_first_page", prompt="Tell me about Saturn.", seed=1, stdout=said)
    try:
        made = orjson.loads(recording.PATH.read_bytes())
        assert made["prompt"] == "Tell me about Saturn."
        text = "".join(step["text"] for step in made["steps"]).strip()
        assert text in said.getvalue()
        assert made == recording.recorded()
        assert all(len(step["top"]) == recording.SHOWN for step in made["steps"])
        assert made["steps"][0]["t"] == 0
    finally:
        recording.recorded.cache_clear()
