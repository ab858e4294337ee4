"""The card of an artifact: everything that is known about a guard, beside its weights."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, get_args

from guard.evidence.architecture import KINDS as ARCHITECTURES
from guard.evidence.architecture import MOST_HIDDEN, WIDEST, Activation, Architecture, Norm
from guard.evidence.reading import Fields, parse
from guard.evidence.refused import ArtifactRefused

FORMAT = 1
MOST_BYTES = 1 << 20
KINDS = ("probe", "direction")
DTYPES = ("float32", "float16")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Belongs:
    """The model whose states this guard reads. `fingerprint` is of the weights; the name is for people."""

    name: str
    fingerprint: str
    layers: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """What it was trained or measured on. `licence` may be "unknown", but it is said."""

    name: str
    sha256: str
    count: int
    positive: int
    licence: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured number with its 95 % interval. `most` or `least`: what it is held to."""

    name: str
    value: float
    low: float
    high: float
    count: int
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )


@dataclass(frozen=True, slots=True)
class Threshold:
    """At this threshold a rule stopped `stopped` of `count` benign answers; `bound` is the exact 95 %
    upper bound of that share, `budget` what was asked for."""

    rule: str
    budget: float
    threshold: float
    count: int
    stopped: int
    bound: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """score = logistic(scale × logit + shift)."""

    scale: float = 1.0
    shift: float = 0.0
    thresholds: tuple[Threshold, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    architecture: Architecture
    layers: tuple[int, ...]  # as in Hugging Face's hidden_states: 0 the embeddings, -1 after the last norm
    width: int
    belongs: Belongs
    sha256: str  # of the weights' file
    dtype: str = "float32"
    chat_template: str | None = None  # sha256 of the template's text; None: it had none, or isn't known
    data: tuple[Dataset, ...] = ()
    metrics: tuple[Metric, ...] = ()
    calibration: Calibration = Calibration()
    notes: tuple[str, ...] = ()  # a sentence each
    kind: str = "probe"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ArtifactRefused(
                "A guard's name has small letters, digits, dots and dashes alone, at most 64."
            )
        if self.kind not in KINDS:
            raise ArtifactRefused("This kind of guard isn't known here.")
        is_direction = self.architecture.kind == "direction"
        if (self.kind == "direction") is not is_direction or (is_direction and len(self.layers) != 1):
            raise ArtifactRefused("A direction belongs to one layer, and judges nothing.")
        if self.dtype not in DTYPES or not _SHA256.fullmatch(self.sha256):
            raise ArtifactRefused("The card of this guard doesn't describe its weights.")
        if len(set(self.layers)) != len(self.layers):
            raise ArtifactRefused("The card of this guard names a layer twice.")
        if self.architecture.inputs != self.width * len(self.layers):
            raise ArtifactRefused("The card of this guard gives layers and width that don't fit its network.")
        most = self.belongs.layers
        if not all(-most - 1 <= layer <= most for layer in self.layers):
            raise ArtifactRefused("The card of this guard names a layer that its model doesn't have.")
        if self.calibration.scale <= 0:
            raise ArtifactRefused("The calibration of this guard would turn its scores round.")

    def as_json(self) -> dict[str, Any]:
        made = asdict(self)
        architecture = made.pop("architecture")
        architecture.pop("inputs")
        return {"format": FORMAT, "kind": made.pop("kind"), "architecture": architecture, **made}

    def encode(self) -> bytes:
        return (json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n").encode()


def decode(data: bytes) -> Card:
    """Raises ArtifactRefused with one sentence for anything that isn't a whole, known card."""
    card = parse(data, MOST_BYTES)
    if card.whole("format") != FORMAT:
        raise ArtifactRefused("This guard was written by another version of SafeLens.")
    card.known(
        "format", "kind", "name", "architecture", "layers", "width", "belongs", "sha256", "dtype",
        "chat_template", "data", "metrics", "calibration", "notes",
    )  # fmt: skip
    layers = card.wholes("layers", -1_000, 1_000)
    if not layers:
        raise ArtifactRefused("The card of this guard names no layer.")
    width = card.whole("width", 1)
    return Card(
        kind=card.text("kind"),
        name=card.text("name"),
        architecture=_architecture(card.part("architecture"), width * len(layers)),
        layers=layers,
        width=width,
        belongs=_belongs(card.part("belongs")),
        sha256=card.text("sha256"),
        dtype=card.text("dtype"),
        chat_template=card.maybe_text("chat_template"),
        data=tuple(_dataset(part) for part in card.parts("data")),
        metrics=tuple(_metric(part) for part in card.parts("metrics")),
        calibration=_calibration(card.part("calibration")),
        notes=card.texts("notes"),
    )


def _architecture(part: Fields, inputs: int) -> Architecture:
    part.known("kind", "hidden", "activation", "norm")
    kind, activation, norm = part.text("kind"), part.text("activation"), part.text("norm")
    hidden = part.wholes("hidden", 1, WIDEST)
    if len(hidden) > MOST_HIDDEN:
        raise part.wrong("hidden")
    known_kind = next((known for known in ARCHITECTURES if known == kind), None)
    known_activation: Activation | None = next((a for a in get_args(Activation) if a == activation), None)
    known_norm: Norm | None = next((known for known in get_args(Norm) if known == norm), None)
    if known_kind is None or known_activation is None or known_norm is None:
        raise ArtifactRefused("This guard has an architecture that SafeLens doesn't know.")
    return Architecture(known_kind, inputs, hidden, known_activation, known_norm)


def _belongs(part: Fields) -> Belongs:
    part.known("name", "fingerprint", "layers")
    return Belongs(part.text("name", 200), part.text("fingerprint", 200), part.whole("layers", 1, 1_000))


def _dataset(part: Fields) -> Dataset:
    part.known("name", "sha256", "count", "positive", "licence")
    return Dataset(
        part.text("name"), part.text("sha256"), part.whole("count"), part.whole("positive"),
        part.text("licence"),
    )  # fmt: skip


def _metric(part: Fields) -> Metric:
    part.known("name", "value", "low", "high", "count", "least", "most")
    return Metric(
        part.text("name"), part.number("value"), part.number("low"), part.number("high"),
        part.whole("count"), part.maybe_number("least"), part.maybe_number("most"),
    )  # fmt: skip


def _calibration(part: Fields) -> Calibration:
    part.known("scale", "shift", "thresholds")
    return Calibration(
        part.number("scale"), part.number("shift"), tuple(_threshold(one) for one in part.parts("thresholds"))
    )


def _threshold(part: Fields) -> Threshold:
    part.known("rule", "budget", "threshold", "count", "stopped", "bound")
    return Threshold(
        part.text("rule"), part.number("budget"), part.number("threshold"), part.whole("count", 1),
        part.whole("stopped"), part.number("bound"),
    )  # fmt: skip
