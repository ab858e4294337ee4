"""What readers of a shared link see: finished answers as they are now, and never what was withdrawn.

A shared study shows what is added to it later too; a shared answer stays as it is, with the questions and
answers that led to it and no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generation import lineage, replay
from generation.chunks import WITHDRAWN
from generation.models import Run, RunEvent, Study, is_id
from generation.outline import BranchJson, OutlineJson, TurnJson, outline
from generation.protocol import ServerMessage, StepJson, Steps
from generation.protocol.server import as_dict
from generation.sharing.models import Share

PAGE = 512  # steps in one answer
SHOWN = frozenset({"started", "nudge", "retract", "finished", "gone"})


def outline_of(share: Share) -> OutlineJson:
    """The study's outline without what isn't shared. Four queries, however many runs there are."""
    return finished(share.study, share.run_id)


def finished(study: Study, answer: str | None = None) -> OutlineJson:
    """The study's finished answers alone; or one of them, and what led to it."""
    whole = outline(study)
    runs = [_alone(run) for run in whole["runs"] if run["status"] == "finished" and run["deleted"] is None]
    turns = whole["turns"]
    if answer is not None:
        line = _line(answer, runs, turns)
        runs = [run for run in runs if run["id"] in line]
    answered = {run["turn"] for run in runs}
    there = {run["id"] for run in runs}
    for run in runs:
        if run["parent"] not in there:
            run["parent"] = run["at"] = None
    favourite = whole["favourite"] if whole["favourite"] in there else None
    shown = [turn for turn in turns if turn["id"] in answered]
    return {**whole, "favourite": favourite, "turns": shown, "runs": runs}


def messages_of(share: Share, run: str, after: int) -> list[dict[str, Any]] | None:
    """What the socket would say of the run behind step `after`, a page of it; None for what isn't shared.

    The page is the last one if it ends with `finished` or `gone`.
    """
    if not _is_shared(share, run):
        return None
    page: list[dict[str, Any]] = []
    count = 0
    for message in told(run, after):
        page.append(as_dict(message))
        count += len(message.steps) if isinstance(message, Steps) else 0
        if count >= PAGE:
            break
    return page


def told(run: str, after: int) -> Iterator[ServerMessage]:
    """What the socket would say of the run behind step `after`, and nothing of what was withdrawn."""
    withdrawn = _withdrawn(run)
    for message in replay.history(run, after):
        if isinstance(message, Steps):
            yield Steps(run=run, steps=[_without(step, withdrawn) for step in message.steps])
        elif message.type in SHOWN:
            yield message


def _is_shared(share: Share, run: str) -> bool:
    if share.run_id is not None:
        return run in {one["id"] for one in outline_of(share)["runs"]}
    finished = Run.objects.filter(study=share.study_id, status=Run.Status.FINISHED, deleted=None)
    return is_id(run) and finished.filter(id=run).exists()


def _alone(run: BranchJson) -> BranchJson:
    return {**run, "seen": True}


def _line(run: str, runs: list[BranchJson], turns: list[TurnJson]) -> set[str]:
    """The run and the answers that its question stands on."""
    turn_of = {one["id"]: one["turn"] for one in runs}
    follows = {turn["id"]: turn["follows"] for turn in turns}
    line: set[str] = set()
    current: str | None = run
    while current is not None and current in turn_of and current not in line:
        line.add(current)
        current = follows.get(turn_of[current])
    return line


def _withdrawn(run: str) -> list[tuple[int, int]]:
    """The stretches of steps that a guard took back, of the run's whole line."""
    found: list[tuple[int, int]] = []
    for stretch in lineage.stretches(run):
        for body in RunEvent.objects.filter(run=stretch.run, kind="retract").values_list("body", flat=True):
            # Behind its end another run has other steps under the same numbers.
            last = body["to"] if stretch.end is None else min(body["to"], stretch.end - 1)
            found.append((max(body["from"], stretch.first), last))
    return found


def _without(step: StepJson, withdrawn: list[tuple[int, int]]) -> StepJson:
    """A step keeps its place, and says nothing where it was taken back."""
    if any(first <= step["i"] <= last for first, last in withdrawn):
        return {**step, "id": WITHDRAWN, "text": "", "top": []}
    return step
