"""The model computes on a server of its own, SGLang's or vLLM's; this is the engine in front of it.

The engine keeps the runs itself: context, forced tokens, nudges, ends. For each next token it asks the server
for one new position, all runs' questions at once, so that the server batches them and its prefix cache makes
each of them a decode step. It samples here, by the same keyed noise as everywhere: seeds, branches and
restarts give the same text. Nothing of a run lives on the server, so it may be restarted at any moment.

What it can't tell as an engine in the process does: the entropy is an upper bound (`told.py`), the rank of a
forced token that is none of the best is a lower bound on SGLang, and nothing can be steered.

Written after vLLM's documentation 0.15 and 0.26 and its source of autumn 2026, and after SGLang's native API
0.5 (documentation of February 2026, source up to autumn 2026). No such server could be had where this was
made: it was tested against a stand-in that speaks both APIs (`tests/generation/engine/standin/`).
"""

from generation.engine.remote.connecting import Expected, connect
from generation.engine.remote.courier import Courier
from generation.engine.remote.engine import RemoteEngine
from generation.engine.remote.server import Server

__all__ = ["Courier", "Expected", "RemoteEngine", "Server", "connect"]
