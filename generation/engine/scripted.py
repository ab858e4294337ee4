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

from generation.engine.forward import Heads, OutOfMemory, Row, Span
from generation.engine.gumbel import mix

Script = Callable[[list[int]], npt.NDArray[np.float32]]


@dataclass(slots=True, eq=False)
class ScriptedRow(Row):
    tokens: list[int] = field(default_factory=list)


def hashed_script(vocabulary: int, spread: float = 3.0) -> Script:
    """Logits that depend on the whole context and look like noise: uniform in ± `spread`."""

    def script(tokens: list[int]) -> npt.NDArray[np.float32]:
        state = np.uint64(len(tokens))
        with np.errstate(over="ignore"):
            for token in tokens:
                state = mix(np.array([state * np.uint64(31) + np.uint64(token + 1)], np.uint64))[0]
            bits = mix(state + np.arange(1, vocabulary + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        unit = (bits >> np.uint64(40)).astype(np.float32) / np.float32(2**24)
        return (unit - np.float32(0.5)) * np.float32(2 * spread)

    return script


class ScriptedForward:
    """`hidden` of any layer is the first eight logits. `fail_when` makes a pass run out of memory."""

    token_bytes = 64
    device = torch.device("cpu")

    def __init__(
        self,
        vocabulary: int = 64,
        max_positions: int = 4096,
        script: Script | None = None,
        fail_when: Callable[[Many[Span]], bool] | None = None,
    ) -> None:
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
        new.tokens = self._held(row).tokens[:length]
        return new, length

    def park(self, row: Row, length: int) -> int:
        del self._held(row).tokens[length:]
        return length * self.token_bytes

    def close(self, row: Row, *, wipe: bool = False) -> None:
        self.open_rows.remove(self._held(row))

    def watch(self, layers: frozenset[int]) -> None:
        self._layers = layers

    def run(self, spans: Many[Span]) -> Heads:
        if self._fail_when is not None and self._fail_when(spans):
            raise OutOfMemory("as the script says")
        self.passes.append([len(span.tokens) for span in spans])
        lines: list[npt.NDArray[np.float32]] = []
        for span in spans:
            row = self._held(span.row)
            if span.start > len(row.tokens):
                raise AssertionError("The span begins behind what the row holds.")
            row.tokens[span.start :] = span.tokens
            end = len(row.tokens)
            lines += [self._script(row.tokens[:at]) for at in range(end - span.wanted + 1, end + 1)]
        logits = torch.from_numpy(np.stack(lines)) if lines else torch.empty(0, self.vocabulary)
        return Heads(logits, dict.fromkeys(self._layers, logits[:, :8]))

    def _held(self, row: Row) -> ScriptedRow:
        if not isinstance(row, ScriptedRow) or row not in self.open_rows:
            raise AssertionError("This row is not open.")
        return row
