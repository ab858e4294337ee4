"""How answers are built of sentences: one of several, maybe one more, some pieces of advice."""

from __future__ import annotations

from collections.abc import Sequence

from .grammar import Choice, Node, Row, Subset, Text, pattern


def say(*patterns: str) -> Node:
    """One of these sentences."""
    return Choice(tuple(pattern(p) for p in patterns))


def then(*patterns: str) -> Node:
    """A space and one of these sentences."""
    return say(*(f" {p}" for p in patterns))


def maybe(*patterns: str) -> Node:
    """As `then`, or nothing at all (one time in two)."""
    return Choice((Text(""), then(*patterns)))


ADVICE = (
    "[Also, |Besides, |My tip: |If you ask me, |And |One more thing: |By the way, |In my view, |Remember: |"
    "A small tip: |I would add: |Don't forget: |What is more, |My advice: |Another idea: |One more tip: |"
    "Keep in mind: |Let me add: |Apart from that, |All the same, ]"
)
"""How a piece of advice may begin."""
FACTS = (
    "[By the way, |Also, |Besides, |And |What is more, |I also know that |As you may know, |Moreover, |"
    "One more fact: |Perhaps you know that |I would add that |You may like to know that ]"
)
"""How a further fact may begin."""


def some(least: int, most: int, *patterns: str, begin: str = ADVICE) -> Node:
    """From `least` to `most` of these sentences, in their order, each after a space.

    Every other one begins with one of the words in `begin`, unless that is empty.
    """
    sentences = [pattern(f" {sentence}") for sentence in patterns]
    if begin:
        begun = [pattern(f" {begin}{lowered(sentence)}") for sentence in patterns]
        return Subset(tuple(Choice(both) for both in zip(sentences, begun, strict=True)), least, most)
    return Subset(tuple(sentences), least, most)


def lowered(source: str) -> str:
    """The pattern with a small first letter, in every alternative that it may begin with."""
    if source.startswith("["):
        depth, start, alternatives = 0, 1, []
        for at, sign in enumerate(source):
            depth += (sign == "[") - (sign == "]")
            if (sign == "|" and depth == 1) or depth == 0:
                alternatives.append(lowered(source[start:at]))
                start = at + 1
            if depth == 0:
                return f"[{'|'.join(alternatives)}]{source[at + 1 :]}"
    if source.startswith("{"):
        return source[0] + source[1:2].lower() + source[2:]
    return source if source.startswith("I ") else source[:1].lower() + source[1:]


def frame(*parts: Node) -> Node:
    """A whole answer: its parts in order."""
    return Row(tuple(parts))


_WILLING = pattern(
    "[[Good|A good|A fair|Nice] question|[Happy|Glad] to help|I can help[ with that| you there|]|Let me see|"
    "Gladly|With pleasure|Yes, of course|Of course|That is easy to answer|I know a little about that|Right]"
    "[.|!] "
)


def lead(what: str) -> Node:
    """One time in four: friendly words and `what`. One time in four: a word on the question. Then a space."""
    words = pattern(
        "[Sure, here is|Sure, here's|Sure! Here is|Of course, here is|Here is|Gladly, here is|"
        f"With pleasure, here is] {what} "
    )
    return Choice((Text(""), Text(""), words, _WILLING))


def listing(words: Sequence[str]) -> str:
    """A choice of these words, as a pattern."""
    return f"[{'|'.join(words)}]"
