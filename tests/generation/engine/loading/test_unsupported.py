from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from generation.engine.loading import (
    Kind,
    ModelUnavailable,
    load,
)
from tests.generation.engine.loading.helpers import change, refused


def test_an_unknown_architecture_is_unsupported(folder: Path) -> None:
    change(folder / "config.json", model_type="never_heard_of")
    assert refused(folder) == (
        Kind.UNSUPPORTED,
        f"{folder} has the architecture 'never_heard_of', which this version doesn't know.",
    )


def test_an_encoder_decoder_is_unsupported(folder: Path) -> None:
    transformers.T5Config(vocab_size=50, d_model=8).save_pretrained(folder)
    kind, sentence = refused(folder)
    assert kind == Kind.UNSUPPORTED
    assert "encoder-decoder" in sentence


@pytest.mark.parametrize(
    ("config", "architecture"),
    [
        (transformers.ViTConfig(), None),
        (transformers.BertConfig(hidden_size=8, num_attention_heads=2), "BertForMaskedLM"),
        (transformers.BertConfig(hidden_size=8, num_attention_heads=2), None),
        (transformers.LlamaConfig(hidden_size=32), "LlamaForSequenceClassification"),
        (transformers.LlamaConfig(hidden_size=32), "LlamaModel"),
    ],
)
def test_what_is_no_causal_language_model_is_unsupported(
    config: Any, architecture: str | None, folder: Path
) -> None:
    config.architectures = None if architecture is None else [architecture]
    config.save_pretrained(folder)
    kind, sentence = refused(folder)
    assert kind == Kind.UNSUPPORTED
    assert "no causal language model" in sentence


@pytest.mark.parametrize("model_type", ["own", "llama"])
def test_a_model_with_code_of_its_own_is_unsupported_and_the_code_never_runs(
    model_type: str, folder: Path
) -> None:
    (folder / "own.py").write_text(f"open({str(folder / 'harm')!r}, 'w')")
    change(
        folder / "config.json",
        model_type=model_type,
        architectures=["OwnForCausalLM"],
        auto_map={"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnForCausalLM"},
    )
    kind, sentence = refused(folder)
    assert kind == Kind.UNSUPPORTED
    assert "code of its own" in sentence
    assert not (folder / "harm").exists()


def test_a_tokenizer_with_code_of_its_own_never_runs_it(folder: Path) -> None:
    (folder / "own.py").write_text(f"open({str(folder / 'harm')!r}, 'w')")
    change(
        folder / "tokenizer_config.json",
        tokenizer_class="OwnTokenizer",
        auto_map={"AutoTokenizer": ["own.OwnTokenizer", None]},
    )
    with pytest.raises(ModelUnavailable) as caught:
        load(str(folder))
    assert caught.value.kind == Kind.UNSUPPORTED
    assert not (folder / "harm").exists()


def test_a_model_without_a_tokenizer_is_unsupported(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    assert refused(folder) == (Kind.UNSUPPORTED, f"{folder} has no tokenizer beside its weights.")


def test_an_adapter_is_unsupported(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    assert "adapter" in refused(tmp_path)[1]


def test_an_empty_directory_is_no_model(tmp_path: Path) -> None:
    assert refused(tmp_path)[0] == Kind.BROKEN


def test_a_model_that_does_not_fit_into_memory_is_told(
    original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(torch.nn.Module, "to", no_room)
    assert refused(original)[0] == Kind.TOO_LARGE
