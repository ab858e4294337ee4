"""From a queued row to recorded steps: each kind of run, held against the bare engine."""

import pytest

from generation.begin import begin
from generation.bus import Bus
from generation.models import Run, StepChunk
from generation.protocol import Score
from generation.text.conversation import Message
from tests.generation.saved import asking, branch, new_run
from tests.generation.worker.engines import alone, context_of, served, texts, told, working
from tests.tiny import CHATML

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = {"seed": 7, "max_new_tokens": 12}


def encoded(*messages: tuple[str, str]) -> list[int]:
    _, conversation, _ = texts(CHATML)
    return list(conversation.encode([Message(role, text) for role, text in messages]).context_ids)  # type: ignore[arg-type]


def text_ids(text: str, *, opens: bool = False) -> list[int]:
    return list(texts(CHATML)[1].encode_text(text, opens=opens))


def test_a_run_is_generated_and_recorded(bus: Bus) -> None:
    with working(bus):
        run = new_run(settings=SHORT)
        answer = told(run)
    row = Run.objects.get(id=run.id)
    assert context_of(row) == encoded(("user", "Hi"))
    assert answer.ids == alone(context_of(row), SHORT)
    assert {step.origin for step in answer.steps} == {"sampled"}
    assert answer.finished.reason == ("eos" if answer.ids[-1] in served().ends else "length")
    assert answer.started.prompt_tokens == answer.finished.usage["prompt_tokens"] == len(context_of(row))
    assert answer.finished.usage["sampled_tokens"] == len(answer.steps)
    assert answer.finished.usage["forced_tokens"] == 0
    assert answer.text == row.text
    assert (row.status, row.steps, row.reason) == ("finished", len(answer.steps), answer.finished.reason)
    assert set(answer.finished.timings) == {"queued", "first_step", "total"}
    assert answer.finished.timings["total"] >= answer.finished.timings["first_step"] >= 0


def test_a_stop_token_ends_a_run(bus: Bus) -> None:
    reasons = set()
    with working(bus):
        for seed in range(8):
            answer = told(new_run(settings={"seed": seed, "max_new_tokens": 150, "k": 50}))
            reasons.add(str(answer.finished.reason))
            stops = [step.i for step in answer.steps if step.id in served().ends]
            assert stops in ([], [len(answer.steps) - 1])
            assert (answer.finished.reason == "eos") == bool(stops)
            assert len(answer.steps) <= 150
    assert reasons == {"eos", "length"}


def test_later_turns_read_what_was_said_before(bus: Bus) -> None:
    with working(bus):
        first = new_run(prompt="One", system="Be brief.", settings=SHORT)
        said = told(first).text
        second = new_run(prompt="Two", study=first.study_id, settings=SHORT)
        again = told(second).text
        third = new_run(prompt="Three", study=first.study_id, settings=SHORT)
        aside = told(third)
        edited = new_run(prompt="Two!", study=first.study_id, after=first.id, settings=SHORT)
        told(edited)
    before = [("system", "Be brief."), ("user", "One"), ("assistant", said)]
    assert context_of(second) == encoded(*before, ("user", "Two"))
    assert context_of(third) == encoded(*before, ("user", "Two"), ("assistant", again), ("user", "Three"))
    assert context_of(edited) == encoded(*before, ("user", "Two!"))
    assert aside.ids == alone(context_of(third), SHORT)


def test_a_started_answer_is_forced_and_goes_on(bus: Bus) -> None:
    prefix = "Once upon a time"
    with working(bus):
        run = new_run(settings=SHORT | {"prefix": prefix})
        answer = told(run)
    forced = text_ids(prefix, opens=True)
    assert answer.ids == alone(context_of(run), SHORT, forced)
    assert [step.origin for step in answer.steps[: len(forced)]] == ["prefix"] * len(forced)
    assert {step.origin for step in answer.steps[len(forced) :]} == {"sampled"}
    assert answer.text.startswith(prefix)
    assert answer.finished.usage["forced_tokens"] == len(forced)
    assert answer.finished.usage["sampled_tokens"] == len(answer.steps) - len(forced) <= 12


def test_a_branch_shares_steps_and_takes_the_token(bus: Bus) -> None:
    with working(bus):
        parent = told(new_run(settings=SHORT))
        first = Run.objects.get()
        other = branch(first, 3, token=100, settings={"seed": 8})
        answer = told(other)
        live = told(other, after=2)
    context = context_of(first)
    assert answer.ids[:3] == parent.ids[:3]
    assert answer.ids[3:] == alone([*context, *parent.ids[:3]], SHORT | {"seed": 8}, [100])
    assert [step.origin for step in answer.steps[3:5]] == ["edit", "sampled"]
    assert [step.i for step in live.steps] == list(range(3, len(answer.steps)))
    assert answer.started.prompt_tokens == len(context) + 3
    assert answer.started.reused_tokens > 0
    assert StepChunk.objects.get(run=other).first == 3
    assert Run.objects.get(id=other.id).text == answer.text


def test_a_branch_at_which_the_answer_ends_ends_there(bus: Bus) -> None:
    end = min(served().ends)
    with working(bus):
        parent = told(new_run(settings=SHORT))
        answer = told(branch(Run.objects.get(), 3, token=end))
    assert answer.ids == [*parent.ids[:3], end]
    assert answer.finished.reason == "eos"
    assert answer.finished.usage["sampled_tokens"] == 0


def test_a_branch_takes_a_text_of_several_tokens(bus: Bus) -> None:
    edit = " a little plant 🌱 that wanted"
    with working(bus):
        parent = told(new_run(settings=SHORT))
        first = Run.objects.get()
        answer = told(branch(first, 4, text=edit))
        at_once = told(branch(first, 0, text="Sure, here"))
    forced = text_ids(edit)
    assert len(forced) > 3
    assert answer.ids[4:] == alone([*context_of(first), *parent.ids[:4]], SHORT, forced)
    assert [step.origin for step in answer.steps[4:]].count("edit") == len(forced)
    assert answer.text.startswith("".join(step.text for step in parent.steps[:4]))
    assert edit in answer.text
    assert at_once.ids == alone(context_of(first), SHORT, text_ids("Sure, here", opens=True))


def test_a_branch_without_an_edit_goes_the_same_way_with_the_same_seed(bus: Bus) -> None:
    with working(bus):
        parent = told(new_run(settings=SHORT))
        first = Run.objects.get()
        same = told(branch(first, 5))
        other = told(branch(first, 5, settings={"seed": 99}))
        longer = told(branch(first, len(parent.ids), settings={"max_new_tokens": 4}))
    assert same.ids[: len(parent.ids)] == parent.ids
    assert other.ids[:5] == parent.ids[:5]
    assert other.ids != parent.ids
    assert longer.ids[: len(parent.ids)] == parent.ids
    settings = SHORT | {"max_new_tokens": 4}
    assert longer.ids[len(parent.ids) :] == alone([*context_of(first), *parent.ids], settings)


def test_a_branch_of_a_branch_reads_the_whole_line(bus: Bus) -> None:
    with working(bus):
        told(new_run(settings=SHORT | {"prefix": "Once"}))
        first = Run.objects.get()
        second = branch(first, 4, token=77, settings={"seed": 1})
        middle = told(second)
        answer = told(branch(second, 6, text=" rain", settings={"seed": 2}))
        beside = told(branch(second, 2, settings={"seed": 3}))
    context, settings = context_of(first), SHORT | {"seed": 2}
    assert answer.ids[:6] == middle.ids[:6]
    assert answer.ids[6:] == alone([*context, *middle.ids[:6]], settings, text_ids(" rain"))
    assert beside.ids[2:] == alone([*context, *middle.ids[:2]], SHORT | {"seed": 3})


def test_a_text_is_read_and_nothing_is_sampled(bus: Bus) -> None:
    text = "Water it twice a week — naïve, 🌱."
    with working(bus):
        asked = begin(asking(), Score(text=text, prompt="How often?", system="Be brief."))
        answer = told(asked)
        bare = begin(asking(), Score(text=text))
        read = told(bare)
    assert context_of(asked) == encoded(("system", "Be brief."), ("user", "How often?"))
    assert answer.text == text == read.text
    assert {step.origin for step in answer.steps} == {"given"}
    assert answer.ids == text_ids(text, opens=True)
    assert answer.finished.usage["sampled_tokens"] == 0
    assert answer.finished.reason == "length"
    assert all(step.top and (step.p > 0 or step.rank >= 30) for step in answer.steps)
    assert context_of(bare) == encoded(("user", ""))


def test_a_model_without_a_template_continues_the_text(bus: Bus) -> None:
    plain = served(template=None)
    with working(bus, plain):
        run = new_run(prompt="Once upon", settings=SHORT | {"prefix": " a time"})
        answer = told(run)
        read = told(begin(asking(), Score(text="Once upon a time")))
    assert answer.ids[: len(text_ids(" a time"))] == text_ids(" a time")
    assert answer.text.startswith(" a time")
    assert read.text == "Once upon a time"


def test_the_context_of_a_turn_is_made_once(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that writes the date must not change what a branch of yesterday's answer reads."""
    with working(bus):
        told(new_run(settings=SHORT))
        first = Run.objects.get()
        monkeypatch.setattr(texts(CHATML)[1], "_template", "{{ now }}" + CHATML)
        monkeypatch.setattr(texts(CHATML)[1]._tokenizer, "chat_template", "Tomorrow." + CHATML)
        branched = told(branch(first, 3, text=" rain"))
        repeated = new_run(prompt="Hi", settings=SHORT)
        told(repeated)
    assert branched.ids[3:] == alone(
        [*context_of(first), *branched.ids[:3]], SHORT, branched.ids[3 : 3 + len(text_ids(" rain"))]
    )
    assert len(context_of(repeated)) > len(context_of(first))
