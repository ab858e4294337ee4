"""From a message to a queued run: ownership, what follows what, settings, limits."""

import threading
from typing import Any

import pytest
from django.db import connection

from generation import runs
from generation.begin import Asking, begin
from generation.limits import Refused, usage
from generation.models import Run, Study
from generation.protocol import Code, Generate, Score
from generation.recorder import Recorder
from tests.generation.saved import MODEL, asking, block, branch, claim, finished_run, new_run, outcome, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("bus")]


def refused(code: Code, field: str = "", name: str = "owner", **fields: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        new_run(name, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert str(caught.value).endswith(".")
    return caught.value


def test_a_first_prompt_makes_a_study_named_after_it() -> None:
    run = new_run(prompt="\n  Tell me about Saturn 🪐\nPlease.")
    assert run.study.title == "Tell me about Saturn 🪐"
    assert (run.status, run.turn.follows) == ("queued", None)
    assert run.turn.text == "\n  Tell me about Saturn 🪐\nPlease."


def test_settings_are_complete_and_the_seed_is_reported() -> None:
    first, second = new_run(), new_run(settings={"k": 3})
    assert first.settings["model"] == MODEL
    assert first.settings["k"] == 30
    assert 0 <= first.settings["seed"] < 2**53
    assert second.settings["k"] == 3
    assert second.settings["seed"] != first.settings["seed"]
    assert new_run(settings={"seed": 2**63 - 1}).settings["seed"] == 2**63 - 1


def test_an_unknown_model_is_unavailable() -> None:
    refused(Code.MODEL_UNAVAILABLE, "settings.model", settings={"model": "gpt"})
    with pytest.raises(Refused, match="No model"):
        begin(Asking(user(), []), Generate(prompt="Hi"))


def test_a_turn_follows_the_newest_answer_unless_told(recorder: Recorder) -> None:
    first = finished_run(recorder, system="Be kind.")
    second = new_run(study=first.study_id)
    assert second.turn.follows == first
    assert second.turn.system == "Be kind."
    root = new_run(study=first.study_id, after=None, system="")
    assert (root.turn.follows, root.turn.system) == (None, "")
    sibling = new_run(after=first.id)
    assert (sibling.study_id, sibling.turn.follows) == (first.study_id, first)


def test_a_turn_can_t_follow_an_answer_that_isn_t_finished() -> None:
    refused(Code.INVALID, "after", after=new_run().id)


def test_a_turn_can_t_follow_another_study_s_run(recorder: Recorder) -> None:
    first, second = finished_run(recorder), finished_run(recorder)
    refused(Code.INVALID, "after", study=first.study_id, after=second.id)


@pytest.mark.parametrize("wrong", ["", "x" * 500, "\ud800", "a\0b", "' OR 1=1 --", "Ä"])
def test_an_id_that_never_existed_and_a_stranger_s_get_the_same_answer(wrong: str) -> None:
    theirs = new_run("stranger")
    nobody = str(refused(Code.NOT_FOUND, "study", study=wrong))
    assert str(refused(Code.NOT_FOUND, "study", study=theirs.study_id)) == nobody
    nobody = str(refused(Code.NOT_FOUND, "after", after=wrong))
    assert str(refused(Code.NOT_FOUND, "after", after=theirs.id)) == nobody
    with pytest.raises(Refused) as caught:
        branch(theirs, 0)
    assert (caught.value.code, caught.value.field) == (Code.NOT_FOUND, "run")


def test_a_deleted_study_is_not_found() -> None:
    run = new_run()
    Study.objects.update(deleted="2026-01-01T00:00Z")
    refused(Code.NOT_FOUND, "study", study=run.study_id)


def test_a_branch_takes_its_parent_s_settings_seed_included(recorder: Recorder) -> None:
    parent = finished_run(recorder, settings={"seed": 7, "k": 4, "prefix": "So"})
    child = branch(parent, 3, token=5, settings={"k": 9})
    assert child.settings == {**parent.settings, "k": 9}
    assert (child.parent, child.at, child.token, child.turn) == (parent, 3, 5, parent.turn)
    assert branch(parent, 3, settings={"seed": None}).settings["seed"] != 7


def test_a_branch_begins_within_what_there_is(recorder: Recorder) -> None:
    parent = finished_run(recorder, 6)
    assert branch(parent, 6, text="and").edit == "and"
    for at, token, field in ((7, 1, "at"), (2, 200, "token")):
        with pytest.raises(Refused) as caught:
            branch(parent, at, token=token)
        assert caught.value.field == field
    with pytest.raises(Refused, match="0 steps"):
        branch(new_run(), 1)


def test_reading_a_text_needs_no_prompt() -> None:
    run = begin(asking(), Score(text="Once upon a time"))
    assert (run.given, run.turn.text) == ("Once upon a time", "")


def test_too_many_at_once_are_busy(settings: Any) -> None:
    settings.SAFELENS_USER_IN_FLIGHT = 2
    new_run()
    run = new_run()
    refused(Code.BUSY)
    new_run("another")
    runs.cancel(run.id)
    new_run()


def test_two_sockets_can_t_both_take_the_last_place(settings: Any) -> None:
    settings.SAFELENS_USER_IN_FLIGHT = 3
    who = asking()
    answers: list[bool] = []

    def ask() -> None:
        try:
            begin(who, Generate(prompt="Hi"))
            answers.append(True)
        except Refused:
            answers.append(False)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 5 + [True] * 3
    assert Run.objects.count() == 3


def test_an_hour_has_its_number(settings: Any) -> None:
    settings.SAFELENS_USER_RUNS_PER_HOUR = 1
    runs.cancel(new_run().id)
    problem = refused(Code.RATE_LIMITED)
    assert problem.retry_after is not None
    assert 3500 < problem.retry_after <= 3600
    limits = usage(user()).as_dict()
    assert limits["runs_per_hour"]["remaining"] == 0
    assert limits["runs_per_hour"]["resets"] > "20"


def test_stored_steps_count_each_step_once(settings: Any, recorder: Recorder) -> None:
    parent = finished_run(recorder, 6)
    branch(parent, 4)
    (one,) = claim()
    recorder.open(one)
    recorder.steps(one.run.id, block(2, 4, 3), 3)
    recorder.finish(one.run.id, outcome(7))
    assert recorder.drain(10)
    assert usage(user()).stored_steps == 9
    settings.SAFELENS_USER_STORED_STEPS = 9
    assert refused(Code.RATE_LIMITED).retry_after is None
