"""Makes a study of many runs in a site's database, and says its id: `large_study OWNER RUNS`.

Half of the runs branch from one before them, the others answer questions that follow one.
"""

from __future__ import annotations

import os
import random
import sys

STEPS = 40


def made(owner: str, count: int) -> str:
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from django.utils import timezone

    from generation import chunks, vocabulary
    from generation.models import Run, StepChunk, Study, Turn
    from generation.text.pieces import Pieces
    from tests.generation.saved import FINGERPRINT, WORDS, record, text_of
    from tests.scripted import FINGERPRINT as SCRIPTED

    assert FINGERPRINT != SCRIPTED
    vocabulary.keep(FINGERPRINT, "sandbox", Pieces(WORDS))
    rng = random.Random(count)
    study = Study.objects.create(
        owner=get_user_model().objects.get(username=owner), title=f"{count} runs", folded_title=""
    )
    turns: list[Turn] = []
    runs: list[Run] = []
    for number in range(count):
        parent = rng.choice(runs) if runs and number % 2 else None
        if parent is None:
            turn = Turn(study=study, text=f"Question {number}", follows=rng.choice(runs) if runs else None)
            turns.append(turn)
        else:
            turn = parent.turn
        at = rng.randrange(1, STEPS) if parent else 0
        runs.append(
            Run(
                study=study,
                owner=study.owner,
                turn=turn,
                parent=parent,
                at=at,
                settings={"model": "sandbox", "k": 5, "seed": number, "temperature": 1.0},
                model="sandbox",
                fingerprint=FINGERPRINT,
                status="finished",
                reason="length",
                steps=STEPS,
                opening=text_of(number, at, STEPS)[:80],
                logprob=-rng.random(),
                finished=timezone.now(),
            )
        )
    follows = {turn.id: turn.follows for turn in turns}
    with transaction.atomic():
        for turn in turns:
            turn.follows = None
        Turn.objects.bulk_create(turns)
        Run.objects.bulk_create(runs)
        for turn in turns:
            turn.follows = follows[turn.id]
        Turn.objects.bulk_update(turns, ["follows"], batch_size=200)
        StepChunk.objects.bulk_create(
            StepChunk(
                run=run,
                first=run.at,
                count=STEPS - run.at,
                version=chunks.VERSION,
                blob=chunks.encode(run.at, [record(number, i) for i in range(run.at, STEPS)]),
            )
            for number, run in enumerate(runs)
        )
    return study.id


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelens_site.settings"
    import django

    django.setup()
    print(made(sys.argv[1], int(sys.argv[2])))
