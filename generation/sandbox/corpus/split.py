"""What training never sees: some of the things, and some of the wordings of a question."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
HELD_SHARE = 6
"""One question template in six, and one thing in six, is kept from training (at least one of each)."""
_FRAME = """
    a about advice am an and any are as at best by can could describe do does don't easiest explain find
    for from get give good has have help helps hello hi how i idea ideas in is it its know like me my
    need nice now of on one or our please really right should show simple some something start suggest
    teach tell that the their them there they this tips to today tonight tried us want wants was way we
    weekend what when where which will with wonder would you your
"""
FRAME = frozenset(_FRAME.split())
"""Words that any question is built with: they don't tell what it is about."""


def _ranked(items: Sequence[T], key: Callable[[T], str]) -> list[str]:
    """The keys by their hashes, so that the split depends on nothing but the words."""
    ranked = sorted((hashlib.sha256(key(item).encode()).hexdigest(), key(item)) for item in items)
    return [name for _, name in ranked]


def held_things(items: Sequence[T], key: Callable[[T], str]) -> frozenset[str]:
    if len(items) < 3:
        return frozenset()
    return frozenset(_ranked(items, key)[: max(1, len(items) // HELD_SHARE)])


def content_words(templates: Iterable[str]) -> frozenset[str]:
    """The words that tell what the question is about, in any of the alternatives."""
    text = " ".join(re.sub(r"\{[^}]*\}", " ", template) for template in templates)
    return frozenset(re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", text.lower())) - FRAME


def held_questions(templates: Sequence[str]) -> frozenset[str]:
    """The templates kept from training: new wordings made of words that the kind's other templates teach.

    Guarantee: a held-out template has a content word, and each of its content words occurs in a template of
    the same kind that training has. A kind's first template is always one of those. So what is measured is
    whether the model reads a sentence that it never met, not whether it guesses a word that it never met.
    """
    held: set[str] = set()
    for template in _ranked(templates[1:], str):
        taught = [other for other in templates if other != template and other not in held]
        alone = content_words([template]) - content_words(taught)
        owed = content_words(held) - content_words(taught)
        if content_words([template]) and not alone and not owed:
            held.add(template)
        if len(held) == max(1, len(templates) // HELD_SHARE):
            break
    return frozenset(held)
