"""What is done with a run once it has ended: its many small chunks become a few large ones, quicker to read
and smaller, and its row says how its own steps begin and how sure the model was of them.
"""

from __future__ import annotations

from django.db import transaction

from generation import chunks
from generation.models import Run, StepChunk

STEPS = 256  # of a sealed chunk
OPENING = 80  # characters


def seal(run: str) -> None:
    """Nothing of a step changes, and a reader sees either all small chunks or all large ones."""
    with transaction.atomic():
        finished = Run.objects.select_for_update(no_key=True).filter(id=run, status=Run.Status.FINISHED)
        if not finished.exists():
            return
        small = list(StepChunk.objects.filter(run=run).order_by("first").values_list("first", "blob"))
        if not small:
            return
        blob = b"".join(bytes(piece) for _, piece in small)
        Run.objects.filter(id=run).update(**_told(blob))
        if len(small) == 1:
            return
        large = [
            StepChunk(run_id=run, first=first, count=count, version=chunks.VERSION, blob=piece)
            for first, count, piece in chunks.merged(blob, STEPS)
        ]
        StepChunk.objects.filter(run=run).delete()
        StepChunk.objects.bulk_create(large)


def _told(blob: bytes) -> dict[str, object]:
    text = "".join(token.text for token in chunks.tokens(blob)).replace("\0", "").strip()
    logprobs = chunks.logprobs(blob)
    return {"opening": text[:OPENING], "logprob": sum(logprobs) / len(logprobs) if logprobs else None}
