"""Work in a thread beside: done, raised, or given up."""

from __future__ import annotations

import threading
import weakref

import pytest
import torch

from generation.engine import aside
from generation.engine.aside import Aside
from tests import patience
from tests.generation.engine.hanging import PATIENT

pytestmark = pytest.mark.once


def test_it_is_done_when_it_says_so_each_time() -> None:
    one, done = Aside(), list[int]()
    for number in range(1000):
        assert one.do(lambda number=number: done.append(number))  # type: ignore[misc]
        assert done[-1] == number
        assert not one.is_busy


def test_what_is_raised_there_is_raised_here_and_it_goes_on() -> None:
    def bad() -> None:
        raise KeyError("a layer")

    one, done = Aside(), list[int]()
    with pytest.raises(KeyError, match="a layer"):
        one.do(bad)
    assert one.do(lambda: done.append(1))
    assert done == [1]


def test_nothing_there_is_kept_for_gradients() -> None:
    found: list[bool] = []
    assert Aside().do(lambda: found.append(torch.is_inference_mode_enabled()))
    assert found == [True]


def test_it_takes_one_processor_and_none_of_whoever_asks() -> None:
    before = torch.get_num_threads()
    found: list[int] = []
    try:
        torch.set_num_threads(3)
        assert Aside().do(lambda: found.append(torch.get_num_threads()))
        later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
        later.start()
        later.join()
        assert (*found, torch.get_num_threads()) == (1, 3, 3)
    finally:
        torch.set_num_threads(before)


def test_what_hangs_is_given_up_until_it_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "SLICE", 0.01)
    monkeypatch.setattr(aside, "SLICES", 1)
    held, ended = threading.Event(), threading.Event()

    def late() -> None:
        assert held.wait(patience.SECONDS)
        ended.set()

    one = Aside()
    assert not one.do(late)
    assert one.is_busy
    held.set()
    assert ended.wait(patience.SECONDS)
    _until_idle(one)


@pytest.mark.parametrize("hangs", [False, True])
def test_its_thread_ends_with_it(monkeypatch: pytest.MonkeyPatch, hangs: bool) -> None:
    held = threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        threads.append(threading.current_thread())
        if hangs:
            monkeypatch.setattr(aside, "SLICES", 1)
            assert held.wait(patience.SECONDS)

    monkeypatch.setattr(aside, "SLICE", 0.01)
    monkeypatch.setattr(aside, "SLICES", PATIENT)
    one = Aside()
    assert one.do(work) is not hangs
    gone = weakref.ref(one)
    del one
    assert gone() is None
    held.set()
    threads[0].join(patience.SECONDS)
    assert not threads[0].is_alive()


def _until_idle(one: Aside) -> None:
    pause = threading.Event()
    for _ in range(int(patience.SECONDS / 0.01)):
        if not one.is_busy:
            return
        pause.wait(0.01)
    pytest.fail("It stays busy.")
