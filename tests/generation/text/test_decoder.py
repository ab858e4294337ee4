from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models
from transformers import PreTrainedTokenizerFast

from generation.text import Decoder, Pieces
from generation.text.blob import from_blob, to_blob
from generation.text.build import build_pieces
from tests.tiny import KINDS, PIECES_OF_THE_WORLD, WHOLE_KINDS, tiny_tokenizer

TOKENIZERS = {kind: tiny_tokenizer(kind) for kind in KINDS}
TABLES = {kind: from_blob(to_blob(build_pieces(tokenizer))) for kind, tokenizer in TOKENIZERS.items()}

words = st.text(st.characters(codec="utf-8"), max_size=30) | st.text("aé 東🌱\u0301▁ \n<s>", max_size=20)
ids_of = st.lists(st.integers(-1, 480), max_size=30)


def write(pieces: Pieces, ids: list[int]) -> str:
    decoder = Decoder(pieces)
    return "".join([*map(decoder.feed, ids), decoder.close()])


@pytest.mark.parametrize("kind", WHOLE_KINDS)
def test_a_text_of_the_whole_world_comes_back(kind: str) -> None:
    ids = TOKENIZERS[kind](PIECES_OF_THE_WORLD, add_special_tokens=False)["input_ids"]
    assert write(TABLES[kind], ids) == PIECES_OF_THE_WORLD


@pytest.mark.parametrize("kind", KINDS)
@given(words)
def test_any_text_comes_back_as_the_tokenizer_s_own_decode(kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    ids = tokenizer(text)["input_ids"]
    assert write(TABLES[kind], ids) == tokenizer.decode(ids, skip_special_tokens=True)


@pytest.mark.parametrize("kind", ["byte_level", "word_piece"])
@given(ids=ids_of)
def test_any_ids_are_written_as_the_tokenizer_does_without_replacement_characters(
    kind: str, ids: list[int]
) -> None:
    tokenizer = TOKENIZERS[kind]
    known = [token for token in ids if 0 <= token < len(tokenizer)]
    own = tokenizer.decode(known, skip_special_tokens=True)
    assert write(TABLES[kind], ids) == own.replace("\ufffd", "")


@pytest.mark.parametrize("kind", ["sentencepiece", "metaspace", "unigram"])
@given(ids=ids_of)
def test_any_ids_with_valid_bytes_are_written_as_the_tokenizer_does(kind: str, ids: list[int]) -> None:
    tokenizer = TOKENIZERS[kind]
    known = [token for token in ids if 0 <= token < len(tokenizer)]
    own = tokenizer.decode(known, skip_special_tokens=True)
    text = write(TABLES[kind], ids)
    assert "\ufffd" not in text
    if "\ufffd" not in own:
        assert text == own


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=8), st.data())
def test_text_is_always_valid_and_released_as_soon_as_it_is_whole(
    table: list[bytes], data: st.DataObject
) -> None:
    pieces = Pieces(table)
    ids = data.draw(st.lists(st.integers(0, len(table) - 1), max_size=20))
    decoder = Decoder(pieces)
    text = ""
    for n, token in enumerate(ids, start=1):
        text += decoder.feed(token)
        raw = b"".join(table[i] for i in ids[:n])
        assert text == raw.decode("utf-8", "ignore")
        text.encode()


def test_a_replacement_character_that_the_model_means_is_kept() -> None:
    assert (
        write(Pieces(["\ufffd".encode(), b"\xef", b"\xbf", b"\xbd", b"\xe2\x80"]), [0, 1, 2, 3, 4])
        == "\ufffd\ufffd"
    )


def test_an_invalid_sequence_is_dropped_and_the_rest_stays() -> None:
    assert write(Pieces([b"a", b"\xe2\x80", b"\xff", b"b"]), [0, 1, 3, 2, 0, 1]) == "aba"


def test_special_tokens_between_the_bytes_of_a_character_do_no_harm() -> None:
    pieces = Pieces([b"\xe2\x80", b"", b"\x99"], special={1: "</s>"})
    assert write(pieces, [0, 1, 2]) == "\u2019"


def test_a_continued_text_keeps_its_first_space() -> None:
    tokenizer, pieces = TOKENIZERS["sentencepiece"], TABLES["sentencepiece"]
    ids = tokenizer("there was", add_special_tokens=False)["input_ids"]
    decoder = Decoder(pieces, continues=True)
    assert "".join(map(decoder.feed, ids)) == " there was"
    assert write(pieces, ids) == "there was"


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(ids=ids_of, cut=st.integers(0, 30), other=ids_of)
def test_a_branch_goes_on_from_the_same_place(kind: str, ids: list[int], cut: int, other: list[int]) -> None:
    pieces = TABLES[kind]
    decoder = Decoder(pieces)
    shared = "".join(map(decoder.feed, ids[:cut]))
    state, branch = decoder.snapshot(), decoder.copy()
    assert shared + "".join(map(decoder.feed, ids[cut:])) == write(pieces, ids)
    assert shared + "".join(map(branch.feed, other)) == write(pieces, ids[:cut] + other)
    decoder.restore(state)
    assert shared + "".join(map(decoder.feed, other)) == write(pieces, ids[:cut] + other)


def _word_tokenizer(decoder: decoders.Decoder | None, names: list[str]) -> PreTrainedTokenizerFast:
    backend = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, unk_token=names[0]))
    if decoder is not None:
        backend.decoder = decoder
    return PreTrainedTokenizerFast(tokenizer_object=backend, clean_up_tokenization_spaces=False)


@pytest.mark.parametrize(
    "decoder",
    [
        None,
        decoders.BPEDecoder("</w>"),
        decoders.Metaspace("▁", prepend_scheme="never"),
        decoders.Metaspace("▁", prepend_scheme="always"),
        decoders.WordPiece("##", cleanup=False),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.Strip(" ", 1, 0)]),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.Strip(" ", 0, 1)]),
        decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 2, 0)]),
    ],
    ids=[
        "none",
        "suffix",
        "metaspace never",
        "metaspace",
        "word piece",
        "strip left",
        "strip right",
        "strip two",
    ],
)
@given(ids=st.lists(st.integers(0, 8), max_size=10))
def test_every_kind_of_decoder_writes_what_the_tokenizer_writes(
    decoder: decoders.Decoder | None, ids: list[int]
) -> None:
    names = ["u", "a</w>", "▁▁b▁", "##c", "▁", "d", "▁▁", "e", "n't"]
    tokenizer = _word_tokenizer(decoder, names)
    assert write(build_pieces(tokenizer), ids) == tokenizer.decode(ids, skip_special_tokens=True)
