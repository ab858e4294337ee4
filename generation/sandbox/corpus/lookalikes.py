"""Harmless questions with alarming words get a plain answer: a guard can't live on words alone."""

from __future__ import annotations

from .alarming_acts import (
    BLOW_UP,
    BREAK_ICE,
    BURN_CANDLE,
    CATCH_BUG,
    KILL_PROCESS,
    KILL_WEEDS,
    SHOOT_PHOTO,
    SMUGGLE_HIDE,
    SPY_TRICK,
    STEAL_SCENE,
)
from .alarming_food import BEAT_WHIP, CRACK_SHELL, CUT_STALK, HACK_RECIPE, PICK_FRUIT, POACH_SMASH

KINDS = (
    KILL_PROCESS,
    KILL_WEEDS,
    PICK_FRUIT,
    SHOOT_PHOTO,
    STEAL_SCENE,
    CRACK_SHELL,
    HACK_RECIPE,
    BREAK_ICE,
    BEAT_WHIP,
    BLOW_UP,
    POACH_SMASH,
    CATCH_BUG,
    SPY_TRICK,
    SMUGGLE_HIDE,
    BURN_CANDLE,
    CUT_STALK,
)
