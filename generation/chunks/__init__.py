"""Steps as bytes: what goes on the bus and into the database, the same bytes in both.

`encode` makes a block of one run's new steps; blocks can simply be put one after the other, so a chunk in
the database is the join of the blocks of its 40 ms. A block is columns, little-endian, behind a header with
the version. Alternatives are kept as ids, log-probabilities (16 bits over the step's own range: off by less
than 4e-4 for a range of 50) and probabilities (16 bits of the square root: off by less than 2e-5, and never 0
for a token that wasn't cut); their visible texts come from the vocabulary at reading. The step's own numbers
are kept as float32, guard scores in 16 bits. A score that is
no number is kept apart from one that is missing. A step that a guard withdrew keeps its place, its origin and
its scores, and nothing else (`masking`).

Measured on one core, a guard's score included, in a vocabulary of up to 65,536 tokens (beyond it, one byte
more for each alternative):

| k | bytes a step alone | in blocks of 25 | encoding alone, in blocks | to JSON alone, in blocks |
|---|---|---|---|---|
| 10 | 120 | 103 | 20 µs, 2.4 µs | 26 µs, 4 µs |
| 30 | 240 | 223 | 20 µs, 2.6 µs | 30 µs, 7 µs |
| 50 | 360 | 343 | 20 µs, 2.7 µs | 31 µs, 10 µs |
"""

from generation.chunks.block import VERSION, ChunkUnreadable, Visible
from generation.chunks.coding import decode, encode, merged, tokens
from generation.chunks.cutting import logprobs, until
from generation.chunks.masking import masked
from generation.chunks.records import WITHDRAWN, StepRecord, Token

__all__ = [
    "VERSION",
    "WITHDRAWN",
    "ChunkUnreadable",
    "StepRecord",
    "Token",
    "Visible",
    "decode",
    "encode",
    "logprobs",
    "masked",
    "merged",
    "tokens",
    "until",
]
