"""A saved study of 200 turns with 500 steps each, as the recorder leaves it behind, made in a second."""

from __future__ import annotations

from django.utils import timezone

from generation import chunks, sealing, vocabulary
from generation.models import Run, RunEvent, StepChunk, Study, Turn
from generation.text.pieces import Pieces
from tests.generation.saved import FINGERPRINT, MODEL, WORDS, record, text_of, user

TURNS, STEPS, K = 200, 500, 30


def long_study() -> Study:
    vocabulary.keep(FINGERPRINT, MODEL, Pieces(WORDS))
    study = Study.objects.create(owner_id=user(), title="Long")
    blob = chunks.encode(0, [record(1, i, K) for i in range(STEPS)])
    sealed = list(chunks.merged(blob, sealing.STEPS))
    text = text_of(1, 0, STEPS)
    turns = [Turn(study=study, text=f"Question {number}") for number in range(TURNS)]
    runs = [
        Run(
            study=study,
            owner=study.owner,
            turn=turn,
            settings={"model": MODEL, "k": K, "seed": 1},
            model=MODEL,
            fingerprint=FINGERPRINT,
            status="finished",
            reason="length",
            steps=STEPS,
            text=text,
            finished=timezone.now(),
        )
        for turn in turns
    ]
    follows = {turn.id: run for run, turn in zip(runs, turns[1:], strict=False)}
    Turn.objects.bulk_create(turns)
    Run.objects.bulk_create(runs)
    for turn in turns[1:]:
        turn.follows = follows[turn.id]
    Turn.objects.bulk_update(turns[1:], ["follows"])
    StepChunk.objects.bulk_create(
        StepChunk(run=run, first=first, count=count, version=chunks.VERSION, blob=piece)
        for run in runs
        for first, count, piece in sealed
    )
    started = {"type": "started", "prompt_tokens": 3, "reused_tokens": 0}
    RunEvent.objects.bulk_create(
        RunEvent(run=run, position=0, seq=1, kind="started", body=started) for run in runs
    )
    return study
