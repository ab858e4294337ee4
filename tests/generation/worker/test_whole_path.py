"""From a queued row to recorded steps."""

import pytest

from generation.bus import Bus
from generation.models import Run
from tests.generation.saved import new_run
from tests.generation.worker.engines import told, working

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = {"seed": 7, "max_new_tokens": 12}


def test_a_run_is_generated_and_recorded(bus: Bus) -> None:
    with working(bus):
        run = new_run(settings=SHORT)
        answer = told(run)
    row = Run.objects.get(id=run.id)
    assert answer.finished.reason in ("length", "eos")
    assert answer.started.prompt_tokens == answer.finished.usage["prompt_tokens"] > 5
    assert answer.finished.usage["sampled_tokens"] == len(answer.steps)
    assert answer.text == row.text
    assert (row.status, row.steps) == ("finished", len(answer.steps))
    assert set(answer.finished.timings) == {"queued", "first_step", "total"}
