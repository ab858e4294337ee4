from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from django.core.management import CommandError, call_command

from generation.engine.loading import load
from tests import patience
from tests.tiny import tiny_llama_dir

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama_dir(tmp_path_factory.mktemp("model"))


def said(model: Path | str, prompt: str = "Water the plant", **options: Any) -> str:
    out = io.StringIO()
    call_command("generate", prompt, model=str(model), stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def messages(model: Path, prompt: str = "Water the plant", **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(model, prompt, json=True, **options).splitlines()]


def steps_of(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for message in found if message["type"] == "steps" for step in message["steps"]]


def test_the_messages_come_in_the_sockets_order(model: Path) -> None:
    found = messages(model, seed=1, max_new_tokens=6)
    kinds = [message["type"] for message in found]
    assert kinds[:2] == ["accepted", "started"]
    assert kinds[-1] == "finished"
    assert set(kinds[2:-1]) == {"steps"}
    steps = steps_of(found)
    assert [step["i"] for step in steps] == list(range(len(steps)))
    assert found[-1]["steps"] == len(steps) <= 6
    assert found[1]["prompt_tokens"] == len(found[1]["context_ids"])
    assert found[0]["run"]["settings"]["seed"] == 1


def test_its_numbers_are_those_of_a_plain_forward_pass_over_the_tokens_it_names(model: Path) -> None:
    found = messages(model, seed=2, max_new_tokens=8, prefix="It is")
    steps = steps_of(found)
    tokens = found[1]["context_ids"] + [step["id"] for step in steps]
    plain = load(str(model)).model
    with torch.inference_mode():
        logprobs = plain(torch.tensor([tokens])).logits[0].log_softmax(-1)
    entropy = -(logprobs.exp() * logprobs).sum(-1) / torch.tensor(2.0).log()
    for place, step in enumerate(steps, start=found[1]["prompt_tokens"] - 1):
        assert step["logprob"] == pytest.approx(logprobs[place, step["id"]].item(), abs=1e-3)
        assert step["entropy"] == pytest.approx(entropy[place].item(), abs=1e-3)
        assert step["top"][0][2] == pytest.approx(logprobs[place].max().item(), abs=1e-3)
        assert sum(row[3] for row in step["top"]) == pytest.approx(1, abs=1e-4)
    assert {step["origin"] for step in steps} == {"prefix", "sampled"}


def test_the_same_seed_gives_the_same_text_and_the_drawn_seed_is_told(model: Path) -> None:
    first = messages(model, max_new_tokens=12)
    seed = first[0]["run"]["settings"]["seed"]
    again = messages(model, max_new_tokens=12, seed=seed)
    assert [step["id"] for step in steps_of(again)] == [step["id"] for step in steps_of(first)]


def test_plain_output_is_the_text_alone(model: Path) -> None:
    told = said(model, seed=5, max_new_tokens=10)
    steps = steps_of(messages(model, seed=5, max_new_tokens=10))
    assert told == "".join(step["text"] for step in steps) + "\n"


def test_emoji_and_accents_come_back_whole(model: Path) -> None:
    text = "🌱 crème brûlée 東京 e\u0301"
    steps = steps_of(messages(model, prefix=text, max_new_tokens=1, seed=1))
    forced = [step for step in steps if step["origin"] == "prefix"]
    assert "".join(step["text"] for step in forced) == text
    assert "\ufffd" not in json.dumps([step["top"] for step in steps], ensure_ascii=False)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"k": 51}, "k: "),
        ({"k": 0}, "k: "),
        ({"temperature": -1.0}, "temperature: "),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_p": 0.0}, "top-p: "),
        ({"max_new_tokens": 5000}, "max-new-tokens: "),
        ({"seed": -1}, "seed: "),
        ({"prompt": ""}, "prompt: "),
        ({"prompt": "x" * 10_001}, "prompt: "),
        ({"prompt": "\udcff"}, "text"),
    ],
)
def test_wrong_input_gets_one_sentence_that_names_it(
    model: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence) as problem:
        said(model, **options)
    assert "\n" not in str(problem.value)


def test_a_prompt_longer_than_the_models_context_gets_one_sentence(model: Path) -> None:
    with pytest.raises(CommandError, match="too long"):
        said(model, "plant " * 1600)


def test_a_model_that_is_not_there_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as problem:
        said(tmp_path / "nowhere")
    assert str(problem.value).count(".") >= 1
    assert "\n" not in str(problem.value)


def test_control_c_ends_the_run_as_cancelled(model: Path, tmp_path: Path) -> None:
    """A real process, interrupted after its first step has come."""
    command = [sys.executable, "manage.py", "generate", "Water", "--json", "--model", str(model)]
    command += ["--delay", "2", "--max-new-tokens", "50", "--seed", "3"]
    environment = os.environ | {"SAFELENS_DATA": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["type"] == "steps":
                process.send_signal(signal.SIGINT)
                break
        rest = [json.loads(line) for line in process.stdout]
        assert process.wait(patience.SECONDS) == 0
    assert rest[-1]["type"] == "finished"
    assert rest[-1]["reason"] == "cancelled"
