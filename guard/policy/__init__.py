"""What scores mean and what is done about them. Pure: no database, no model, no clock, no thread."""

from guard.policy.answer import Answer, Released
from guard.policy.broken import Looser, SpecBroken
from guard.policy.events import Alarm, Event
from guard.policy.gate import UNANSWERED, Gate
from guard.policy.orders import Ban, End, Inject, Order, Rewind, Steer
from guard.policy.reading import read
from guard.policy.resume import Resumed, resume
from guard.policy.scores import quantised
from guard.policy.spec import Spec
from guard.policy.token import Fate, Recorded, Seen, Token
from guard.policy.watcher import Policy

__all__ = [
    "UNANSWERED",
    "Alarm",
    "Answer",
    "Ban",
    "End",
    "Event",
    "Fate",
    "Gate",
    "Inject",
    "Looser",
    "Order",
    "Policy",
    "Recorded",
    "Released",
    "Resumed",
    "Rewind",
    "Seen",
    "Spec",
    "SpecBroken",
    "Steer",
    "Token",
    "quantised",
    "read",
    "resume",
]
