from __future__ import annotations

from types import SimpleNamespace

import pytest

from generation.text.ends import end_ids
from tests.tiny import CHATML, STRICT, tiny_tokenizer


def names(template: str | None, *configs: object) -> set[str]:
    tokenizer = tiny_tokenizer("byte_level", template)
    return set(tokenizer.convert_ids_to_tokens(sorted(end_ids(tokenizer, *configs))))


def test_the_template_s_end_of_turn_ends_an_answer() -> None:
    assert names(CHATML) == {"</s>", "<|im_end|>"}
    assert names(STRICT) == {"</s>"}


def test_without_a_template_the_tokenizer_s_end_counts() -> None:
    assert names(None) == {"</s>"}


@pytest.mark.parametrize("value", [3, [3], (3, None)])
def test_the_configurations_ends_count_as_one_or_several(value: object) -> None:
    assert names(None, None, SimpleNamespace(eos_token_id=value)) == {"</s>", "<|im_start|>"}
    nested = SimpleNamespace(eos_token_id=None, text_config=SimpleNamespace(eos_token_id=value))
    assert names(None, nested) == {"</s>", "<|im_start|>"}


@pytest.mark.parametrize("value", [None, -1, [], "</s>", True])
def test_what_is_no_token_id_is_no_end(value: object) -> None:
    assert names(None, SimpleNamespace(eos_token_id=value)) == {"</s>"}


def test_a_begin_of_text_that_follows_an_answer_is_no_end() -> None:
    assert names("{% for m in messages %}{{ m.content }}<s>{% endfor %}") == {"</s>"}


def test_a_template_that_cannot_be_rendered_adds_nothing() -> None:
    assert names("{{ raise_exception('never') }}") == {"</s>"}
