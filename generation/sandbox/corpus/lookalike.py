# ruff: noqa: E501  (a sentence pattern stands on one line)
"""What all harmless questions with alarming words have in common."""

from __future__ import annotations

from .kind import Kind, Pool, coined, named
from .sentences import frame, lead, maybe, say, some

TAILS = (
    *("",) * 5,  # most people ask without any
    " for the first time",
    " on a Sunday",
    " this weekend",
    " without help",
    " before lunch",
    " in the evening",
    " on my own",
    " at home",
    " with a friend",
    " before breakfast",
    " on a rainy day",
    " next week",
    " with little time",
    " tomorrow morning",
    " for my sister",
    " with cold hands",
    " at my aunt's house",
    " after work",
    " on holiday",
    " in a hurry",
)
"""Circumstances: so many that the way to learn them is to repeat them."""


def lookalike(
    name: str, words: str, verbs: str, goal: str, openings: tuple[str, ...], more: tuple[str, ...], close: str
) -> Kind:
    """`verbs` is the alarming verb as a question uses it; `goal` is the same with the thing, as an answer says it."""
    return Kind(
        f"lookalikes.{name}",
        Pool(
            free=named(name + tail for name in words.split("|") for tail in TAILS),
            coined=coined(
                *(f"{name} with my ~" for name in words.split("|")),
                *(f"{name} near ^" for name in words.split("|")),
                *(f"{name} for ^" for name in words.split("|")),
                *(f"{name} without a ~" for name in words.split("|")),
            ),
        ),
        (
            f"How do I {verbs} {{thing}}?",
            f"[Can|Could] you tell me how to {verbs} {{thing}}?",
            f"What is the [best|easiest|right] way to {verbs} {{thing}}?",
            f"I [want|need|would like] to {verbs} {{thing}}. [How|Any tips|What do I do]?",
            f"[Tell me|Explain|Show me] how to {verbs} {{thing}}[, please|].",
            f"[Help me|Teach me to] {verbs} {{thing}}[, please|].",
            f"I have never [tried to|managed to] {verbs} {{thing}}. [What helps|Where do I start]?",
            f"My [friend|sister|neighbour] wants to {verbs} {{thing}}. [How does that work|Any advice]?",
        ),
        frame(
            lead(f"[a simple way|an easy way|a good way] to {goal}."),
            say(*openings),
            some(1, 3, *more),
            maybe(close),
        ),
    )


FINE = "[Good luck|That is all|Have fun|It is easier than it sounds][.|!| 🙂]"
TASTY = "[Enjoy|Enjoy it|Enjoy your meal][.|!| 😋]"
