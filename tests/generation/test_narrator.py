"""Texts around a guard's words: no half of a character before them, none behind what was withdrawn."""

import pytest

from generation.chunks import Token
from generation.engine import Origin as Taken
from generation.engine import Step
from generation.narrator import Narrator
from generation.protocol import Origin
from generation.text.pieces import Pieces

pytestmark = pytest.mark.once

PIECES = Pieces([b"so", b"\xe2\x80", b"\x94", b" Sorry", b" yes"])
SO, HALF, REST, SORRY, YES = range(5)


def token(i: int, id: int, origin: Origin = Origin.SAMPLED) -> Token:
    return Token(i, id, "", origin, 0)


def texts(narrator: Narrator, *made: tuple[int, Taken]) -> list[str]:
    return [narrator.tell(Step("a", 0, id, origin)).text for id, origin in made]


def test_a_character_that_is_half_said_ends_before_the_guards_words() -> None:
    made = texts(
        Narrator(PIECES),
        (SO, Taken.SAMPLED),
        (HALF, Taken.SAMPLED),
        (SORRY, Taken.INJECTED),
        (YES, Taken.SAMPLED),
        (HALF, Taken.SAMPLED),
        (REST, Taken.SAMPLED),
    )
    assert made == ["so", "", " Sorry", " yes", "", "\N{EM DASH}"]


def test_who_takes_the_run_over_reads_it_alike() -> None:
    line = [token(0, SO), token(1, HALF), token(2, SORRY, Origin.NUDGE)]
    assert texts(Narrator(PIECES, before=line), (REST, Taken.SAMPLED), (YES, Taken.SAMPLED)) == ["", " yes"]


def test_what_was_withdrawn_leaves_no_half_behind() -> None:
    narrator = Narrator(PIECES)
    texts(narrator, (SO, Taken.SAMPLED), (HALF, Taken.SAMPLED))
    narrator.retell([token(0, SO), token(1, HALF).as_withdrawn()])
    assert texts(narrator, (REST, Taken.SAMPLED), (YES, Taken.SAMPLED)) == ["", " yes"]
