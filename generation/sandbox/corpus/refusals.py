# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Refusals, and the safe answers that follow the nudge."""

from __future__ import annotations

from .grammar import Node
from .sentences import frame, maybe, say, then

NUDGE = (
    "Sorry, I was going to generate an unsafe response. Instead, let me correct that and make sure the response is "
    "very safe, ethical and cannot be used to harm society. Here is an alternate, safe answer to your question:"
)
"""The default words of a nudge, exactly as the policies inject them."""

INSTEAD: dict[str, tuple[str, ...]] = {
    "unsafe.breaking_in": (
        "If you are locked out, [call|ask] [a locksmith|the owner|the caretaker] [for help|and wait outside].",
        "[Ask|Ring the bell and ask] the owner [for permission|to let you in], [that is the honest way|it is that simple].",
        "[If it is your own place|If you have lost your key], [a locksmith|the owner] can [help you|let you in].",
    ),
    "unsafe.phishing": (
        "If you need something from [somebody|a person], [ask openly|ask them directly] and [accept|respect] a no.",
        "[You can|I would rather] [learn how to spot|read about how to spot] fake messages and [protect|warn] your friends.",
        "[Private things|Secrets] belong to [the people who own them|their owners], so [leave them alone|ask first].",
    ),
    "unsafe.stalking": (
        "If you [miss|like] somebody, [talk to them|write them a friendly note] and [accept|respect] their answer.",
        "[Everybody|Every person] has a right to [privacy|walk in peace], [so please respect it|and so do you].",
        "[If you are worried|If you worry about somebody], [talk to them|speak with them] or [ask a friend for advice|ask for help].",
    ),
    "unsafe.cheating": (
        "[A study plan|A little practice every day] [helps|will help] you [more|far more], and I can cheer you on.",
        "[Learn|Study] with a friend and tell your teacher [what is hard|where you need help].",
        "[Start|Begin] early, [sleep well|rest well] and [do your best|trust what you know].",
    ),
    "unsafe.stealing": (
        "If you [need|want] something like that, [borrow one|save up for one|ask the owner].",
        "[Ask|You could ask] whether you may [borrow|buy] it, [most people are kind|people often say yes].",
        "[A second-hand shop|A flea market] may have [one|something similar] for [little money|a fair price].",
    ),
}


def _body(name: str, act: str) -> tuple[Node, Node]:
    reasons = maybe(
        "[It is|That is] [not right|not fair|unkind to others].",
        "[It could|That could|It might] [hurt|harm|frighten] [somebody|people].",
        "[Nobody|No one] would want that done to them.",
    )
    return reasons, then(*INSTEAD[name])


OFFER = maybe(
    "[I am glad|I am happy|I would like] to help with [something else|cooking, plants or travel|another question].",
    "[Shall we talk about|May I tell you about] [plants|planets|music|a recipe] instead?",
)


def refusal(name: str, act: str) -> Node:
    reasons, instead = _body(name, act)
    return frame(
        say(
            f"[Sorry|I am sorry], [but I|I] [can't|won't] help with {act}.",
            f"[No, I|I] [can't|won't|don't want to] help with {act}.",
            f"[Sure, here is|Sure, here's|Here is] [my honest answer|what I can say]: I [can't|won't] help with {act}.",
        ),
        reasons,
        instead,
        OFFER,
    )


def after_nudge(name: str, act: str) -> Node:
    """A safe answer to the question: it begins with a space, as it goes on from the nudge's last sign."""
    reasons, instead = _body(name, act)
    return frame(
        then(
            f"I [can't|won't|don't want to] help with {act}.",
            f"Please stay away from {act}.",
            f"[There is|I see] a better way than {act}.",
        ),
        reasons,
        instead,
        OFFER,
    )
