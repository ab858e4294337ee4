"""What a guard retracts is gone for every reader, wherever it was on its way when that was decided."""

import pytest

from generation import lineage, runs
from generation.models import Run, StepChunk, folded
from generation.outcome import Outcome
from generation.protocol import Reason, Retract, Steps
from generation.recorder import Recorder
from generation.replay import history
from generation.runs import Claim
from tests.generation.saved import block, branch, claim, new_run, outcome, text_of, texts_in

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "These words were withdrawn."


def retracted(recorder: Recorder, *, cut: tuple[int, ...] = (), drained: bool = False) -> Run:
    """Ten steps, of which 4 … 6 are withdrawn, and two more."""
    run = new_run()
    (one,) = claim()
    recorder.open(one)
    first = 0
    for end in (*cut, 10):
        recorder.steps(run.id, block(1, first, end - first), end - first)
        first = end
        if drained:
            assert recorder.drain(10)
    recorder.event(Retract(run=run.id, first=4, last=6, reason=WHY))
    recorder.steps(run.id, block(1, 10, 2), 2)
    return run


@pytest.mark.parametrize("drained", [False, True])
@pytest.mark.parametrize("cut", [(), (5,), (4, 7), (1, 2, 3, 4, 5, 6, 7, 8, 9)])
def test_a_later_reader_finds_the_place_and_nothing_else(
    recorder: Recorder, cut: tuple[int, ...], drained: bool
) -> None:
    run = retracted(recorder, cut=cut, drained=drained)
    kept = text_of(1, 0, 4) + text_of(1, 7, 12)
    recorder.finish(run.id, Outcome(Reason.LENGTH, 12, kept))
    assert recorder.drain(10)
    told = list(history(run.id))
    assert texts_in(told) == kept == lineage.text(run.id)
    steps = {step["i"]: step for message in told if isinstance(message, Steps) for step in message.steps}
    assert sorted(steps) == list(range(12))
    for i in (4, 5, 6):
        assert (steps[i]["id"], steps[i]["text"], steps[i]["top"]) == (-1, "", [])
    before = [message.type for message in told[: [m.type for m in told].index("retract")]]
    assert before == ["steps"]
    stored = b"".join(bytes(blob) for blob in StepChunk.objects.values_list("blob", flat=True))
    for i in (4, 5, 6):
        assert text_of(1, i, i + 1).encode() not in stored.replace(kept.encode(), b"")


def test_a_branch_behind_it_shares_no_withdrawn_word(recorder: Recorder) -> None:
    run = retracted(recorder, drained=True)
    recorder.finish(run.id, outcome(12))
    assert recorder.drain(10)
    row = Run.objects.get(id=run.id)
    for at in (5, 7, 12):
        other = branch(row, at)
        tokens = lineage.tokens(other.id)
        assert [token.i for token in tokens if token.withdrawn] == [i for i in (4, 5, 6) if i < at]
        assert text_of(1, 4, 5) not in texts_in(history(other.id))


def written(recorder: Recorder, one: Claim, seed: int, count: int, outcome: Outcome | None = None) -> None:
    recorder.open(one)
    recorder.steps(one.run.id, block(seed, one.run.at, count), count)
    if outcome is not None:
        recorder.finish(one.run.id, outcome)
    assert recorder.drain(10)


@pytest.mark.parametrize("ends", ["before", "with it", "after", "by itself"])
def test_a_branch_of_a_running_answer_loses_what_is_withdrawn_there(recorder: Recorder, ends: str) -> None:
    """A second socket may branch behind words whose alarm is still to come, and end before it comes."""
    parent = new_run()
    (one,) = claim()
    written(recorder, one, 1, 10)
    first = branch(Run.objects.get(id=parent.id), 8)
    (two,) = claim()
    written(recorder, two, 2, 2, Outcome(Reason.EOS, 10, text_of(1, 0, 8) + text_of(2, 8, 10)))
    # One shares a part of the withdrawn words through it, one shares none, one is still going on.
    late, early, mine = (branch(Run.objects.get(id=first.id), at) for at in (6, 4, 9))
    claims = {found.run.id: found for found in claim(count=3)}
    stale = {
        late.id: text_of(1, 0, 6) + text_of(3, 6, 8),
        early.id: text_of(1, 0, 4) + text_of(3, 4, 6),
        mine.id: text_of(1, 0, 8) + text_of(2, 8, 9) + text_of(3, 9, 11),
    }
    for run, text in stale.items():
        over = Outcome(Reason.EOS, claims[run].run.at + 2, text)
        if run != mine.id or ends == "before":
            written(recorder, claims[run], 3, 2, over)
        else:
            written(recorder, claims[run], 3, 2)
    retract = Retract(run=parent.id, first=4, last=9, reason=WHY)
    over = Outcome(Reason.EOS, 11, stale[mine.id])
    if ends == "with it":
        with recorder.together():
            recorder.finish(mine.id, over)
            recorder.event(retract)
    else:
        recorder.event(retract)
    assert recorder.drain(10)
    if ends == "after":
        recorder.finish(mine.id, over)
        assert recorder.drain(10)
    elif ends == "by itself":
        runs.cancel(mine.id)
        assert runs.give_up(mine.id, claims[mine.id].epoch)
    kept = {
        first.id: text_of(1, 0, 4) + text_of(2, 8, 10),
        late.id: text_of(1, 0, 4) + text_of(3, 6, 8),
        early.id: stale[early.id],
        mine.id: text_of(1, 0, 4) + text_of(2, 8, 9) + text_of(3, 9, 11),
    }
    for run, text in kept.items():
        row = Run.objects.get(id=run)
        assert (row.status, row.text, row.folded) == ("finished", text, folded(text))
        assert row.text == lineage.text(run) == texts_in(history(run))


def test_an_engine_that_lost_the_run_withdraws_nothing(recorder: Recorder, fenced: list[str]) -> None:
    run = new_run()
    (one,) = claim()
    recorder.open(one)
    recorder.steps(run.id, block(1, 0, 10), 10)
    assert recorder.drain(10)
    Run.objects.filter(id=run.id).update(epoch=9)
    recorder.event(Retract(run=run.id, first=4, last=6, reason=WHY))
    assert recorder.drain(10)
    assert lineage.text(run.id) == text_of(1, 0, 10)
    assert fenced
