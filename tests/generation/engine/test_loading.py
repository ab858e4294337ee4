from __future__ import annotations

import errno
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from generation.engine.loading import (
    Kind,
    ModelUnavailable,
    load,
    pick_device,
    pick_dtype,
    pick_threads,
)
from generation.engine.loading.checkpoint import find_weights, fingerprint
from tests.hub import Hub, hub_that_answers, nobody, refusal
from tests.tiny import KINDS, tiny_llama_dir, tiny_tokenizer


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama_dir(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    copy = tmp_path / "tiny"
    copy.mkdir()
    for file in original.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def change(file: Path, **fields: object) -> None:
    data = json.loads(file.read_text()) | fields
    file.write_text(json.dumps({key: value for key, value in data.items() if value is not ...}))


def refused(name: str | Path, **how: Any) -> tuple[Kind, str]:
    with pytest.raises(ModelUnavailable) as caught:
        load(str(name), **how)
    sentence = str(caught.value)
    assert re.fullmatch(r"[^\n]{10,200}\.", sentence), sentence
    assert not re.search(r"Traceback|Error\b|Exception", sentence), sentence
    return caught.value.kind, sentence


@pytest.mark.parametrize("kind", KINDS)
def test_a_directory_loads_with_its_very_weights(kind: str, tmp_path: Path) -> None:
    folder = tiny_llama_dir(tmp_path / "tiny", kind=kind)
    loaded = load(str(folder))
    assert loaded.name == "tiny"
    assert loaded.tokenizer("Water it 🌱")["input_ids"] == tiny_tokenizer(kind)("Water it 🌱")["input_ids"]
    stored = load_file(folder / "model.safetensors")
    weights = loaded.model.state_dict()
    assert stored.keys() == weights.keys()
    assert all(torch.equal(stored[key], weights[key]) for key in stored)
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())


def test_the_number_format_is_the_one_asked_for(original: Path) -> None:
    assert load(str(original)).model.dtype == torch.float32
    assert load(str(original), dtype="bfloat16").model.dtype == torch.bfloat16


def test_sharded_weights_load(tmp_path: Path, original: Path) -> None:
    folder = tiny_llama_dir(tmp_path / "sharded", shard="60KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    ours, whole = load(str(folder)).model.state_dict(), load(str(original)).model.state_dict()
    assert all(torch.equal(ours[key], whole[key]) for key in whole)


def test_pickled_weights_load(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert load(str(folder)).fingerprint


def test_tied_weights_are_not_missed(tmp_path: Path) -> None:
    folder = tiny_llama_dir(tmp_path / "tied", tie_word_embeddings=True)
    model = load(str(folder)).model
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()


def test_progress_bars_and_log_levels_are_left_as_they_were(original: Path) -> None:
    from transformers.utils import logging

    before = logging.is_progress_bar_enabled(), logging.get_verbosity()
    load(str(original))
    assert (logging.is_progress_bar_enabled(), logging.get_verbosity()) == before


# Missing


@pytest.mark.parametrize("name", ["/nowhere/model", "./nowhere", "../nowhere", "~/nowhere/model", "a/b/c"])
def test_a_directory_that_is_not_there_is_missing(name: str) -> None:
    assert refused(name) == (Kind.MISSING, f"There is no model directory {name}.")


def test_a_file_is_no_directory(original: Path) -> None:
    assert refused(original / "config.json")[0] == Kind.MISSING


@pytest.mark.parametrize(
    "name", ["no spaces please", "a--b/c", "", " ", "-x", "<script>", "a" * 10_000, "a\0b", "~nobody-here/a"]
)
def test_what_can_be_no_name_is_missing(name: str, tmp_path: Path) -> None:
    with hub_that_answers(nobody, tmp_path):
        assert refused(name)[0] == Kind.MISSING


# The hub


def test_a_model_of_the_hub_loads_by_its_name(original: Path, tmp_path: Path) -> None:
    hub = Hub("people/tiny", original)
    with hub_that_answers(hub, tmp_path):
        loaded = load("people/tiny")
    assert loaded.name == "people/tiny"
    assert loaded.fingerprint == load(str(original)).fingerprint
    assert hub.fetched[-1] == "model.safetensors"


def test_a_model_that_is_here_already_loads_without_the_hub(original: Path, tmp_path: Path) -> None:
    with hub_that_answers(Hub("people/tiny", original), tmp_path):
        load("people/tiny")
    with hub_that_answers(nobody, tmp_path):
        assert load("people/tiny").name == "people/tiny"


def test_pickled_weights_are_fetched_only_where_there_are_no_others(folder: Path, tmp_path: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    hub = Hub("people/both", folder)
    with hub_that_answers(hub, tmp_path / "first"):
        load("people/both")
    assert "pytorch_model.bin" not in hub.fetched
    (folder / "model.safetensors").unlink()
    with hub_that_answers(Hub("people/old", folder), tmp_path / "second"):
        assert load("people/old").fingerprint


def test_a_model_that_cannot_be_served_is_refused_before_its_weights_are_fetched(
    folder: Path, tmp_path: Path
) -> None:
    change(folder / "config.json", model_type="t5")
    hub = Hub("people/tiny", folder)
    with hub_that_answers(hub, tmp_path):
        assert refused("people/tiny")[0] == Kind.UNSUPPORTED
    assert "config.json" in hub.fetched
    assert "model.safetensors" not in hub.fetched


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(404, "RepoNotFound"), Kind.MISSING, "has no model people/tiny"),
        (refusal(401), Kind.MISSING, "private"),
        (refusal(404, "RevisionNotFound"), Kind.MISSING, "has no revision"),
        (refusal(403, "GatedRepo"), Kind.GATED, "accept its licence"),
        (refusal(401, "GatedRepo"), Kind.GATED, "HF_TOKEN"),
        (refusal(401, message="Invalid credentials in Authorization header"), Kind.GATED, "check HF_TOKEN"),
        (refusal(403), Kind.GATED, "check HF_TOKEN"),
        (refusal(500), Kind.UNREACHABLE, "can't be reached"),
        (refusal(404), Kind.UNREACHABLE, "can't be reached"),
        (nobody, Kind.UNREACHABLE, "isn't on this machine"),
    ],
)
def test_each_refusal_of_the_hub_has_its_sentence(
    answer: Any, kind: Kind, words: str, tmp_path: Path
) -> None:
    with hub_that_answers(answer, tmp_path):
        told, sentence = refused("people/tiny", token="hf_none")
    assert told == kind
    assert words in sentence


def test_a_licence_that_is_not_accepted_is_told_where_only_the_files_are_refused(
    original: Path, tmp_path: Path
) -> None:
    with hub_that_answers(Hub("people/tiny", original, gated=True), tmp_path):
        assert refused("people/tiny")[0] == Kind.GATED


def test_a_download_that_broke_off_is_no_broken_model(original: Path, tmp_path: Path) -> None:
    hub = Hub("people/tiny", original)

    def breaks_off(request: Any) -> Any:
        if request.url.path.endswith("model.safetensors"):
            return nobody(request)
        return hub(request)

    with hub_that_answers(breaks_off, tmp_path):
        assert refused("people/tiny")[0] == Kind.UNREACHABLE
    with hub_that_answers(nobody, tmp_path):
        assert refused("people/tiny")[0] == Kind.UNREACHABLE


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, Kind.TOO_LARGE), (errno.EACCES, Kind.UNREACHABLE)]
)
def test_a_disk_that_takes_no_more_is_told(number: int, kind: Kind, tmp_path: Path) -> None:
    def full(request: Any) -> Any:
        raise OSError(number, "the disk")

    with hub_that_answers(full, tmp_path):
        assert refused("people/tiny")[0] == kind


# Broken


def spoil_cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def spoil_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 4000)


def spoil_empty(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def spoil_gone(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def spoil_tensor(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def spoil_names(folder: Path) -> None:
    tensors = {f"net.{key}": value for key, value in load_file(folder / "model.safetensors").items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def spoil_shape(folder: Path) -> None:
    change(folder / "config.json", intermediate_size=80)


def spoil_layers(folder: Path) -> None:
    change(folder / "config.json", num_hidden_layers=3)


def spoil_config(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "llama", ')


def spoil_list(folder: Path) -> None:
    (folder / "config.json").write_text("[]")


def spoil_values(folder: Path) -> None:
    change(folder / "config.json", hidden_size="wide")


def spoil_no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def spoil_index(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def spoil_index_text(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text("{]")


def spoil_index_path(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder.parent / "elsewhere.safetensors")
    index = {"weight_map": {"a": "../elsewhere.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def spoil_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"version": "1.0"')


def spoil_vocabulary(folder: Path) -> None:
    tiny_tokenizer("sentencepiece").save_pretrained(folder)


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_cut,
        spoil_header,
        spoil_empty,
        spoil_gone,
        spoil_tensor,
        spoil_names,
        spoil_shape,
        spoil_layers,
        spoil_config,
        spoil_list,
        spoil_values,
        spoil_no_config,
        spoil_index,
        spoil_index_text,
        spoil_index_path,
        spoil_tokenizer,
        spoil_vocabulary,
    ],
)
def test_a_broken_model_is_refused_never_filled_with_random_weights(
    spoil: Callable[[Path], None], folder: Path
) -> None:
    spoil(folder)
    assert refused(folder)[0] == Kind.BROKEN


def test_weights_that_nobody_uses_are_no_reason_to_refuse_but_are_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tensors = load_file(folder / "model.safetensors") | {"v_head.weight": torch.zeros(3)}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    load(str(folder))
    assert "holds 1 tensors that its architecture doesn't use" in caplog.text


def test_a_missing_tensor_is_named(folder: Path) -> None:
    spoil_tensor(folder)
    assert "model.layers.1.mlp.up_proj.weight" in refused(folder)[1]


def test_pickled_weights_that_run_code_are_refused(folder: Path) -> None:
    spoil_gone(folder)

    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.write_text, (folder / "harm", "done"))

    torch.save({"a": Harm()}, folder / "pytorch_model.bin")
    assert refused(folder)[0] == Kind.BROKEN
    assert not (folder / "harm").exists()


# Unsupported


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


# Placement


def test_the_device_follows_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device() == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device() == torch.device("cuda")


@pytest.mark.parametrize("wish", ["cuda:7", "tpu", "meta", "", "cuda:x"])
def test_a_device_that_is_not_there_is_told(
    wish: str, original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert refused(original, device=wish)[0] == Kind.NO_DEVICE
    assert pick_device("cuda:0") == torch.device("cuda:0")


def test_the_number_format_follows_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = torch.device("cuda")
    assert pick_dtype("auto", torch.device("cpu")) == torch.float32
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    assert pick_dtype("auto", gpu) == torch.bfloat16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    assert pick_dtype("auto", gpu) == torch.float16
    assert pick_dtype("float32", gpu) == torch.float32
    with pytest.raises(ValueError, match="no number format"):
        pick_dtype("float64", gpu)


def test_a_small_model_gets_one_thread() -> None:
    assert pick_threads(None, 7_000_000, 8) == 1
    assert pick_threads(None, 135_000_000, 8) == 8
    assert pick_threads(3, 7_000_000, 8) == 3
    assert pick_threads(0, 135_000_000, 0) == 1


# Fingerprint


def _mark(folder: Path, whole: int = 1 << 30) -> str:
    return fingerprint(folder, find_weights(folder, "it"), "it", whole)


@pytest.mark.parametrize("whole", [1 << 30, 0], ids=["whole", "sampled"])
def test_the_fingerprint_names_the_weights(whole: int, folder: Path, original: Path) -> None:
    before = _mark(original, whole)
    assert re.fullmatch(r"[0-9a-f]{32}", before)
    assert _mark(folder, whole) == before
    change(folder / "config.json", transformers_version="0", _name_or_path="x")
    assert _mark(folder, whole) == before
    tensors = load_file(folder / "model.safetensors")
    tensors["model.layers.1.mlp.up_proj.weight"] *= 1.001
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    changed = _mark(folder, whole)
    assert changed != before
    change(folder / "config.json", rope_theta=5.0)
    assert _mark(folder, whole) not in (before, changed)


def test_the_last_byte_of_a_small_model_counts(folder: Path) -> None:
    before = _mark(folder)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    assert _mark(folder) != before


def test_pickled_weights_have_a_fingerprint_too(folder: Path) -> None:
    spoil_gone(folder)
    marks = set()
    for content in (b"a" * 3_000_000, b"a" * 2_999_999 + b"b", b"a" * 2_000_000):
        (folder / "pytorch_model.bin").write_bytes(content)
        marks |= {_mark(folder, 0), _mark(folder)}
    assert len(marks) == 6
