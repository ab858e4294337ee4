"""`manage.py serve` with an engine that fails and waits as it is told: `python -m tests.browser.troubles`.

A prompt with "unlucky" in it fails after three tokens. While there is a file `hold` in the data directory,
nothing that waits is begun.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests import scripted
from tests.browser import playing

HOLD = "hold"
SENTENCE = "The engine had no luck."


class Engine(playing.Engine):
    def claim(self) -> None:
        if not (Path(os.environ["SAFELENS_DATA"]) / HOLD).exists():
            super().claim()

    def step(self, one: scripted.Working, now: float) -> None:
        if "unlucky" in one.run.turn.text and one.at < one.run.at + 3:
            one.end = one.run.at + 3
        super().step(one, now)

    def finish(self, one: scripted.Working, reason: object) -> None:
        from generation.outcome import Outcome
        from generation.protocol import Reason

        if "unlucky" not in one.run.turn.text:
            super().finish(one, reason)
            return
        del self.working[one.run.id]
        text = "".join(one.record(i).text for i in range(one.run.at, one.at))
        self.recorder.finish(one.run.id, Outcome(Reason.FAILED, one.at, text, SENTENCE))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelens_site.settings"
    scripted.serve_with_engine(Engine)
