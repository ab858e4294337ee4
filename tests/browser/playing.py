"""`manage.py serve` with an engine that plays a script: `python -m tests.browser.playing serve`.

With `engine` it is that engine alone, for a site of the production form.

It writes a few plain words in an order that its seed gives. Two ids write " cat", as vocabularies do. What is
in the prompt makes it do more: `hostile` writes all that a page must survive, `bytes` characters of several
tokens; `guarded` has scores that climb until a guard puts words in, `withdrawn` takes some back. A prefix is
written first, a word a token.
"""

from __future__ import annotations

import os
import random
import re
import sys
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
BYTES = [b" \xe2\x80", b"\xa6", b"\xf0\x9f", b"\x99", b"\x82", b" fine"]
WRITTEN = ["", " \u2026", "", "", "\U0001f642", " fine"]
NUDGE = ["\n\nWait,", " I", " should", " think", " again", "."]
WORDS = [word.encode() for word in PLAIN + HOSTILE + NUDGE] + BYTES
FIRST_NUDGE, FIRST_BYTE = len(PLAIN + HOSTILE), len(PLAIN + HOSTILE + NUDGE)
SHOWN = 10  # alternatives
NUDGED = 12  # the step at which a guarded answer's guard puts its words in
CLIMB = [0.02, 0.03, 0.05, 0.04, 0.08, 0.15, 0.12, 0.22, 0.3, 0.41, 0.48, 0.57]
TAU = 0.5
WITHDRAWN, SEEN_UNTIL = (18, 22), 30


class Playing(scripted.Working):
    withdrew = False

    def asked(self, word: str) -> bool:
        return word in self.run.turn.text

    @property
    def written(self) -> list[str]:
        """The prefix, a word a token."""
        return [word for word in re.split(r"(?= )", self.run.settings["prefix"]) if word]

    def record(self, i: int) -> Any:
        import numpy as np

        from generation.chunks import StepRecord
        from generation.protocol import Origin

        run = self.run
        order = self.order(i)
        weights = np.array([0.5**n for n in range(1, SHOWN + 1)], np.float32)
        edited = bool(run.parent_id) and i == run.at and (run.token is not None or bool(run.edit))
        token, origin = order[i % 3], Origin.SAMPLED
        text = WORDS[token].decode() if token < FIRST_BYTE else ""
        if edited:
            token, origin = run.token if run.token is not None else token, Origin.EDIT
            text = run.edit or WORDS[token].decode(errors="ignore")
        elif i < len(self.written):
            text, origin = self.written[i], Origin.PREFIX
        elif self.asked("bytes"):
            token, text = FIRST_BYTE + i % len(BYTES), WRITTEN[i % len(BYTES)]
            order = [token, *order][:SHOWN]
        elif self.nudged(i):
            token, text, origin = FIRST_NUDGE + i - NUDGED, NUDGE[i - NUDGED], Origin.NUDGE
        rank = order.index(token) if token in order else SHOWN
        share = float(weights[rank]) if rank < SHOWN else 0.0
        return StepRecord(
            token,
            text,
            origin,
            float(np.log(share or 1e-5)),
            share,
            rank,
            1.5,
            i,
            np.array(order, np.int32),
            np.log(weights),
            weights,
            self.scores(i),
        )

    def order(self, i: int) -> list[int]:
        hostile = self.asked("hostile")
        ids = list(range(len(PLAIN), len(PLAIN + HOSTILE)) if hostile else range(len(PLAIN)))
        if hostile:
            return [ids[(i + n) % len(ids)] for n in range(SHOWN)]
        order = random.Random(f"{self.seed} {i}").sample(ids, SHOWN)
        if CAT not in order or OTHER_CAT not in order:
            order = [CAT, OTHER_CAT, *(one for one in order if one not in (CAT, OTHER_CAT))][:SHOWN]
        return order

    def nudged(self, i: int) -> bool:
        alone = not self.run.parent_id
        return self.asked("guarded") and alone and NUDGED <= i < NUDGED + len(NUDGE)

    def scores(self, i: int) -> dict[str, float]:
        if not self.asked("guarded") or self.nudged(i):
            return {}
        return {"probe": CLIMB[i] if i < len(CLIMB) else 0.04}


class Engine(scripted.Engine):
    working_on = Playing

    def __init__(self) -> None:
        from generation.text.pieces import Pieces

        super().__init__()
        self.pieces = Pieces(WORDS)

    def tell(self, one: scripted.Working, count: int) -> None:
        from generation.protocol import Nudge, Retract

        assert isinstance(one, Playing)
        if one.nudged(NUDGED) and one.at <= NUDGED < one.at + count:
            text = "".join(NUDGE)
            told = Nudge(
                run=one.run.id, at=NUDGED, guard="probe", score=0.57, tau=TAU, text=text, steps=len(NUDGE)
            )
            self.recorder.event(told)
        if one.asked("withdrawn") and one.at > SEEN_UNTIL and not one.withdrew:
            one.withdrew = True
            first, last = WITHDRAWN
            self.recorder.event(
                Retract(run=one.run.id, first=first, last=last, reason="The guard took it back.")
            )


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelens_site.settings"
    {"serve": scripted.serve_with_engine, "engine": scripted.engine_beside}[sys.argv[1]](Engine)
