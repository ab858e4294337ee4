from __future__ import annotations

import secrets
import signal
import threading
import time
from argparse import ArgumentParser
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
    Origin,
    Settings,
    Started,
    Steps,
    as_dict,
    parse,
)

if TYPE_CHECKING:
    from generation.engine import Step
    from generation.served import Served

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
        for name, kind, meaning in _SETTINGS:
            parser.add_argument(f"--{name}", type=kind, help=meaning)

    def handle(self, *args: object, prompt: str, json: bool, model: str | None, **options: Any) -> None:
        asked = self._asked(prompt, options)
        # Only now: what is wrong with the question is said at once, before torch is loaded.
        from generation.engine.build import NotDeterministic
        from generation.engine.loading import ModelUnavailable
        from generation.served import serve

        try:
            served = serve(engine_options(model))
        except (ModelUnavailable, NotDeterministic) as error:
            raise CommandError(str(error)) from error
        for notice in served.notices:
            self.stderr.write(notice)
        _Telling(self, served, asked, json).run()

    @staticmethod
    def _asked(prompt: str, options: dict[str, Any]) -> Generate:
        settings = {name.replace("-", "_"): options[name.replace("-", "_")] for name, _, _ in _SETTINGS}
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

    def run(self) -> None:
        from generation.engine import Rejected
        from generation.text.conversation import ConversationRefused, Message

        messages = [Message("user", self._asked.prompt)]
        if self._asked.system:
            messages.insert(0, Message("system", self._asked.system))
        try:
            texts = self._served.conversation.encode(messages, self._settings.prefix)
            self._served.engine.submit(self._served.request(self._run, "", texts, self._settings))
        except (ConversationRefused, Rejected) as error:
            raise CommandError(str(error)) from error
        # Ctrl-C ends the run, not the program: what was said stays whole, and `finished` follows.
        before = signal.signal(signal.SIGINT, lambda *_: self._stopped.set())
        try:
            self._generate(texts.context_ids, len(texts.forced_ids))
        finally:
            signal.signal(signal.SIGINT, before)

    def _generate(self, context: tuple[int, ...], forced: int) -> None:
        from generation.narrator import REASONS, Narrator, as_json

        engine, begun = self._served.engine, time.monotonic()
        self._say(Accepted(run=self._described()))
        plain = not self._served.conversation.has_template
        narrator = Narrator(self._served.pieces, [Origin.PREFIX] * forced, continues=plain)
        index, first, closing = 0, 0.0, None
        while (pause := engine.pause) is not None:
            if self._stopped.wait(pause):
                engine.cancel(self._run)
            steps = []
            for step in engine.steps():
                if step.end is not None:
                    closing = step
                    continue
                if index == 0:
                    first = time.monotonic() - begun
                    self._started(context, step)
                record = narrator.tell(step)
                if not self._json:
                    self._out.write(record.text, ending="")
                steps.append(as_json(index, record, self._served.pieces))
                index += 1
            if steps:
                self._say(Steps(run=self._run, steps=steps))
            self._out.flush()
        assert closing is not None
        assert closing.end is not None
        sampled = index - forced
        self._say(
            Finished(
                run=self._run,
                reason=REASONS[closing.end],
                steps=index,
                usage={
                    "prompt_tokens": len(context),
                    "sampled_tokens": max(0, sampled),
                    "forced_tokens": min(forced, index),
                },
                timings={
                    "queued": 0.0,
                    "first_step": round(first * 1000, 1),
                    "total": round((time.monotonic() - begun) * 1000, 1),
                },
                message=closing.message or None,
            )
        )
        if not self._json:
            self._out.write("")
        if closing.message:
            raise CommandError(closing.message)

    def _started(self, context: tuple[int, ...], step: Step) -> None:
        started = Started(run=self._run, prompt_tokens=len(context), reused_tokens=step.reused)
        self._say(started, context_ids=context)

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
