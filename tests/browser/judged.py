"""Puts verdicts into a site's audit as an engine does: `python -m tests.browser.judged RUN [hostile]`; with
`withdrawn` one that took back what `tests.browser.playing` takes back."""

from __future__ import annotations

import os
import sys

import django

SCORES = [0.05, 0.1, 0.2, 0.15, 0.3, 0.92, 0.1, 0.05, 0.1, 0.2]
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(1)</script>"


def main(run: str, *how: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "safelens_site.settings")
    django.setup()
    from dataclasses import replace

    from guard.audit import verdicts
    from guard.models import PolicyVersion
    from tests.guard.audit import gated

    name = HOSTILE if "hostile" in how else "Safe"
    version = PolicyVersion.objects.filter(policy__name=name).first() or gated.published(name)
    judged = gated.run([version], SCORES, run)
    if "withdrawn" in how:
        from guard.audit.tape import Fate, Seen
        from tests.browser.playing import SEEN_UNTIL, WITHDRAWN

        first, last = WITHDRAWN
        tokens = [
            Seen(f" taken{i}", Fate.RETRACTED if first <= i <= last else Fate.RELEASED)
            for i in range(SEEN_UNTIL)
        ]
        judged = [replace(judged[-1], tokens=tokens, step=SEEN_UNTIL)]
    if "hostile" in how:
        strange = [HOSTILE, "\u202egnp.exe", " z" + "\u0301" * 500, "w" * 400, "\n\n", "灯台", "مرحبا"]
        judged = [
            replace(
                one,
                guard=HOSTILE,
                model=HOSTILE,
                detail=HOSTILE,
                tokens=[
                    replace(token, text=strange[place % len(strange)], scores={HOSTILE: 0.5})
                    for place, token in enumerate(one.tokens)
                ],
            )
            for one in judged
        ]
    verdicts.record(judged)


if __name__ == "__main__":
    main(*sys.argv[1:])
