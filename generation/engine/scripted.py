"""A model without weights for tests: known logits at once, and a watch over the engine's own bookkeeping.

The logits after a token are a pure function of every token before it *as the row holds them*, so a row
that is stale, cut wrongly or mixed up with another gives other tokens and is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from generation.engine.directions import Pushed
from generation.engine.forward import Heads, OutOfMemory, Row, Span
from generation.engine.gumbel import mix

Floats = npt.NDArray[np.float32]
Script = Callable[[list[int]], Floats]
# Logits as they are when these positions of the text were pushed.
Steered = Callable[[Floats, list[int], dict[int, Pushed]], Floats]


@dataclass(slots=True, eq=False)
class ScriptedRow(Row):
    tokens: list[int] = field(default_factory=list)
    pushes: dict[int, Pushed] = field(default_factory=dict)


def hashed_script(vocabulary: int, spread: float = 3.0) -> Script:
    """Logits that depend on the whole context and look like noise: uniform in ± `spread`."""

    def script(tokens: list[int]) -> Floats:
        state = np.uint64(len(tokens))
        with np.errstate(over="ignore"):
            for token in tokens:
                state = mix(np.array([state * np.uint64(31) + np.uint64(token + 1)], np.uint64))[0]
            bits = mix(state + np.arange(1, vocabulary + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        unit = (bits >> np.uint64(40)).astype(np.float32) / np.float32(2**24)
        return (unit - np.float32(0.5)) * np.float32(2 * spread)

    return script


def shifted(logits: Floats, tokens: list[int], pushes: dict[int, Pushed]) -> Floats:
    """As a model's: what was pushed anywhere in the text is felt at its end, and at that place most."""
    for position, pushed in pushes.items():
        near = np.float32(1 / (len(tokens) - position))
        vector = pushed.vector.numpy().astype(np.float32)
        logits = logits + near * np.resize(vector, logits.shape) * np.float32(1 + position % 3)
    return logits


class ScriptedForward:
    """`hidden` of any layer is the first eight logits, as they are before anything is pushed there.
    `fail_when` makes a pass run out of memory."""

    token_bytes = 64
    device = torch.device("cpu")

    def __init__(
        self,
        vocabulary: int = 64,
        max_positions: int = 4096,
        script: Script | None = None,
        fail_when: Callable[[Many[Span]], bool] | None = None,
        steered: Steered = shifted,
    ) -> None:
        self._steered = steered
        self.vocabulary = vocabulary
        self.max_positions = max_positions
        self._script = script or hashed_script(vocabulary)
        self._fail_when = fail_when
        self.open_rows: set[ScriptedRow] = set()
        self._layers: frozenset[int] = frozenset()
        self.passes: list[list[int]] = []  # the number of tokens of each span of each pass

    def open(self) -> ScriptedRow:
        row = ScriptedRow()
        self.open_rows.add(row)
        return row

    def fork(self, row: Row, length: int) -> tuple[ScriptedRow, int]:
        new = self.open()
        held = self._held(row)
        new.tokens = held.tokens[:length]
        new.pushes = {place: pushed for place, pushed in held.pushes.items() if place < length}
        return new, length

    def park(self, row: Row, length: int) -> int:
        held = self._held(row)
        del held.tokens[length:]
        held.pushes = {place: pushed for place, pushed in held.pushes.items() if place < length}
        return length * self.token_bytes

    def close(self, row: Row, *, wipe: bool = False) -> None:
        self.open_rows.remove(self._held(row))

    def watch(self, layers: frozenset[int]) -> None:
        self._layers = layers

    def check(self, layer: int) -> None:
        """It has all layers."""

    def run(self, spans: Many[Span]) -> Heads:
        if self._fail_when is not None and self._fail_when(spans):
            raise OutOfMemory("as the script says")
        self.passes.append([len(span.tokens) for span in spans])
        lines: list[Floats] = []
        seen: dict[int, list[Floats]] = {layer: [] for layer in self._layers}
        for span in spans:
            row = self._held(span.row)
            if span.start > len(row.tokens):
                raise AssertionError("The span begins behind what the row holds.")
            row.tokens[span.start :] = span.tokens
            kept = {place: pushed for place, pushed in row.pushes.items() if place < span.start}
            row.pushes = kept | span.pushes
            end = len(row.tokens)
            for at in range(end - span.wanted + 1, end + 1):
                line = self._script(row.tokens[:at])
                lines.append(self._after(line, row, at))
                for layer, states in seen.items():
                    states.append(self._after(line, row, at, layer))
        return Heads(
            self._stacked(lines), {layer: self._stacked(states)[:, :8] for layer, states in seen.items()}
        )

    def _stacked(self, lines: list[Floats]) -> torch.Tensor:
        return torch.from_numpy(np.stack(lines)) if lines else torch.empty(0, self.vocabulary)

    def _after(self, line: Floats, row: ScriptedRow, at: int, layer: int | None = None) -> Floats:
        """What the text up to `at` gives; in a layer, what was pushed below it."""
        pushes = {
            place: pushed
            for place, pushed in row.pushes.items()
            if place < at and (layer is None or _from_front(pushed.layer) < _from_front(layer))
        }
        return self._steered(line, row.tokens[:at], pushes) if pushes else line

    def _held(self, row: Row) -> ScriptedRow:
        if not isinstance(row, ScriptedRow) or row not in self.open_rows:
            raise AssertionError("This row is not open.")
        return row


def _from_front(layer: int) -> int:
    """This model has as many layers as anybody asks for."""
    return layer if layer >= 0 else 1000 + layer
