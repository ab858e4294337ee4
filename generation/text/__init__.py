"""Texts to token ids and back: piece table, incremental decoder, conversations, end tokens.

Importing this package, `pieces` and `decoder` loads neither torch nor transformers, so that a process
without a model can show texts from a stored table.
"""

from generation.text.decoder import Decoder
from generation.text.pieces import Pieces

__all__ = ["Decoder", "Pieces"]
