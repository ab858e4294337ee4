"""The model that comes with the repository: small, quick to load, and as good as its card says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generation.sandbox import card, figures
from generation.sandbox.sampling import Sampler
from generation.sandbox.workshop import MODEL

WORDS = [
    "crème brûlée",
    "jalapeño 🌶️",
    "São Paulo 🇧🇷",
    "naïve 👩‍🍳 café",
    "e\u0301",
    "日本語",
    "a  b\n\n c",
    "\t",
    "🌱☕🌧️🎻",
]


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    return Sampler(MODEL)


@pytest.fixture(scope="module")
def wrapped() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(MODEL)


def test_it_is_at_most_ten_megabytes() -> None:
    assert figures.size(MODEL).value <= figures.SIZE_LIMIT


def test_it_loads_as_any_hugging_face_model_does() -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(MODEL)
    assert model.config.model_type == "llama"
    assert model.config.max_position_embeddings == 1024


@pytest.mark.parametrize("text", WORDS)
def test_every_text_comes_back_whole(wrapped: Any, text: str) -> None:
    assert wrapped.decode(wrapped(text)["input_ids"]) == text


@pytest.mark.parametrize("sign", ["é", "ñ", "ã", "🌱", "☕", "🎻", "°"])
def test_accents_and_emoji_take_several_tokens(wrapped: Any, sign: str) -> None:
    assert len(wrapped(sign)["input_ids"]) >= 2


def test_the_template_opens_and_continues_an_answer(wrapped: Any) -> None:
    question = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello!"}]
    opened = wrapped.apply_chat_template(question, add_generation_prompt=True, tokenize=False)
    assert opened.endswith("<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\n")
    begun = [*question, {"role": "assistant", "content": "Sure, here is"}]
    assert (
        wrapped.apply_chat_template(begun, continue_final_message=True, tokenize=False)
        == opened + "Sure, here is"
    )


def test_the_sampler_writes_prompts_as_the_template_does(sampler: Sampler, wrapped: Any) -> None:
    messages = [{"role": "user", "content": "How do I bake a cake? 🎂"}]
    ids = wrapped.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert sampler.prompt([("user", "How do I bake a cake? 🎂")]) == ids


def test_the_card_is_made_from_the_figures_of_these_weights() -> None:
    record, measured = card.load(MODEL)
    assert record["weights_sha256"] == card.weights_hash(MODEL)
    assert (MODEL / card.CARD).read_text(encoding="utf-8") == card.text(MODEL)
    assert record["prompts"] >= 500
    said = (MODEL / card.CARD).read_text(encoding="utf-8").partition("**Not reached yet:** ")[2]
    missed = [figure.name for figure in measured if not figure.met]
    assert said.partition(".\n\n")[0] == "; ".join(missed)
    assert all(name.startswith("on topic and well-formed") for name in missed), "nothing else may be missed"
    assert json.loads(json.dumps([figure.as_json() for figure in measured])) == record["figures"]


def test_a_quick_sample_is_near_the_card(sampler: Sampler) -> None:
    measuring = figures.Measuring(sampler, 40, lambda line: None)
    measured = {figure.name: figure for figure in measuring.at(0.7)}
    _, carded = card.load(MODEL)
    compared = 0
    for figure in carded:
        if figure.is_share and figure.name in measured:
            compared += 1
            assert measured[figure.name].value >= figure.value - 0.2, figure.name
    assert compared == 8


def test_the_same_seed_samples_the_same_answers(sampler: Sampler) -> None:
    prompts = [sampler.prompt([("user", "What can I cook with a pumpkin?")])] * 2
    first, second = sampler.sample(prompts, 1.0, seed=3), sampler.sample(prompts, 1.0, seed=3)
    assert [sample.ids for sample in first] == [sample.ids for sample in second]
    assert first[0].ids != first[1].ids


def test_a_row_does_not_depend_on_its_neighbours(sampler: Sampler) -> None:
    short, long = ([("user", "Hi!")], [("user", "What should I pack for a long trip to São Paulo?")])
    alone = sampler.sample([sampler.prompt(short)], 0.0, seed=1)[0]
    together = sampler.sample([sampler.prompt(short), sampler.prompt(long)], 0.0, seed=1)[0]
    assert alone.ids == together.ids


def test_wilson_s_interval_is_the_known_one() -> None:
    low, high = figures.wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert figures.wilson(40, 40)[1] == 1.0
