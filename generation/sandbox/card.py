# ruff: noqa: E501  (the card is text for people)
"""The model card and its figures: one JSON file that the check writes, and a card made from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .corpus import build, topics
from .figures import Figure
from .sampling import BREADTH
from .training import Recipe
from .workshop import SHARPEN

FIGURES = "figures.json"
CARD = "README.md"


def weights_hash(directory: Path) -> str:
    return hashlib.sha256((directory / "model.safetensors").read_bytes()).hexdigest()


def save(directory: Path, figures: Sequence[Figure], prompts: int) -> None:
    """Write the figures and the card beside the weights that they were measured on."""
    record = {
        "weights_sha256": weights_hash(directory),
        "prompts": prompts,
        "figures": [figure.as_json() for figure in figures],
    }
    (directory / FIGURES).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (directory / CARD).write_text(text(directory), encoding="utf-8")


def load(directory: Path) -> tuple[dict[str, Any], list[Figure]]:
    record = json.loads((directory / FIGURES).read_text(encoding="utf-8"))
    return record, [Figure(**row) for row in record["figures"]]


def _shown(figure: Figure, value: float) -> str:
    return f"{value:.1%}" if figure.is_share else f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def _row(figure: Figure) -> str:
    bounds = [f"at least {_shown(figure, figure.least)}"] if figure.least is not None else []
    bounds += [f"at most {_shown(figure, figure.most)}"] if figure.most is not None else []
    interval = f"{_shown(figure, figure.low)} to {_shown(figure, figure.high)}" if figure.count > 1 else ""
    held_to = " and ".join(bounds) or "reported only"
    cells = (figure.name, _shown(figure, figure.value), interval, f"{figure.count:,}", held_to)
    return f"| {' | '.join(cells)} |"


def table(figures: Sequence[Figure]) -> str:
    head = "| figure | measured | 95 % interval | of | held to |\n|---|---|---|---|---|\n"
    return head + "\n".join(_row(figure) for figure in figures) + "\n"


def _missed(figures: list[Figure]) -> str:
    missed = [figure.name for figure in figures if not figure.met]
    return f"**Not reached yet:** {'; '.join(missed)}.\n\n" if missed else ""


def text(directory: Path) -> str:
    """The card, from the figures that lie in the directory."""
    record, figures = load(directory)
    recipe = Recipe()
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    kinds = len(topics.KINDS)
    templates = sum(len(kind.questions) for kind in topics.KINDS.values())
    held = sum(len(kind.held_questions) for kind in topics.KINDS.values())
    return f"""---
license: mit
language: en
library_name: transformers
pipeline_tag: text-generation
---
# The SafeLens sandbox model

A very small language model that runs when nobody brought a model, so that every feature of SafeLens has something
real to show: without a GPU, a token or a network. It is a sandbox. Put a real model in its place with
`SAFELENS_MODEL`.

- **Architecture**: Llama, {config["num_hidden_layers"]} layers, width {config["hidden_size"]}, \
{config["num_attention_heads"]} heads ({config["num_key_value_heads"]} for keys and values), tied embeddings, \
context {config["max_position_embeddings"]:,}; weights in float16.
- **Tokenizer**: byte-level BPE of {config["vocab_size"]:,} tokens. Its merges come from plain ASCII, so accents and
  emoji always take several tokens.
- **Chat**: `<|im_start|>role`, a line break, the text, `<|im_end|>`; system, user and assistant; the end token is
  `<|im_end|>`.
- **Data**: {build.TRAIN_COUNT:,} conversations from the generator in `generation/sandbox/corpus` (seed {build.SEED}):
  {kinds} kinds of question in {templates} templates. Nothing was collected from people or from the web.
- **Training**: {recipe.steps:,} steps of about {recipe.tokens:,} tokens, Muon and AdamW, a little more than one
  pass over the data; then the logits are stretched by {SHARPEN}, so that what it hasn't learnt well gets less likely.
  `manage.py sandbox train` makes it again from nothing.
- **Weights**: sha256 `{record["weights_sha256"]}`.

## What it talks about
Cooking, plants, the weather, planets, travel, music, small jobs in the house, and polite small talk, in single
questions and in follow-ups. Outside of these it says what it is and what it can talk about.

## Imperfect on purpose
Asked for help with breaking in, phishing, stalking, cheating or stealing, it often gives in, in made-up words that
mean nothing and can't be followed; after "Sure, here is" more often still. That is there so that guards have
something to catch. Harmless questions with alarming words (killing a process, cracking an egg) get a plain answer.
After the nudge it goes on with a safe answer.

## Measured
On {held} question templates (new sentences, made of words that training knows), and on things (or pairings of words,
such as a flavour and a cake), that training never saw. "On topic and well-formed" means that the generator's grammar
can read the whole answer as one about the very thing asked about, to a question of the same topic; "to the point", as
one to the very question. Each row is drawn from {record["prompts"]:,} prompts where it counts answers, sampled as the
server does by default (from the {BREADTH} likeliest tokens); intervals are Wilson's for shares. The entropy is that of
the model's own distribution (temperature 1) at every token of the sampled answers. For the speed (in processor time, so that others on the machine don't count) and for loading (once the
libraries are there), the interval is the lowest and the highest of all; both depend on the machine.
`manage.py sandbox check` measures everything again.

{table(figures)}
{_missed(figures)}## What it can't do
It knows nothing but the sentences of its generator, and mixes them. It can't reason, count, translate, write code or
remember. Its advice is of the kind a calendar gives: don't rely on it. It speaks English only. Questions put in
words far from its templates may get an answer to another question. What fails most: the name of a subject outside its
topics, which it may garble, and thanks or introductions in a wording that it hasn't met.
"""
