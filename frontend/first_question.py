"""The question that a visitor clicked on the first page: the lens asks it as soon as they are in.

It is kept in their session, put there by a form of this site's own: an address alone can fill in a question,
and never sends one.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

KEPT: Final = "first_question"
LONGEST: Final = 10_000  # characters, as the socket takes them


def keep(request: HttpRequest, prompt: str) -> None:
    if prompt := prompt[:LONGEST].strip():
        request.session[KEPT] = prompt


def take(request: HttpRequest) -> str:
    """Once: a page that is loaded again doesn't ask again. Empty where there is none."""
    if request.method != "GET" or KEPT not in request.session:
        return ""
    return str(request.session.pop(KEPT))
