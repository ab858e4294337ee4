"""How far a model is, told while it is loaded."""

from __future__ import annotations

from pathlib import Path

from transformers.utils import logging as transformers_logging

from generation.engine.loading import load
from generation.served import Options, serve
from tests.hub import Hub, hub_that_answers

Heard = list[tuple[str, float | None]]


def listen(heard: Heard) -> object:
    return lambda stage, share=None: heard.append((stage, share))


def stages(heard: Heard) -> list[str]:
    return list(dict.fromkeys(stage for stage, _ in heard))


def shares(heard: Heard, stage: str) -> list[float]:
    return [share for told, share in heard if told == stage and share is not None]


def test_a_directory_is_loaded_and_checked(original: Path) -> None:
    heard: Heard = []
    load(str(original), told=listen(heard))  # type: ignore[arg-type]
    assert stages(heard) == ["loading", "checking"]
    loaded = shares(heard, "loading")
    assert loaded[0] == 0
    assert loaded[-1] == 1
    assert loaded == sorted(loaded)
    assert len(loaded) > 5  # tensors


def test_a_model_of_the_hub_is_fetched_first(original: Path, tmp_path: Path) -> None:
    heard: Heard = []
    with hub_that_answers(Hub("people/tiny", original), tmp_path):
        load("people/tiny", told=listen(heard))  # type: ignore[arg-type]
    assert stages(heard) == ["fetching", "loading", "checking"]
    fetched = shares(heard, "fetching")
    assert fetched
    assert fetched[-1] == 1
    assert all(0 <= share <= 1 for share in fetched)


def test_whoever_listens_to_transformers_hears_it_again_afterwards(original: Path) -> None:
    def hook(factory: object, args: object, kwargs: object) -> None:
        raise AssertionError("This is the loader's own hour.")

    before = transformers_logging.set_tqdm_hook(hook)
    try:
        load(str(original), told=lambda stage, share: None)
        assert transformers_logging.set_tqdm_hook(before) is hook
    finally:
        transformers_logging.set_tqdm_hook(before)


def test_serving_tells_it_too(original: Path) -> None:
    heard: Heard = []
    serve(Options(str(original), threads=1), told=listen(heard))  # type: ignore[arg-type]
    assert stages(heard) == ["loading", "checking"]
