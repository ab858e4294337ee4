"""What happens to a run between its steps: control acts, and it ends once, when all is said and judged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from generation.engine.control import Action
from generation.engine.inprocess import CONTROL_FAILED
from generation.engine.sequence import Sequence
from generation.engine.step import End, Step

log = logging.getLogger(__name__)


class Course:
    """Of all `runs`, by their ids. `check` raises ValueError for an action that can't be done here; `forget`
    is told of each run that ends. Every run ends with exactly one closing step."""

    def __init__(
        self,
        runs: dict[str, Sequence],
        check: Callable[[Action], None],
        forget: Callable[[Sequence], None],
    ) -> None:
        self._runs, self._check, self._forget = runs, check, forget

    def goes_on(self, sequence: Sequence, step: Step, out: list[Step]) -> bool:
        """After a step: whether what was computed behind it is still of use, be it for the last judgement."""
        if self._controlled(sequence, step, out):
            return False
        if not self._ends(sequence, out):
            return True
        return self._is_there(sequence) and sequence.closing is not None

    def close(self, sequence: Sequence, scores: dict[str, float], out: list[Step]) -> None:
        """The closing step leaves only if control lets the run end."""
        assert sequence.closing is not None
        step = Step(sequence.request.id, sequence.stepped, -1, scores=scores, end=sequence.closing)
        if self._controlled(sequence, step, out):
            end = sequence.ending
            if not self._is_there(sequence) or end is None:
                return  # its control failed, or it goes on
            step = replace(step, position=sequence.stepped, end=end)
        self._leave(sequence, step, out)

    def finish(self, sequence: Sequence, end: End, out: list[Step], message: str = "") -> None:
        step = Step(sequence.request.id, sequence.stepped, -1, end=end, message=message)
        self._leave(sequence, step, out)

    def _controlled(self, sequence: Sequence, step: Step, out: list[Step]) -> bool:
        """Whether control did anything to the run."""
        if sequence.control is None:
            return False
        try:
            asked = sequence.control(step)
            if asked is None or asked == ():
                return False
            for action in asked if isinstance(asked, tuple) else (asked,):
                self._check(action)
                sequence.do(action)
        except Exception:
            log.exception("The control of a run failed")
            self.finish(sequence, End.FAILED, out, CONTROL_FAILED)
            return True
        if step.end is None:
            self._ends(sequence, out)
        return True

    def _ends(self, sequence: Sequence, out: list[Step]) -> bool:
        """Whether the run is over or waits only for its last judgement."""
        if sequence.closing is End.CONTROL:
            self.finish(sequence, End.CONTROL, out)
            return True
        end = sequence.ended_by
        if end is None:
            return False
        sequence.closing = end
        if not sequence.request.probes:
            self.close(sequence, {}, out)
        return True

    def _is_there(self, sequence: Sequence) -> bool:
        return self._runs.get(sequence.request.id) is sequence

    def _leave(self, sequence: Sequence, step: Step, out: list[Step]) -> None:
        self._forget(sequence)
        out.append(step)
