"""Generates tokens for many runs in one batch. Knows tokens; no texts, no people, no Django."""

from generation.engine.base import Engine, Rejected, TooLong
from generation.engine.control import Action, Ban, Control, Inject, Rewind, Steer, Stop
from generation.engine.request import MAX_K, Request, Steered
from generation.engine.step import End, Origin, Step

__all__ = [
    "MAX_K",
    "Action",
    "Ban",
    "Control",
    "End",
    "Engine",
    "Inject",
    "Origin",
    "Rejected",
    "Request",
    "Rewind",
    "Steer",
    "Steered",
    "Step",
    "Stop",
    "TooLong",
]
