"""Training: documents encoded as the chat template does, and a kill that changes nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from generation.sandbox import tokenizer, training, workshop
from generation.sandbox.corpus import build
from generation.sandbox.corpus.refusals import NUDGE
from generation.sandbox.encode import Encoded, Encoder, batches

SMALL = training.Recipe(
    steps=8, tokens=512, warm_up=2, width=32, inner=48, layers=2, heads=2, shared_heads=1, vocabulary=400
)


@pytest.fixture(scope="module")
def learnt() -> Any:
    texts = [turn.answer for item in build.training(count=60) for turn in item.turns]
    return tokenizer.learn(texts, size=400)


@pytest.fixture(scope="module")
def data(learnt: Any) -> Encoded:
    return Encoder(learnt).corpus(build.training(count=60))


def run(data: Encoded, checkpoint: Path, lines: list[str]) -> dict[str, torch.Tensor]:
    model = training.train(data, data, SMALL, (2, 0), checkpoint, lines.append, every=0.0)
    weights: dict[str, torch.Tensor] = model.state_dict()
    return weights


def test_a_killed_training_goes_on_to_the_same_weights(
    data: Encoded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(data, tmp_path / "whole.pt", [])
    real, calls = training.loss_of, []

    def dies(*args: Any) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(training, "loss_of", dies)
        with pytest.raises(KeyboardInterrupt):
            run(data, tmp_path / "killed.pt", [])
    (tmp_path / "killed.partial").write_bytes(b"half a checkpoint")
    lines: list[str] = []
    resumed = run(data, tmp_path / "killed.pt", lines)
    assert lines[0] == "Going on from step 4."
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_another_recipe_starts_afresh(data: Encoded, tmp_path: Path) -> None:
    run(data, tmp_path / "checkpoint.pt", [])
    lines: list[str] = []
    other = replace(SMALL, steps=3)
    training.train(data, data, other, (2, 0), tmp_path / "checkpoint.pt", lines.append)
    assert "starting afresh" in lines[0]
    assert "step 3 of 3" in lines[-1]


def test_the_loss_goes_down(data: Encoded, tmp_path: Path) -> None:
    longer = replace(SMALL, steps=40, peak=1e-2)
    model = training.train(data, data, longer, (2, 0), tmp_path / "checkpoint.pt", lambda line: None)
    fresh = training.new_model(longer, (2, 0))
    before = training.held_loss(fresh, data, "cpu", 0, half=False)
    assert training.held_loss(model, data, "cpu", 0, half=False) < before - 0.5


def test_documents_are_encoded_as_the_chat_template_does(learnt: Any) -> None:
    encoder, wrapped = Encoder(learnt), tokenizer.wrap(learnt)
    plain = [item for item in build.training(count=300) if not any(turn.nudges for turn in item.turns)]
    assert len(plain) > 50
    for item in plain:
        messages = [{"role": "system", "content": item.system}] if item.system else []
        for turn in item.turns:
            messages.append({"role": "user", "content": turn.question})
            messages.append({"role": "assistant", "content": turn.answer})
        ids = wrapped.apply_chat_template(messages, tokenize=True, return_dict=False)
        assert encoder.conversation(item)[0] == ids[: tokenizer.CONTEXT]


def test_only_the_model_s_own_words_are_learnt(learnt: Any) -> None:
    encoder = Encoder(learnt)
    item = next(item for item in build.training(count=500) if item.turns[0].nudges and len(item.turns) == 1)
    ids, learn = encoder.conversation(item)
    words = learnt.decode(
        [number for number, mark in zip(ids, learn, strict=True) if mark], skip_special_tokens=False
    )
    assert NUDGE not in words
    assert item.turns[0].question not in words
    assert words.endswith(item.turns[0].nudges[-1].answer + tokenizer.END)
    assert NUDGE in learnt.decode(ids)


def test_batches_hold_every_document_once(data: Encoded) -> None:
    rows = [row for batch in batches(data.lengths(), 512, (1, 2)) for row in batch.tolist()]
    assert sorted(rows) == list(range(len(data)))
    again = batches(data.lengths(), 512, (1, 2))
    assert [batch.tolist() for batch in again] == [
        batch.tolist() for batch in batches(data.lengths(), 512, (1, 2))
    ]


def test_the_rate_rises_and_falls() -> None:
    recipe = training.Recipe()
    rates = [recipe.rate(step) for step in range(recipe.steps)]
    assert max(rates) == pytest.approx(recipe.peak, rel=0.01)
    assert rates[0] < rates[recipe.warm_up] > rates[-1] > 0
    falling = rates[recipe.warm_up :]
    assert falling == sorted(falling, reverse=True)
    assert rates[recipe.half_at] == pytest.approx(recipe.peak / 2, rel=0.02)
    assert max(abs(a - b) for a, b in pairwise(rates)) < recipe.peak / 90, "no jump anywhere"


def test_one_command_makes_a_model_directory(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    recipe = replace(SMALL, vocabulary=4096, steps=2)
    lines: list[str] = []
    made = workshop.train(tmp_path, lines.append, recipe=recipe, count=300, device="cpu", threads=1)
    model = AutoModelForCausalLM.from_pretrained(made)
    assert model.generation_config.eos_token_id == AutoTokenizer.from_pretrained(made).eos_token_id
    assert "minutes left" in lines[-1]
