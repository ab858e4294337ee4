"""What can go wrong with a question to a server, by what is done about it. `str()` is for the log."""

from __future__ import annotations


class Failure(Exception):
    """Of one question. Asking again changes nothing on the server, so that is always safe."""


class Away(Failure):
    """Nobody answers, or the server says that it can't just now: the run waits."""


class Broken(Failure):
    """No usable answer, or none in time: asked again a few times, then the run fails."""


class Refused(Failure):
    """The server won't: asking again would be in vain."""


class NotFinite(Failure):
    """The model computed what is no number."""
