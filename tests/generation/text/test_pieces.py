from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models
from transformers import ByT5Tokenizer, PreTrainedTokenizerFast

from generation.text.blob import BlobUnreadable, from_blob, to_blob
from generation.text.build import build_pieces
from generation.text.pieces import Pieces
from tests.tiny import KINDS, PIECES_OF_THE_WORLD, WHOLE_KINDS, tiny_tokenizer

HOSTILE_PIECES = [
    b"<E2 80>",
    b"\xe2\x80",
    b"<",
    b"<3C>",
    b"\xe2\x80<E2 80>",
    b"a\xe2\x80",
    b"a<E2 80>",
    b"<id 3>",
    b"",
    b"</s>",
    b"a",
]


@pytest.mark.parametrize("kind", WHOLE_KINDS)
def test_the_bytes_of_a_text_s_tokens_are_the_text(kind: str) -> None:
    tokenizer = tiny_tokenizer(kind)
    pieces = build_pieces(tokenizer)
    ids = tokenizer(PIECES_OF_THE_WORLD, add_special_tokens=False)["input_ids"]
    assert b"".join(map(pieces.bytes_of, ids)).decode().removeprefix(" ") == PIECES_OF_THE_WORLD


@pytest.mark.parametrize("kind", WHOLE_KINDS)
def test_no_alternative_holds_a_replacement_character(kind: str) -> None:
    tokenizer = tiny_tokenizer(kind)
    pieces = build_pieces(tokenizer, 600)
    shown = [pieces.visible(token) for token in range(600)]
    assert not any("\ufffd" in text for text in shown)
    assert all(shown)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_with_different_bytes_look_different(kind: str) -> None:
    pieces = build_pieces(tiny_tokenizer(kind), 600)
    seen: dict[str, bytes] = {}
    for token in range(len(pieces)):
        shown = pieces.visible(token)
        assert seen.setdefault(shown, pieces.bytes_of(token)) == pieces.bytes_of(token)


def test_an_incomplete_character_shows_its_bytes() -> None:
    pieces = Pieces(
        [b"\xe2\x80", b" caf\xc3", b"\x80\x81", b"\xf0\x9f\x8c\xb1 \xff!", b"\xed\xa0\x80", "\ufffd".encode()]
    )
    assert [pieces.visible(token) for token in range(6)] == [
        "<E2 80>",
        " caf<C3>",
        "<80 81>",
        "🌱 <FF>!",
        "<ED A0 80>",
        "\ufffd",
    ]


def test_special_tokens_show_their_names_and_write_nothing() -> None:
    tokenizer = tiny_tokenizer()
    pieces = build_pieces(tokenizer)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert pieces.visible(end) == "<|im_end|>"
    assert pieces.is_special(end)
    assert pieces.bytes_of(end) == b""
    assert not pieces.is_special(tokenizer("a", add_special_tokens=False)["input_ids"][0])


def test_ids_of_no_token_are_told_apart_and_write_nothing() -> None:
    pieces = build_pieces(tiny_tokenizer(), 500)
    assert (pieces.visible(499), pieces.visible(10**9), pieces.visible(-1)) == (
        "<id 499>",
        "<id 1000000000>",
        "<id -1>",
    )
    assert (pieces.bytes_of(499), pieces.bytes_of(10**9), pieces.bytes_of(-1)) == (b"", b"", b"")
    assert pieces.is_silent(-1)


@given(
    st.lists(st.binary(max_size=4) | st.sampled_from(HOSTILE_PIECES), max_size=12),
    st.lists(st.sampled_from(["</s>", "<E2 80>", "a", "<special a>", "<id 0>"]), max_size=3, unique=True),
)
def test_nothing_in_a_vocabulary_can_pass_for_something_else(table: list[bytes], names: list[str]) -> None:
    special = dict(enumerate(names, start=len(table)))
    pieces = Pieces([*table, *(b"" for _ in names)], special=special)
    seen: dict[str, tuple[bytes, str | None]] = {}
    for token in range(len(pieces)):
        what = (pieces.bytes_of(token), special.get(token))
        shown = pieces.visible(token)
        assert seen.setdefault(shown, what) == what
        shown.encode()


def test_a_vocabulary_ten_times_as_large_takes_ten_times_as_long() -> None:
    """About a second for the largest that there are: nothing in it is compared with everything."""

    def seconds(size: int) -> float:
        names = {f"Ġw{token}x": token for token in range(size)}
        backend = Tokenizer(models.BPE(names, []))
        backend.decoder = decoders.ByteLevel()
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend)
        start = time.thread_time()
        pieces = build_pieces(tokenizer, size + 2000)
        took = time.thread_time() - start
        assert pieces.visible(size - 1) == f" w{size - 1}x"
        return took

    small = min(seconds(15_000) for _ in range(3))
    assert seconds(150_000) < 40 * small


def test_added_tokens_write_what_they_are_called() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens([AddedToken("<think>"), AddedToken("two words"), AddedToken("東京")])
    pieces = build_pieces(tokenizer)
    for name in ("<think>", "two words", "東京"):
        assert pieces.visible(tokenizer.convert_tokens_to_ids(name)) == name


def test_a_tokenizer_that_hides_its_bytes_is_read_by_decoding() -> None:
    tokenizer = ByT5Tokenizer()
    pieces = build_pieces(tokenizer)
    ids = tokenizer(PIECES_OF_THE_WORLD, add_special_tokens=False)["input_ids"]
    assert b"".join(map(pieces.bytes_of, ids)).decode() == PIECES_OF_THE_WORLD
    assert pieces.visible(tokenizer.eos_token_id) == "</s>"
    assert pieces.visible(ids[PIECES_OF_THE_WORLD.encode().index(b"\xf0")]) == "<F0>"


def test_a_decoder_that_no_table_can_hold_is_read_by_decoding() -> None:
    tokenizer = tiny_tokenizer("sentencepiece")
    plain = build_pieces(tokenizer)
    tokenizer.backend_tokenizer.decoder = decoders.Sequence(
        [tokenizer.backend_tokenizer.decoder, decoders.Replace(re.escape("never there"), "")]
    )
    read = build_pieces(tokenizer)
    for token in range(len(plain)):
        assert read.bytes_of(token) == plain.bytes_of(token), plain.visible(token)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_table_is_the_same_table(kind: str) -> None:
    pieces = build_pieces(tiny_tokenizer(kind), 600)
    blob = to_blob(pieces)
    again = from_blob(blob)
    assert to_blob(again) == blob
    assert [again.visible(token) for token in range(600)] == [pieces.visible(token) for token in range(600)]
    assert (again.first, again.start, again.missing) == (pieces.first, pieces.start, pieces.missing)


def test_an_empty_table_can_be_stored() -> None:
    assert len(from_blob(to_blob(Pieces([])))) == 0


@given(st.binary(max_size=40), st.integers(0, 200))
def test_a_damaged_table_is_refused(noise: bytes, at: int) -> None:
    blob = to_blob(Pieces([b"a", b"\xe2\x80"], special={1: "</s>"}))
    for damaged in (noise, blob[: at % len(blob)], blob[: at % len(blob)] + b"\x00" + noise):
        with pytest.raises(BlobUnreadable):
            from_blob(damaged)


def test_a_process_without_a_model_can_show_texts() -> None:
    program = (
        "import sys; import generation.text.blob, generation.text.pieces, generation.text.decoder; "
        "print(sorted({'torch', 'transformers', 'tokenizers', 'django'} & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
