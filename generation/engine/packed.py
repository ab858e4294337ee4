"""All runs' new tokens as one input: one pass over the weights for everybody."""

from __future__ import annotations

from collections.abc import Sequence as Many

import torch

from generation.engine.attention import Chunk, Group, Layout, PackedAttention
from generation.engine.forward import Heads, Row, Span
from generation.engine.layers import Layers
from generation.engine.memory import memory_errors
from generation.engine.shelves import FIRST_CAPACITY, Shelf, Shelves, StoredRow
from generation.engine.steering import Steered, Steering
from generation.engine.taps import Taps

_PADDING = 16  # deterministic mode: matrix kernels are chosen by the number of lines


class PackedForward:
    """Serves models whose attention goes through the registered function; `check.py` decides which.

    `deterministic`: each run is attended to on its own and the input is padded to multiples of 16, so
    that a run's bits don't depend on who else is in the batch.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        attention: PackedAttention,
        shelves: Shelves,
        *,
        vocabulary: int,
        max_positions: int,
        deterministic: bool = False,
    ) -> None:
        self.model, self._attention, self._shelves = model, attention, shelves
        self.vocabulary, self.max_positions = vocabulary, max_positions
        self.token_bytes = shelves.token_bytes
        self.device = next(model.parameters()).device
        self._deterministic = deterministic
        self._layers = Layers(model)
        self._taps, self._steering = Taps(self._layers), Steering(self._layers)

    def limit_rows(self, tokens: int, runs: int) -> None:
        """For so many tokens in so many runs. Rows grow by doubling, so they may take twice as much."""
        self._shelves.limit = (2 * tokens + runs * FIRST_CAPACITY) * self.token_bytes

    def open(self) -> Row:
        return StoredRow()

    def fork(self, row: Row, length: int) -> tuple[Row, int]:
        with memory_errors():
            return self._shelves.fork(_stored(row), length), length

    def park(self, row: Row, length: int) -> int:
        with memory_errors():
            return self._shelves.park(_stored(row), length)

    def close(self, row: Row, *, wipe: bool = False) -> None:
        self._shelves.release(_stored(row), wipe=wipe)

    def watch(self, layers: frozenset[int]) -> None:
        self._taps.watch(layers)

    def check(self, layer: int) -> None:
        self._layers.index(layer)

    @torch.inference_mode()
    def run(self, spans: Many[Span]) -> Heads:
        with memory_errors():
            for span in spans:
                self._shelves.reserve(_stored(span.row), span.start + len(span.tokens))
            order, layout = self._lay_out(spans)
            ids = [token for span in order for token in span.tokens]
            positions = [place for span in order for place in _places(span)]
            padding = layout.total - len(ids)
            kept = _kept(order, spans)
            wanted = self._padded(self._tensor(kept))
            self._attention.layout = layout
            try:
                with self._steering.over(_steered(order, kept)):
                    out = self.model(
                        input_ids=self._tensor(ids + [0] * padding)[None],
                        position_ids=self._tensor(positions + [0] * padding)[None],
                        use_cache=False,
                        logits_to_keep=wanted,
                    )
            finally:
                self._attention.layout = None
        for span in spans:
            row = _stored(span.row)
            row.length = span.start + len(span.tokens)
        hidden = self._taps.take(wanted)
        count = len(kept)
        return Heads(out.logits[0, :count], {layer: states[:count] for layer, states in hidden.items()})

    def _padded(self, wanted: torch.Tensor) -> torch.Tensor:
        """The output head's input too has a multiple of 16 lines in deterministic mode."""
        missing = -len(wanted) % _PADDING if self._deterministic else int(len(wanted) == 0)
        return torch.cat([wanted, wanted.new_zeros(missing)]) if missing else wanted

    def _tensor(self, numbers: list[int]) -> torch.Tensor:
        tensor = torch.tensor(numbers, dtype=torch.long)
        if self.device.type == "cpu":
            return tensor
        return tensor.pin_memory().to(self.device, non_blocking=True)

    def _lay_out(self, spans: Many[Span]) -> tuple[list[Span], Layout]:
        """Single tokens first, shelf by shelf in the order of their slots; then the longer spans."""
        singles = [span for span in spans if len(span.tokens) == 1]
        longer = [span for span in spans if len(span.tokens) > 1]
        singles.sort(key=lambda span: (_shelf(span).capacity, _stored(span.row).slot))
        chunks: list[Chunk] = []
        groups: list[Group] = []
        at = 0
        if self._deterministic:
            longer = singles + longer
        else:
            while at < len(singles):
                shelf = _shelf(singles[at])
                same = [span for span in singles[at:] if _shelf(span) is shelf]
                groups.append(self._group(shelf, same, at))
                at += len(same)
        for span in longer:
            chunks.append(Chunk(_shelf(span), _stored(span.row).slot, at, len(span.tokens), span.start))
            at += len(span.tokens)
        order = longer if self._deterministic else singles + longer
        total = at + (-at % _PADDING if self._deterministic else 0)
        reach = max(span.start + len(span.tokens) for span in spans)
        return order, Layout(chunks, groups, self._writes(order, at == total), total, reach)

    def _group(self, shelf: Shelf, spans: list[Span], first: int) -> Group:
        slots = [_stored(span.row).slot for span in spans]
        low, high = slots[0], slots[-1] + 1
        lengths = [1] * (high - low)  # a slot that is nobody's looks at one place: no line is empty
        for slot, span in zip(slots, spans, strict=True):
            lengths[slot - low] = span.start + 1
        gaps = None if high - low == len(slots) else self._tensor([slot - low for slot in slots])
        return Group(shelf, low, high, first, len(spans), max(lengths), gaps, self._tensor(lengths))

    def _writes(
        self, order: list[Span], whole: bool
    ) -> list[tuple[Shelf, torch.Tensor, torch.Tensor | None]]:
        by_shelf: dict[int, tuple[Shelf, list[int], list[int]]] = {}
        token = 0
        for span in order:
            shelf, row = _shelf(span), _stored(span.row)
            _, places, tokens = by_shelf.setdefault(shelf.capacity, (shelf, [], []))
            first = row.slot * shelf.capacity + span.start
            places.extend(range(first, first + len(span.tokens)))
            tokens.extend(range(token, token + len(span.tokens)))
            token += len(span.tokens)
        alone = whole and len(by_shelf) == 1
        return [
            (shelf, self._tensor(places), None if alone else self._tensor(tokens))
            for shelf, places, tokens in by_shelf.values()
        ]


def _places(span: Span) -> range:
    return range(span.start, span.start + len(span.tokens))


def _steered(order: list[Span], kept: list[int]) -> list[Steered]:
    """What is added in this pass; `kept`: the places that the output head is given."""
    found: list[Steered] = []
    at = 0
    for span in order:
        for position, pushed in span.pushes.items():
            place = at + position - span.start
            found.append(Steered(pushed, place, kept.index(place) if place in kept else None))
        at += len(span.tokens)
    return found


def _kept(order: list[Span], spans: Many[Span]) -> list[int]:
    """Where in the packed input the wanted lines stand, in the order of the spans as they were given."""
    ends, at = {}, 0
    for span in order:
        at += len(span.tokens)
        ends[id(span)] = at
    return [place for span in spans for place in range(ends[id(span)] - span.wanted, ends[id(span)])]


def _stored(row: Row) -> StoredRow:
    assert isinstance(row, StoredRow)
    return row


def _shelf(span: Span) -> Shelf:
    shelf = _stored(span.row).shelf
    assert shelf is not None
    return shelf
