"""Runs an engine to its end and keeps what it said, with the text that stood before each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from generation.engine import Action, Control, Engine, Request, Step

Logits = Callable[[list[int]], npt.NDArray[np.float64]]  # a text's, [its length, vocabulary]


@dataclass(slots=True)
class Recorder:
    """A control that keeps the text as the steps tell it, then does what `then` says."""

    context: tuple[int, ...]
    then: Control | None = None
    text: list[int] = field(init=False)
    steps: list[Step] = field(default_factory=list)
    before: list[list[int]] = field(default_factory=list)  # the whole text before each step's token

    def __post_init__(self) -> None:
        self.text = list(self.context)

    def __call__(self, step: Step) -> Action | tuple[Action, ...] | None:
        assert len(self.context) <= step.position <= len(self.text), "a gap in the positions"
        del self.text[step.position :]
        self.steps.append(step)
        self.before.append(list(self.text))
        if step.end is None:
            self.text.append(step.token)
        return None if self.then is None else self.then(step)


def start(engine: Engine, request: Request, then: Control | None = None) -> Recorder:
    recorder = Recorder(request.context, then)
    engine.submit(request, recorder)
    return recorder


def finish(engine: Engine, most: int = 3000) -> list[Step]:
    """All steps until the engine is idle; a run that never ends is an error."""
    out: list[Step] = []
    for _ in range(most):
        if engine.pause is None:
            return out
        out += engine.steps()
    raise AssertionError("The engine doesn't come to an end.")


def of(run: str, steps: Iterable[Step]) -> list[Step]:
    return [step for step in steps if step.id == run]


def tokens(steps: Iterable[Step], run: str | None = None) -> list[int]:
    return [step.token for step in steps if step.end is None and run in (None, step.id)]


def log_softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    wide = logits.astype(np.float64)
    wide = wide - wide.max(-1, keepdims=True)
    return np.asarray(wide - np.log(np.exp(wide).sum(-1, keepdims=True)))


class Plain:
    """What the model itself says after a text. A text that begins another's costs nothing more.

    `told`: of how many of the best tokens the engine hears; None: of all.
    """

    def __init__(self, logits: Logits, told: int | None = None) -> None:
        self.told = told
        self._logits = logits
        self._known: list[tuple[list[int], npt.NDArray[np.float64]]] = []

    def after(self, text: list[int]) -> npt.NDArray[np.float64]:
        """Log-probabilities of what comes next."""
        for known, answer in self._known:
            if known[: len(text)] == text:
                return np.asarray(answer[len(text) - 1])
        answer = log_softmax(self._logits(text))
        self._known.append((list(text), answer))
        return np.asarray(answer[-1])


def most_bits(logprobs: npt.NDArray[np.float64], told: int | None = None) -> float:
    """The entropy; or the highest that those can have of whom only so many are known."""
    p = np.sort(np.exp(logprobs))[::-1].copy()
    if told is not None and told < len(p):
        p[told:] = p[told:].mean()
    return float(-(p * np.log2(p)).sum())


def worst_difference(recorder: Recorder, plain: Plain) -> float:
    """Largest difference of any log-probability that the steps told from the model's own."""
    worst = 0.0
    told = [(s, text) for s, text in zip(recorder.steps, recorder.before, strict=True) if s.end is None]
    for step, text in sorted(told, key=lambda item: -len(item[1])):
        own = plain.after(text)
        best = np.sort(own)[::-1][: len(step.top_ids)]
        worst = max(
            worst,
            abs(step.logprob - own[step.token]),
            float(np.abs(step.top_logprobs - own[step.top_ids]).max()),
            float(np.abs(step.top_logprobs - best).max()),
        )
        bits = most_bits(own, plain.told)
        assert abs(step.entropy - bits) < 1e-3, "the entropy is another distribution's"
    return worst
