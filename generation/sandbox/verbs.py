"""What the `sandbox` command does, a function a verb. Each says whether everything was as it should be."""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

from . import workshop
from .corpus import build, topics
from .workshop import DATA, MODEL, Say

Options = dict[str, Any]


def corpus(options: Options, say: Say) -> bool:
    out: Path = options["out"] or DATA / "sandbox"
    seed = build.SEED if options["seed"] is None else options["seed"]
    count = options["count"] or build.TRAIN_COUNT
    written = build.save(out / "train.jsonl", build.training(seed, count))
    held = build.save(out / "held-out.jsonl", build.held_out(seed))
    say(f"{written:,} training conversations and {held:,} held-out questions are in {out}.")
    sums: dict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0])
    prompts: set[str] = set()
    answers: set[str] = set()
    for conversation in build.training(seed, min(count, 20_000)):
        for turn in conversation.turns:
            row = sums[turn.kind.topic]
            row[0], row[1], row[2] = row[0] + 1, row[1] + turn.bits, row[2] + len(turn.answer)
            prompts.add(turn.question)
            answers.add(turn.answer)
    turns = int(sum(row[0] for row in sums.values()))
    say(
        f"Of the first {turns:,} turns, {len(prompts):,} questions and {len(answers):,} answers are distinct."
    )
    for topic, (times, bits, length) in sorted(sums.items()):
        say(
            f"  {topic:12s} {times / turns:6.1%} of the turns, "
            f"{length / times:4.0f} signs and {bits / times:4.1f} bits an answer"
        )
    rng = random.Random(seed)
    for conversation in rng.sample(list(build.training(seed, min(count, 2_000))), min(count, 8)):
        for turn in conversation.turns:
            say(f"\n> {turn.question}\n{turn.answer}")
    return True


def train(options: Options, say: Say) -> bool:
    seed = build.SEED if options["seed"] is None else options["seed"]
    out: Path = options["out"] or DATA / "sandbox"
    made = workshop.train(out, say, seed=seed, device=options["device"], threads=options["threads"])
    if options["install"]:
        shutil.copytree(made, MODEL, dirs_exist_ok=True)
        made = MODEL
    say(f"The model is in {made}. Measure it with: manage.py sandbox check --model {made}")
    return True


def check(options: Options, say: Say) -> bool:
    from . import card, figures

    directory: Path = options["model"] or MODEL
    measured, _ = figures.measure(directory, options["prompts"], say)
    say("\n" + card.table(measured))
    for figure in measured:
        if not figure.met:
            say(f"Missed: {figure.name}.")
    if options["save"]:
        card.save(directory, measured, options["prompts"])
        say(f"The figures and the card are in {directory}.")
    return all(figure.met for figure in measured)


def guard(options: Options, say: Say) -> bool:
    from .guarding import recipe, report

    out: Path = options["out"] or recipe.GUARD
    artifact = recipe.train(options["model"] or MODEL, out, recipe.WHOLE, say)
    say(f"\n{report.text(artifact.card)}")
    for metric in artifact.card.metrics:
        if not metric.met:
            say(f"Missed: {metric.name}.")
    say(f"The guard and its card are in {out}.")
    return all(metric.met for metric in artifact.card.metrics)


def show(options: Options, say: Say) -> bool:
    from . import asking, figures
    from .sampling import Sampler

    sampler = Sampler(options["model"] or MODEL)
    questions = asking.asked(f"show {options['seed']}", options["count"], tuple(topics.SHARES))
    prompts = [sampler.prompt(question.messages) for question in questions]
    samples = sampler.sample(prompts, options["temperature"], seed=options["seed"])
    for question, sample in zip(questions, samples, strict=True):
        verdict = "as the grammar has it" if figures.to_the_point(question, sample) else "outside the grammar"
        say(f"> {question.messages[-1][1]}\n{sample.text}\n  ({question.kind.name}, {verdict})\n")
    return True
