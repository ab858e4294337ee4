from __future__ import annotations

import pytest
import torch

from generation.engine.forward import OutOfMemory
from generation.engine.shelves import FIRST_CAPACITY, LayerShape, Shelves, StoredRow

SHAPES = [LayerShape(2, 4, 6), LayerShape(1, 8, 8)]


def shelves(limit: int | None = None) -> Shelves:
    return Shelves(SHAPES, torch.float32, torch.device("cpu"), limit)


def filled(store: Shelves, length: int) -> StoredRow:
    row = StoredRow()
    store.reserve(row, length)
    assert row.shelf is not None
    for layer, (keys, values) in enumerate(zip(row.shelf.keys, row.shelf.values, strict=True)):
        keys[row.slot, :length] = torch.arange(length, dtype=torch.float32)[:, None, None] + layer
        values[row.slot, :length] = -torch.arange(length, dtype=torch.float32)[:, None, None] - layer
    row.length = length
    return row


def holds(row: StoredRow, length: int) -> bool:
    assert row.shelf is not None
    wanted = torch.arange(length, dtype=torch.float32)[:, None, None]
    return all(
        bool((keys[row.slot, :length] == wanted + layer).all())
        and bool((values[row.slot, :length] == -wanted - layer).all())
        for layer, (keys, values) in enumerate(zip(row.shelf.keys, row.shelf.values, strict=True))
    )


def test_a_token_takes_what_its_layers_take() -> None:
    assert shelves().token_bytes == 4 * (2 * (4 + 6) + 1 * (8 + 8))


def test_what_is_written_moves_along_when_a_row_outgrows_its_shelf() -> None:
    store = shelves()
    row = filled(store, FIRST_CAPACITY)
    store.reserve(row, FIRST_CAPACITY + 1)
    assert row.shelf is not None
    assert row.shelf.capacity == 2 * FIRST_CAPACITY
    assert holds(row, FIRST_CAPACITY)


def test_a_fork_and_a_fork_of_a_parked_row_hold_the_same_prefix() -> None:
    store = shelves()
    row = filled(store, 40)
    assert holds(store.fork(row, 30), 30)
    assert store.park(row, 35) == 35 * store.token_bytes
    assert row.shelf is None
    assert holds(store.fork(row, 20), 20)


def test_more_rows_than_a_shelf_has_slots_widen_it_and_move_nothing() -> None:
    store = shelves()
    rows = [filled(store, 10 + number) for number in range(40)]
    assert all(holds(row, 10 + number) for number, row in enumerate(rows))
    assert len({row.slot for row in rows}) == 40


def test_a_freed_slot_is_taken_again_and_only_touched_slots_count() -> None:
    store = shelves()
    rows = [filled(store, 5) for _ in range(3)]
    size = store.size
    assert size == 3 * FIRST_CAPACITY * store.token_bytes
    store.release(rows[1])
    filled(store, 5)
    assert store.size == size


def test_the_limit_frees_empty_shelves_before_it_refuses() -> None:
    store = shelves(limit=4 * FIRST_CAPACITY * shelves().token_bytes)
    small = filled(store, 5)
    store.reserve(small, 2 * FIRST_CAPACITY)  # now the first shelf is empty, and both count
    assert store.size == 3 * FIRST_CAPACITY * store.token_bytes
    row = filled(store, 2 * FIRST_CAPACITY)
    assert store.size == 4 * FIRST_CAPACITY * store.token_bytes
    with pytest.raises(OutOfMemory):
        filled(store, 5)
    store.release(row)
    assert holds(small, 5)


def test_a_wiped_slot_holds_zeros() -> None:
    store = shelves()
    row = filled(store, 9)
    shelf, slot = row.shelf, row.slot
    assert shelf is not None
    shelf.keys[0][slot, 3] = torch.nan
    store.release(row, wipe=True)
    assert not shelf.keys[0][slot].any()
    assert not shelf.values[1][slot].any()
