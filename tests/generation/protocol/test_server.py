"""What goes to a client: the contract's names, and no more than was said."""

import dataclasses
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from generation.protocol import Code, Error, Finished, Nudge, Pong, Reason, Retract, body_of, dump, from_body
from generation.protocol import page as documentation
from generation.protocol.client import CLIENT_MESSAGES
from generation.protocol.server import SERVER_MESSAGES, ServerMessage

pytestmark = pytest.mark.once


def test_fields_that_say_nothing_are_left_out() -> None:
    assert json.loads(dump(Pong())) == {"type": "pong"}
    error = Error(
        code=Code.INVALID, message="k must be a whole number from 1 to 50.", field="settings.k", ref="a"
    )
    assert json.loads(dump(error)) == {
        "type": "error",
        "code": "invalid",
        "message": "k must be a whole number from 1 to 50.",
        "field": "settings.k",
        "ref": "a",
    }


def test_retract_says_from_and_to() -> None:
    assert json.loads(dump(Retract(run="r", first=3, last=5, reason="Withdrawn."))) == {
        "type": "retract",
        "run": "r",
        "from": 3,
        "to": 5,
        "reason": "Withdrawn.",
    }


@pytest.mark.parametrize(
    "event",
    [
        Retract(run="r", first=3, last=5, reason="Withdrawn."),
        Nudge(run="r", at=4, guard="g", score=0.9, tau=0.5, text="Sorry", steps=2),
        Finished(run="r", reason=Reason.EOS, steps=4, usage={"sampled_tokens": 4}, timings={"total": 2.0}),
    ],
)
def test_a_saved_event_comes_back_as_it_was(event: ServerMessage) -> None:
    assert from_body(event.type, "r", json.loads(json.dumps(body_of(event)))) == event


def test_a_field_of_a_later_version_is_passed_over() -> None:
    event = from_body("retract", "r", {"from": 1, "to": 2, "reason": "x", "colour": "red"})
    assert event == Retract(run="r", first=1, last=2, reason="x")


def test_the_page_is_up_to_date() -> None:
    call_command("protocol_page", check=True)


def test_the_page_names_every_message_and_field() -> None:
    page = documentation.page()
    for message in (*CLIENT_MESSAGES, *SERVER_MESSAGES):
        assert f"### `{message.type}`" in page
        for field in dataclasses.fields(message):
            assert f"`{field.metadata.get('name') or field.name}`" in page


def test_the_command_says_when_the_page_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.management.commands.protocol_page.page", lambda: "something else")
    with pytest.raises(CommandError, match="out of date"):
        call_command("protocol_page", check=True)
