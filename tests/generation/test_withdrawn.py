"""What a guard retracts is gone for every reader, wherever it was on its way when that was decided."""

import pytest

from generation import lineage
from generation.models import Run, StepChunk
from generation.protocol import Reason, Retract, Steps
from generation.recorder import Recorder
from generation.replay import history
from generation.runs import Outcome
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
