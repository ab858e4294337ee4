from __future__ import annotations

import secrets
import signal
import threading
import time
from argparse import ArgumentParser
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from generation.options import engine_options
from generation.protocol import (
    Accepted,
    Finished,
    Generate,
    Invalid,
    Nudge,
    Origin,
    Reason,
    Retract,
    Settings,
    Started,
    StepJson,
    Steps,
    Verdict,
    as_dict,
    parse,
)

if TYPE_CHECKING:
    from generation.chunks import StepRecord
    from generation.engine import Action, Step
    from generation.served import Served
    from generation.worker.watch import Watch

# Option, type, help; the ranges are the protocol's own.
_SETTINGS: tuple[tuple[str, type, str], ...] = (
    ("seed", int, "repeat a run: the same seed gives the same text"),
    ("k", int, "sampling breadth, and alternatives a step (1-50; 30)"),
    ("temperature", float, "0 takes the most probable token (0-10; 1)"),
    ("top-p", float, "sample from the smallest set with this probability (1)"),
    ("min-p", float, "cut what is below this share of the favourite (0)"),
    ("max-new-tokens", int, "sampled tokens at most (1-4096; 100)"),
    ("prefix", str, "how the answer begins"),
    ("delay", float, "seconds between tokens (0-2; 0)"),
    ("tau", float, "with --guard: a stricter line than the policy's (0-1)"),
)


class Command(BaseCommand):
    help = (
        "Generates one answer on the command line, text as it comes. With --json: the socket's messages, one"
        " a line, where `started` also holds `context_ids`, the exact tokens that the model was given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prompt", metavar="PROMPT", help="the user's turn (1-10,000 characters)")
        parser.add_argument("--json", action="store_true", help="messages instead of text")
        parser.add_argument("--model", help="a Hugging Face name or a directory, instead of SAFELENS_MODEL")
        parser.add_argument("--system", help="the system prompt")
        parser.add_argument(
            "--guard",
            action="store_true",
            help="judge it as the site judges everybody's, or by the bundled guard",
        )
        for name, kind, meaning in _SETTINGS:
            parser.add_argument(f"--{name}", type=kind, help=meaning)

    def handle(self, *args: object, prompt: str, json: bool, model: str | None, **options: Any) -> None:
        asked = self._asked(prompt, options)
        # Only now: what is wrong with the question is said at once, before torch is loaded.
        from generation.engine.build import NotDeterministic
        from generation.engine.loading import ModelUnavailable
        from generation.remote import serve_remote
        from generation.served import serve

        chosen = engine_options(model)
        try:
            served = serve_remote(chosen) if chosen.url else serve(chosen)
        except (ModelUnavailable, NotDeterministic) as error:
            raise CommandError(str(error)) from error
        for notice in served.notices:
            self.stderr.write(notice)
        try:
            _Telling(self, served, asked, json).run()
        finally:
            served.close()

    @staticmethod
    def _asked(prompt: str, options: dict[str, Any]) -> Generate:
        settings = {name.replace("-", "_"): options[name.replace("-", "_")] for name, _, _ in _SETTINGS}
        settings["guard"] = True if options["guard"] else None
        if settings["tau"] is not None and not options["guard"]:
            raise CommandError("tau: It belongs to a guard; give --guard too.")
        frame: dict[str, Any] = {
            "type": "generate",
            "prompt": prompt,
            "settings": {name: value for name, value in settings.items() if value is not None},
        }
        if options["system"] is not None:
            frame["system"] = options["system"]
        try:
            message = parse(orjson.dumps(frame))
        except Invalid as problem:
            field = problem.field.removeprefix("settings.").replace("_", "-")
            raise CommandError(f"{field}: {problem}") from problem
        except (TypeError, ValueError) as problem:  # bytes of the command line that are no text
            raise CommandError("The prompt must be valid UTF-8 text.") from problem
        assert isinstance(message, Generate)
        return message


class _Telling:
    """One run from its question to its last message."""

    def __init__(self, command: BaseCommand, served: Served, asked: Generate, json: bool) -> None:
        self._out, self._served, self._asked, self._json = command.stdout, served, asked, json
        given = Settings(model=served.name).with_given(asked.settings)
        self._settings = given if given.seed is not None else given.with_given({"seed": secrets.randbits(63)})
        self._run = secrets.token_urlsafe(12)
        self._stopped = threading.Event()
        self._watch: Watch | None = None
        self._steps: list[StepJson] = []
        self._index = self._sampled = self._nudges = 0
        self._first: float | None = None  # seconds until the first step

    def run(self) -> None:
        from generation.engine import Rejected
        from generation.narrator import Narrator
        from generation.text.conversation import ConversationRefused, Message

        messages = [Message("user", self._asked.prompt)]
        if self._asked.system:
            messages.insert(0, Message("system", self._asked.system))
        try:
            texts = self._served.conversation.encode(messages, self._settings.prefix)
            request = self._served.request(self._run, "", texts, self._settings)
            plain = not self._served.conversation.has_template
            self._context = texts.context_ids
            self._narrator = Narrator(
                self._served.pieces, [Origin.PREFIX] * len(texts.forced_ids), continues=plain
            )
            self._watch = self._guard() if self._settings.guard else None
            control = None
            if self._watch is not None:
                standing, control = self._watch.standing(), self._control
                request = replace(
                    request,
                    probes=standing.probes,
                    max_new=request.max_new + standing.ahead,
                    ahead=standing.ahead,
                )
            self._served.engine.submit(request, control)
        except (ConversationRefused, Rejected) as error:
            raise CommandError(str(error)) from error
        # Ctrl-C ends the run, not the program: what was said stays whole, and `finished` follows.
        before = signal.signal(signal.SIGINT, lambda *_: self._stopped.set())
        try:
            self._generate()
        finally:
            signal.signal(signal.SIGINT, before)

    def _guard(self) -> Watch:
        from generation.worker.alone import bench_alone
        from generation.worker.watch import Watch
        from guard.standing import Forbidden, NoGuard

        try:
            bench = bench_alone(self._served, self._settings.tau)
        except (NoGuard, Forbidden) as problem:
            raise CommandError(str(problem)) from problem
        return Watch(
            self._run,
            bench,
            self._served,
            context=len(self._context),
            heat=self._settings.temperature,
            most=self._settings.max_new_tokens,
        )

    def _control(self, step: Step) -> tuple[Action, ...]:
        """The same gate as in an engine: nothing is told but what it releases."""
        from generation.worker.veil import veiled
        from generation.worker.watch import Made
        from guard.policy.answer import Released

        assert self._watch is not None
        if step.end is not None:
            passed = self._watch.close(step)
        else:
            self._begin(step)
            passed = self._watch.take(Made(step, self._narrator.origin(step), self._narrator.now()))
        for item in passed.out:
            if isinstance(item, Released):
                made = item.payload
                record = self._narrator.tell(made.step, made.origin, made.t)
                record.guard = made.scores
                self._tell(record if item.tells else veiled(record))
            elif isinstance(item, Nudge | Retract | Verdict):
                self._event(item)
        return passed.actions

    def _generate(self) -> None:
        engine = self._served.engine
        self._begun = time.monotonic()
        self._say(Accepted(run=self._described()))
        closing = None
        while (pause := engine.pause) is not None:
            if self._stopped.wait(pause):
                engine.cancel(self._run)
            for step in engine.steps():
                if step.end is not None:
                    closing = step
                elif self._watch is None:
                    self._begin(step)
                    self._tell(self._narrator.tell(step))
            self._say_steps()
            self._out.flush()
        assert closing is not None
        self._finish(closing)

    def _begin(self, step: Step) -> None:
        """Once, when the first step comes, released or not."""
        if self._first is None:
            self._first = time.monotonic() - self._begun
            started = Started(run=self._run, prompt_tokens=len(self._context), reused_tokens=step.reused)
            self._say(started, context_ids=self._context)

    def _tell(self, record: StepRecord) -> None:
        from generation.narrator import as_json

        self._sampled += record.origin is Origin.SAMPLED
        if self._json:
            self._steps.append(as_json(self._index, record, self._served.pieces))
        else:
            self._out.write(record.text, ending="")
        self._index += 1

    def _event(self, message: Nudge | Retract | Verdict) -> None:
        self._say_steps()
        self._say(message)
        self._nudges += isinstance(message, Nudge)
        if isinstance(message, Retract) and not self._json:
            self._out.write(f"\n[{message.reason}]\n", ending="")

    def _say_steps(self) -> None:
        if self._steps:
            self._say(Steps(run=self._run, steps=self._steps))
            self._steps = []

    def _finish(self, closing: Step) -> None:
        from generation.narrator import REASONS

        assert closing.end is not None
        reason, sentence = REASONS[closing.end], closing.message
        scores = None
        if self._watch is not None:
            scores = self._watch.scores
            if reason is Reason.EOS and self._watch.gate.cut:
                reason = Reason.LENGTH
            self._watch.abandon()
            if self._watch.end is not None:
                reason, sentence = Reason(self._watch.end.reason), self._watch.end.sentence
        self._say(
            Finished(
                run=self._run,
                reason=reason,
                steps=self._index,
                usage={
                    "prompt_tokens": len(self._context),
                    "sampled_tokens": self._sampled,
                    "forced_tokens": self._index - self._sampled,
                },
                timings={
                    "queued": 0.0,
                    "first_step": round((self._first or 0.0) * 1000, 1),
                    "total": round((time.monotonic() - self._begun) * 1000, 1),
                },
                guard=scores,
                message=sentence or None,
            )
        )
        if not self._json:
            self._out.write("")
        if sentence:
            raise CommandError(sentence)

    def _described(self) -> Any:
        return {
            "id": self._run,
            "study": "",
            "parent": None,
            "at": None,
            "prompt": self._asked.prompt,
            "settings": self._settings.as_dict(),
            "status": "running",
            "reason": None,
            "steps": 0,
            "text": "",
            "nudges": 0,
            "created": timezone.now().isoformat(),
            "model": {"name": self._served.name, "fingerprint": self._served.fingerprint},
        }

    def _say(self, message: Any, **more: Any) -> None:
        if self._json:
            self._out.write(orjson.dumps(as_dict(message) | more).decode())


__all__ = ["Command"]
