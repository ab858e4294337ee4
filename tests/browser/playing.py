"""`manage.py serve` with an engine that plays a script: `python -m tests.browser.playing`.

It writes a few plain words in an order that its seed gives. Asked for something hostile, it writes all that a
page must survive. Two ids write " cat", as vocabularies do.
"""

from __future__ import annotations

import os
import random
from typing import Any

from tests import scripted

CAT, OTHER_CAT = 1, 2
PLAIN = [" the", " cat", " cat", " sat", " on", " a", " mat", " and", " looked", " at", " sea", "."]
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "\u202egnp.exe",
    " zero\u200bwidth",
    " z" + "\u0301" * 500,
    " " + "w" * 400,
    "\n\n",
    "灯台",
    "مرحبا",
]
WORDS = [word.encode() for word in PLAIN + HOSTILE]
SHOWN = 10  # alternatives


class Playing(scripted.Working):
    def record(self, i: int) -> Any:
        import numpy as np

        from generation.chunks import StepRecord
        from generation.protocol import Origin

        run = self.run
        hostile = "hostile" in run.turn.text
        ids = range(len(PLAIN), len(WORDS)) if hostile else range(len(PLAIN))
        order = random.Random(f"{self.seed} {i}").sample(list(ids), SHOWN)
        if hostile:
            order = [ids[(i + n) % len(ids)] for n in range(SHOWN)]
        elif CAT not in order or OTHER_CAT not in order:
            order = [CAT, OTHER_CAT, *(one for one in order if one not in (CAT, OTHER_CAT))][:SHOWN]
        weights = np.array([0.5**n for n in range(1, SHOWN + 1)], np.float32)
        edited = bool(run.parent_id) and i == run.at and (run.token is not None or bool(run.edit))
        token = run.token if edited and run.token is not None else order[i % 3]
        rank = order.index(token) if token in order else SHOWN
        share = float(weights[rank]) if rank < SHOWN else 0.0
        return StepRecord(
            token,
            run.edit if edited and run.edit else WORDS[token].decode(),
            Origin.EDIT if edited else Origin.SAMPLED,
            float(np.log(share or 1e-5)),
            share,
            rank,
            1.5,
            i,
            np.array(order, np.int32),
            np.log(weights),
            weights,
        )


class Engine(scripted.Engine):
    working_on = Playing

    def __init__(self) -> None:
        from generation.text.pieces import Pieces

        super().__init__()
        self.pieces = Pieces(WORDS)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelens_site.settings"
    scripted.serve_with_engine(Engine)
