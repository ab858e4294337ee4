"""What an engine needs to know to begin a run, or to go on with one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from django.db import connection

from generation import lineage
from generation.chunks import Token
from generation.engine import Request, Steered
from generation.models import Context, Run, RunEvent, Turn
from generation.protocol import Origin, Reason, Settings
from generation.runs import Claim
from generation.served import Served
from generation.text.conversation import Encoded, Message
from generation.worker.judges import Bench, bench_of
from guard.audit.verdicts import Judged

_BACK = """
WITH RECURSIVE back(turn, follows, depth) AS (
    SELECT id, follows_id, 0 FROM generation_turn WHERE id = %s
    UNION ALL
    SELECT turn.id, turn.follows_id, back.depth + 1
    FROM back
    JOIN generation_run run ON run.id = back.follows
    JOIN generation_turn turn ON turn.id = run.turn_id
)
SELECT turn.text, run.text
FROM back
JOIN generation_turn turn ON turn.id = back.turn
LEFT JOIN generation_run run ON run.id = turn.follows_id
ORDER BY back.depth DESC
"""


class Unfit(Exception):
    """The run can't be done here; the message is one sentence for its owner."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer so far: its tokens, how many of its own were sampled, and who looks at the next ones."""

    tokens: tuple[int, ...]
    sampled: int
    probes: tuple[str, ...] = ()
    own: int = 0  # the last ones that a guard may still take back
    steered: tuple[Steered, ...] = ()  # where they were computed while a guard steered
    ahead: int = 0  # tokens beyond the last one that may leave, for the guards alone


@dataclass(frozen=True, slots=True)
class Task:
    claim: Claim
    settings: Settings
    context: tuple[int, ...]  # the conversation before the answer
    line: tuple[Token, ...]  # the answer so far: shared steps, and what is recorded of the run's own
    forced: tuple[int, ...]  # what is still to be taken instead of sampled
    origin: Origin  # of those
    ended: Reason | None  # all was said already: the engine that held it went just before it could say so
    announced: bool  # `started` is recorded
    bench: Bench = field(default_factory=Bench)
    missed: tuple[Judged, ...] = ()  # of shadow policies that can't look
    closes: bool = False  # a branch whose own first token is one that ends answers

    @property
    def own(self) -> tuple[Token, ...]:
        return self.line[self.claim.run.at :]

    @property
    def most(self) -> int:
        """How many sampled tokens of the run's own may leave."""
        return 0 if self.claim.run.given or self.closes else self.settings.max_new_tokens

    @property
    def sampled(self) -> int:
        """Those that stand: what was withdrawn doesn't count, as it doesn't in the engine."""
        return sum(token.origin is Origin.SAMPLED and not token.withdrawn for token in self.own)

    @property
    def tokens(self) -> tuple[int, ...]:
        """What the model reads first."""
        return (*self.context, *(token.id for token in self.line if not token.withdrawn))

    def request(self, key: str, served: Served, standing: Standing | None = None) -> Request:
        """`standing`: what of the line stands in the eyes of the guards that judge it."""
        judged = standing or Standing(self.tokens[len(self.context) :], self.sampled)
        run = self.claim.run
        ahead = 0 if self.closes else judged.ahead
        most = self.most - judged.sampled + ahead
        request = served.request(
            key,
            str(run.owner_id),
            Encoded((*self.context, *judged.tokens), self.forced),
            self.settings.with_given({"max_new_tokens": most}),
        )
        return replace(request, probes=judged.probes, own=judged.own, steered=judged.steered, ahead=ahead)


def prepare(claim: Claim, served: Served) -> Task:
    """The run's exact context and what is left of it to do: the same tokens as if nothing had come between.

    Raises Unfit, Unjudged or ConversationRefused.
    """
    run = claim.run
    line = _line(run, claim.recorded.steps, served)
    settings = Settings.from_dict(run.settings)
    context, forced, origin = _texts(run, settings, served)
    own = line[run.at :]
    bench = bench_of(run)
    # A guard that acts drops what was still to be forced.
    due = () if bench.decided else forced[len(own) :]
    return Task(
        claim,
        settings,
        context,
        line,
        due,
        origin,
        None if due else _ended(run, settings, own, served),
        run.epoch > 1 and RunEvent.objects.filter(run=run, kind="started").exists(),
        bench,
        closes=run.token is not None and run.token in served.ends,
    )


def _ended(run: Run, settings: Settings, own: tuple[Token, ...], served: Served) -> Reason | None:
    """Whether the last recorded step was the run's last, in the order in which the engine would say it."""
    own = tuple(token for token in own if not token.withdrawn)
    last = own[-1] if own else None
    if last and last.id in served.ends and (last.origin is Origin.SAMPLED or last.id == run.token):
        return Reason.EOS
    sampled = sum(token.origin is Origin.SAMPLED for token in own)
    return Reason.LENGTH if run.given or sampled >= settings.max_new_tokens else None


def _line(run: Run, recorded: int, served: Served) -> tuple[Token, ...]:
    if run.at and any(part.fingerprint != served.fingerprint for part in lineage.stretches(run.id)):
        raise Unfit("The answer that this one goes on from was written by another model.")
    line = tuple(lineage.tokens(run.id)) if recorded else ()
    if len(line) != recorded:
        raise Unfit("The steps that this answer goes on from were deleted.")
    return line


def _texts(run: Run, settings: Settings, served: Served) -> tuple[tuple[int, ...], tuple[int, ...], Origin]:
    """The context, and all that the run forces. A branch's prefix is among the steps that it shares."""
    conversation, context = served.conversation, _kept(run.turn, served)
    if run.token is not None:
        return context or _context(run.turn, served), (run.token,), Origin.EDIT
    if run.edit:
        opens = run.at == 0 and conversation.has_template
        forced = conversation.encode_text(run.edit, opens=opens)
        return context or _context(run.turn, served), _some(forced), Origin.EDIT
    text = run.given or ("" if run.parent_id else settings.prefix)
    origin = Origin.GIVEN if run.given else Origin.PREFIX
    if not text:
        return context or _context(run.turn, served), (), origin
    encoded = conversation.encode(_messages(run.turn), text)
    forced = _some(encoded.forced_ids)
    return context or _keep(run.turn, served, encoded.context_ids), forced, origin


def _some(forced: tuple[int, ...]) -> tuple[int, ...]:
    if not forced:
        raise Unfit("This model has no token for any of this text: write something else.")
    return forced


def _context(turn: Turn, served: Served) -> tuple[int, ...]:
    return _keep(turn, served, served.conversation.encode(_messages(turn)).context_ids)


def _messages(turn: Turn) -> list[Message]:
    """The conversation up to the turn: what was asked, and the answers that were followed."""
    with connection.cursor() as cursor:
        cursor.execute(_BACK, [turn.id])
        rows = cursor.fetchall()
    messages = [Message("system", turn.system)] if turn.system else []
    for asked, before in rows:
        if before is not None:
            messages.append(Message("assistant", before))
        messages.append(Message("user", asked))
    return messages


def _kept(turn: Turn, served: Served) -> tuple[int, ...] | None:
    kept = Context.objects.filter(turn=turn, fingerprint=served.fingerprint).first()
    return None if kept is None else tuple(np.frombuffer(bytes(kept.ids), "<u4").tolist())


def _keep(turn: Turn, served: Served, ids: tuple[int, ...]) -> tuple[int, ...]:
    """The ids that count: of two engines that make them on two sides of midnight, the first one's."""
    blob = np.array(ids, "<u4").tobytes()
    made = Context(turn=turn, fingerprint=served.fingerprint, ids=blob)
    Context.objects.bulk_create([made], ignore_conflicts=True)
    return _kept(turn, served) or ids
