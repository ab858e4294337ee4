"""Every message of the WebSocket API as a typed value. Read this package first.

`parse` takes a frame from a client; `dump` makes one for it. `generation/PROTOCOL.md` is made from these
classes by `manage.py protocol_page`, and a test holds the two equal.
"""

from generation.protocol.client import (
    Ack,
    Branch,
    Cancel,
    ClientMessage,
    Generate,
    Ping,
    Score,
    Subscribe,
    Unsubscribe,
)
from generation.protocol.codes import Close, Code, Origin, Reason, Status
from generation.protocol.fields import Missing
from generation.protocol.parse import MAX_FRAME, Invalid, Unreadable, parse, parse_settings
from generation.protocol.server import (
    Accepted,
    Error,
    Finished,
    Gone,
    Hello,
    Nudge,
    Pong,
    Queued,
    Retract,
    RunJson,
    ServerMessage,
    Started,
    StepJson,
    Steps,
    Verdict,
    as_dict,
    body_of,
    dump,
    from_body,
)
from generation.protocol.settings import Given, Settings

__all__ = [
    "MAX_FRAME",
    "Accepted",
    "Ack",
    "Branch",
    "Cancel",
    "ClientMessage",
    "Close",
    "Code",
    "Error",
    "Finished",
    "Generate",
    "Given",
    "Gone",
    "Hello",
    "Invalid",
    "Missing",
    "Nudge",
    "Origin",
    "Ping",
    "Pong",
    "Queued",
    "Reason",
    "Retract",
    "RunJson",
    "Score",
    "ServerMessage",
    "Settings",
    "Started",
    "Status",
    "StepJson",
    "Steps",
    "Subscribe",
    "Unreadable",
    "Unsubscribe",
    "Verdict",
    "as_dict",
    "body_of",
    "dump",
    "from_body",
    "parse",
    "parse_settings",
]
