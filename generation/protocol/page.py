"""The protocol's page of documentation, made from the classes themselves."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import get_type_hints

from generation.protocol.client import CLIENT_MESSAGES, MAX_REF
from generation.protocol.codes import CLOSE_MEANINGS, CODE_MEANINGS
from generation.protocol.fields import MISSING_RULE, Missing, Rule
from generation.protocol.parse import MAX_FRAME
from generation.protocol.server import SERVER_MESSAGES, RunJson, StepJson
from generation.protocol.settings import Settings

PAGE = Path(__file__).parent.parent / "PROTOCOL.md"

_HEAD = f"""# WebSocket API, version 1

Made by `manage.py protocol_page` from `generation/protocol/`; a test holds it equal.

`GET /ws/v1/`, JSON text frames of at most {MAX_FRAME // 1024} KiB, one message a frame, `type` always.
A browser sends its login cookie and an `Origin` equal to the site's; a program sends
`Authorization: Bearer <API token>`. A client may add `ref` (text, at most {MAX_REF} characters) to any
message: the direct answer echoes it. Unknown fields in a client's message are an error; a client ignores
unknown fields and unknown types from the server.

**Who gets in.** The `Origin` must equal the site's in scheme, host and port: that of `SAFELENS_URL`, else the
address by which the page was asked for. A token in the address isn't looked at. Whoever isn't let in is
accepted and then closed with a code; `hello` says that one is in. Log-out, a changed password, deactivation
and a revoked token close the sockets concerned with `4401` at once; whatever else ends a right, within a
minute.

**Following a run.** A run belongs to its owner, not to a socket: any number of sockets may follow it, and it
goes on when they close. To go on where a socket broke off, `subscribe` with `after` = the last step that
came. To subscribe again replaces the subscription. A `cancel` on a socket that doesn't follow the run tells
its end there too.

**Acknowledging.** The server keeps at most 256 steps of a run ahead of the client's last `ack`, counted from
`after`; then it reads no more of the run. Other runs and other sockets don't wait. An `ack` of a step that
was never sent is `invalid`. A frame of `steps` has at most {MAX_FRAME // 1024} KiB, and there are at most 25
a second and run. One socket follows at most 256 runs at once.

**Limits.** `hello.limits` has `in_flight`, `runs_per_hour` (with `resets`, an ISO 8601 time), `stored_steps`
and `sockets`, each with `limit` and `remaining`.
"""

_STEP = {
    "i": "0, 1, 2 … within the assistant's turn: dense, never repeated, never out of order",
    "id": "the token",
    "text": "its text; may be empty: text is released when its characters are whole",
    "origin": "`sampled` `prefix` `edit` `nudge` `given`",
    "logprob": "the model's own: natural log of the full softmax at temperature 1, nothing cut",
    "p": "probability under the distribution that was sampled from; 0 if the token was outside it",
    "rank": "0 = the model's favourite",
    "entropy": "of the full distribution, in bits",
    "top": "the `k` most probable: `[id, visible text, logprob, p]`, most probable first",
    "guard": "`{guard: score}`: how the text before this token was judged; absent if no guard looked",
    "t": "milliseconds since the run started",
}

_RUN = {
    "id": "",
    "study": "",
    "parent": "the run whose steps it shares; `null` for none",
    "at": "how many steps it shares; `null` for none",
    "prompt": "the user's turn",
    "settings": "complete, seed included",
    "status": "`queued` `running` `finished`",
    "reason": "as in `finished`; `null` before",
    "steps": "how many, shared ones included",
    "text": "the answer so far",
    "nudges": "how many",
    "created": "ISO 8601",
    "model": "`{name, fingerprint}`; the fingerprint is empty until an engine has taken the run",
}


def page() -> str:
    parts = [_HEAD, "## Client to server\n"]
    parts += [_client(message) for message in CLIENT_MESSAGES]
    parts += ["### Settings\n", _rules(Settings), "## Server to client\n"]
    parts += [_server(message) for message in SERVER_MESSAGES]
    parts += ["### Run\n", _described(RunJson, _RUN), "### Step\n", _described(StepJson, _STEP)]
    codes = [f"| `{code.value}` | {meaning} |" for code, meaning in CODE_MEANINGS.items()]
    parts += ["## Error codes\n", _table("code | meaning", codes)]
    closes = [f"| `{close.value}` | {meaning} |" for close, meaning in CLOSE_MEANINGS.items()]
    parts += ["## Close codes\n", _table("code | meaning", closes)]
    return "\n".join(parts)


def _client(message: type) -> str:
    return f"### `{message.type}`\n\n{_doc(message)}\n\n{_rules(message)}"  # type: ignore[attr-defined]


def _rules(message: type) -> str:
    rows = []
    for field in dataclasses.fields(message):
        rule: Rule | None = field.metadata.get(MISSING_RULE)
        if rule is not None:
            rows.append(
                f"| `{field.name}` | {rule.takes} | {_default(rule, field.default)} | {rule.meaning} |"
            )
        elif field.name == "settings":
            rows.append("| `settings` | object, see Settings | optional | |")
    return _table("field | takes | default | meaning", rows) if rows else ""


def _default(rule: Rule, default: object) -> str:
    if rule.required:
        return "required"
    if default is Missing.MISSING:
        return "optional"
    if default is None:
        return "`null`" if "null" in rule.takes else "optional"
    if isinstance(default, float):
        return f"`{default:g}`"
    return '`""`' if default == "" else f"`{default}`"


def _server(message: type) -> str:
    rows = [
        f"| `{field.metadata['name'] or field.name}` | "
        f"{'optional' if field.default is None else 'always'} | {field.metadata['meaning']} |"
        for field in dataclasses.fields(message)
    ]
    return f"### `{message.type}`\n\n{_doc(message)}\n\n{_table('field | | meaning', rows)}"  # type: ignore[attr-defined]


def _described(shape: type, meanings: dict[str, str]) -> str:
    names = list(get_type_hints(shape))
    assert names == list(meanings), f"{shape.__name__} and its description differ."
    return _table("field | meaning", [f"| `{name}` | {meanings[name]} |" for name in names])


def _table(head: str, rows: list[str]) -> str:
    columns = head.count("|") + 1
    return "\n".join([f"| {head} |", "|" + "---|" * columns, *rows, ""])


def _doc(message: type) -> str:
    return inspect.cleandoc(message.__doc__ or "")
