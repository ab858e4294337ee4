"""How far a model is while it is being loaded: the stage, and what share of it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from typing import Any

from tqdm.auto import tqdm  # type: ignore[import-untyped]
from transformers.utils import logging as transformers_logging

FETCHING = "fetching"  # from the hub: bytes
LOADING = "loading"  # into memory: tensors
CHECKING = "checking"  # against its own numbers, and laid out for serving: nobody knows how long

Told = Callable[[str, float | None], None]
"""Stage and share, from 0 to 1; None where there is no measure."""


def untold(stage: str, share: float | None = None) -> None:
    pass


@contextmanager
def weights_told(told: Told) -> Iterator[None]:
    """Tells of Transformers' own loop over the tensors that it puts into the model."""

    def hook(factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        bar = factory(*args, **kwargs)
        items = args[0] if args else kwargs.get("iterable")
        return _Loop(bar, len(items), told) if isinstance(items, Sized) else bar

    before = transformers_logging.set_tqdm_hook(hook)
    try:
        yield
    finally:
        transformers_logging.set_tqdm_hook(before)


class _Loop:
    """A progress bar that tells of each round."""

    def __init__(self, bar: Any, total: int, told: Told) -> None:
        self._bar, self._total, self._told = bar, total, told

    def __iter__(self) -> Iterator[Any]:
        for done, item in enumerate(self._bar):
            self._told(LOADING, done / self._total)
            yield item
        self._told(LOADING, 1.0)

    def __enter__(self) -> _Loop:
        return self

    def __exit__(self, *problem: object) -> None:
        self._bar.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bar, name)


class _Nowhere:
    def write(self, text: str) -> None:
        pass

    def flush(self) -> None:
        pass


def bytes_told(told: Told) -> type[Any]:
    """A progress bar for the hub's downloads that shows nothing, and tells how many of the bytes that are
    known to come are here."""

    class Bar(tqdm):  # type: ignore[misc]  # it has no types
        monitor_interval = 0  # no thread of its own

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "file": _Nowhere(), "disable": False})

        def update(self, n: float | None = 1) -> Any:
            shown = super().update(n)
            if self.unit == "B" and self.total:
                told(FETCHING, min(1.0, self.n / self.total))
            return shown

    return Bar
