"""Turns to the exact token ids that the model reads, through its own chat template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import TemplateError

from generation.text.pieces import Pieces
from generation.text.shield import Shield

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Role = Literal["system", "user", "assistant"]

# Put before a text to learn how it is encoded in mid-text, and taken off again.
_ANCHORS = ("\n", "a", ".", "1")


class ConversationRefused(ValueError):
    """The model's template can't take this conversation; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Encoded:
    context_ids: tuple[int, ...]  # what the model reads first; never empty
    forced_ids: tuple[int, ...]  # the started answer, taken instead of sampled


class Conversation:
    """Encodes conversations for one model.

    Guarantees: the ids equal `apply_chat_template(…, tokenize=True)`, unless a text holds one of the model's
    control tokens: that stays text. A template that knows no system role, by refusing or by dropping it,
    gets the system text at the head of the first user turn. A template may write today's date, so the ids
    of a run that is to be repeated must be kept, not made again.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, pieces: Pieces) -> None:
        self._tokenizer = tokenizer
        self._pieces = pieces
        self._template = chat_template(tokenizer)
        self._shield = Shield(tokenizer, self._template or "")
        self._head = _opening_ids(tokenizer)
        # What a text is read after where nothing stands before it: as between two texts of the training.
        self._silence = [one for one in (tokenizer.bos_token_id, tokenizer.eos_token_id) if one is not None][
            :1
        ]

    @property
    def has_template(self) -> bool:
        """Without a template the model continues the plain text, and the page should say so."""
        return self._template is not None

    def encode(self, messages: Sequence[Message], prefix: str = "") -> Encoded:
        """The ids of a conversation whose next word is the assistant's, and of a started answer."""
        if not messages:
            raise ConversationRefused("A conversation needs at least one message.")
        context = self._context(messages)
        if not context:
            raise ConversationRefused("This model has no token for any of this text: write something else.")
        if not prefix:
            return Encoded(tuple(context), ())
        joint = self._started(messages, prefix)
        if joint is not None and joint[: len(context)] == context and len(joint) > len(context):
            return Encoded(tuple(context), tuple(joint[len(context) :]))
        return Encoded(tuple(context), self.encode_text(prefix, opens=self.has_template))

    def encode_text(self, text: str, *, opens: bool = False) -> tuple[int, ...]:
        """Ids of an edit, a nudge or a given text: no special tokens, whatever the text holds.

        The text goes on from what stands before it: the space that SentencePiece puts before a text isn't
        there. `opens`: the text begins an answer, and is encoded as the tokenizer encodes any text.
        """
        marked = self._shield.mark(text, answer=True)
        alone = self._shield.encode(marked)
        if opens or self._opens_alike(alone, text):
            return tuple(alone)
        for anchor in _ANCHORS:
            before = self._shield.encode(anchor)
            joint = self._shield.encode(anchor + marked)
            rest = joint[len(before) :]
            if before and joint[: len(before)] == before and self._opens_alike(rest, text):
                return tuple(rest)
        return tuple(alone)

    def _opens_alike(self, ids: list[int], text: str) -> bool:
        """Whether the ids begin with as many spaces as the text."""
        written = b"".join(map(self._pieces.bytes_of, ids))
        return len(written) - len(written.lstrip(b" ")) == len(text) - len(text.lstrip(" "))

    def _context(self, messages: Sequence[Message]) -> list[int]:
        if self._template is None:
            return self._plain(_plain_text(messages))
        return self._shield.encode(self._render(messages, add_generation_prompt=True))

    def _started(self, messages: Sequence[Message], prefix: str) -> list[int] | None:
        """The conversation with the started answer, encoded together; None where the template can't."""
        if self._template is None:
            return self._plain(_plain_text(messages) + prefix)
        started = [*messages, Message("assistant", prefix)]
        try:
            return self._shield.encode(self._render(started, continue_final_message=True))
        except ConversationRefused:
            return None

    def _plain(self, text: str) -> list[int]:
        ids = [*self._head, *self._shield.encode(self._shield.mark(text))]
        return ids if ids or text else self._silence

    def _render(self, messages: Sequence[Message], **how: Any) -> str:
        system = "\n\n".join(message.text for message in messages if message.role == "system")
        try:
            rendered = self._apply(messages, **how)
        except ConversationRefused:
            if not any(message.role == "system" for message in messages):
                raise
            return self._apply(_without_system(messages, system), **how)
        if all(self._marked(message).strip() in rendered for message in messages if message.role == "system"):
            return rendered
        return self._apply(_without_system(messages, system), **how)

    def _marked(self, message: Message) -> str:
        return self._shield.mark(message.text, answer=message.role == "assistant")

    def _apply(self, messages: Sequence[Message], **how: Any) -> str:
        turns = [{"role": message.role, "content": self._marked(message)} for message in messages]
        try:
            return str(self._tokenizer.apply_chat_template(turns, tokenize=False, **how))
        except (TemplateError, TypeError, ValueError) as error:
            sentence = "This model's chat template can't take this conversation"
            if isinstance(error, TemplateError) and (reason := " ".join(str(error).split())[:200]):
                sentence += f": {reason.rstrip('.')}"
            raise ConversationRefused(f"{sentence}.") from error


def chat_template(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """The model's default chat template, if it has one."""
    if not getattr(tokenizer, "chat_template", None):
        return None
    try:
        return str(tokenizer.get_chat_template())
    except ValueError:  # several named ones, none of them the default
        return None


def _without_system(messages: Sequence[Message], system: str) -> list[Message]:
    turns = [message for message in messages if message.role != "system"]
    if not system:
        return turns
    for i, message in enumerate(turns):
        if message.role == "user":
            turns[i] = replace(message, text=f"{system}\n\n{message.text}")
            return turns
    return [Message("user", system), *turns]


def _plain_text(messages: Sequence[Message]) -> str:
    """The text so far, for a model that only continues: answers follow their turns without a gap."""
    text = ""
    previous: Role | None = None
    for message in messages:
        if previous == "system":
            text += "\n\n"
        elif previous is not None and message.role != "assistant" and not text.endswith("\n"):
            text += "\n"
        text += message.text
        previous = message.role
    return text


def _opening_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """What the tokenizer puts before a plain text, a BOS token mostly."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a", add_special_tokens=True)["input_ids"]
    for i in range(len(full) - len(bare) + 1):
        if bare and full[i : i + len(bare)] == bare:
            return [int(token) for token in full[:i]]
    return []
