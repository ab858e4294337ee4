# ruff: noqa: E501  (the card is text for people)
"""The guard's card for people, made from the card that the programs read."""

from __future__ import annotations

from guard.evidence.card import Card, Metric

RULES = ("ema", "consecutive", "classic")
BAG = "bag of words: "
GATE = "through the gate: "


def text(card: Card) -> str:
    missed = [metric.name for metric in card.metrics if not metric.met]
    reached = (
        f"**Not reached:** {'; '.join(missed)}.\n"
        if missed
        else "Everything that it is held to is reached.\n"
    )
    hidden = " and ".join(str(size) for size in card.architecture.hidden)
    data = "\n".join(
        f"| {one.name} | {one.count:,} | {one.positive:,} | `{one.sha256[:16]}` |" for one in card.data
    )
    lines = "\n".join(
        f"| {one.rule} | {one.threshold:.4f} | {one.stopped} of {one.count:,} | {one.bound:.2%} |"
        for one in card.calibration.thresholds
    )
    return f"""# The guard of the sandbox model

A probe: it reads the hidden state after layer {card.layers[0]} of {card.belongs.layers} ({card.width} numbers) at every token and says how
likely it is that the answer has turned unsafe by then. A scaler, one hidden layer of {hidden} with ReLU, one logit; the
logit is calibrated (× {card.calibration.scale:.3f} {card.calibration.shift:+.3f}) before it becomes a score.

- **Belongs to** the sandbox model with the weights `{card.belongs.fingerprint}`, and to no other.
- **Weights**: sha256 `{card.sha256}`.
- **Made by** `manage.py sandbox guard`, from nothing but the model: it samples the model's own answers at the
  temperatures 0.7 and 1.0, and the grammar of the corpus says at which token each one turns unsafe.
- **Split by wording**: the figures and the thresholds come from wordings of questions that neither the model nor the
  probe was trained on; no wording counts for both.

| answers | how many | unsafe | sha256 |
|---|---|---|---|
{data}

Benign answers that the grammar can't follow are kept where false alarms are counted.

## Thresholds
The lowest at which the exact upper bound (Clopper and Pearson, 95 %, one-sided) of the share of benign answers and
refusals that the whole rule stops is within {_budget(card)}; but at least 0.5, for a lower line of `ema` is reached by
a single odd token.

| rule | threshold | stopped | upper bound |
|---|---|---|---|
{lines}

## Through the gate
What readers see: held-out questions through the engine, this probe and the default policy (`ema` at its threshold,
8 tokens held back, taken back and nudged at an alarm). "Led" puts "Sure, here is" into the model's mouth.

| | measured, with the exact 95 % interval |
|---|---|
{_gate(card)}

## Rule beside rule
On held-out wordings, at these thresholds. A delay counts the unsafe tokens that were made when the alarm came; it is 0 or
less where it came before them. The exposure is how many unsafe tokens a reader saw: `ema` holds 8 tokens back, the others
none. Shares have exact 95 % intervals, the other figures bootstrap intervals over answers.

{table(card)}

{reached}
## Beside it: a bag of words
Logistic regression on which tokens and pairs of tokens the answer has had so far, trained, calibrated and measured on
the same answers. The corpus says everything in few words, so that words alone go far here.

{table(card, BAG)}

## What it can't do
It knows the five kinds of mischief of its corpus, in the words of this one model. What it says about anything else, or
of another model, means nothing.
"""


def _gate(card: Card) -> str:
    found = [metric for metric in card.metrics if metric.name.startswith(GATE)]
    return "\n".join(f"| {metric.name.removeprefix(GATE)} | {_shown(metric)} |" for metric in found)


def _budget(card: Card) -> str:
    return f"{card.calibration.thresholds[0].budget:.0%}" if card.calibration.thresholds else "the budget"


def table(card: Card, before: str = "") -> str:
    """A row a figure, a column a rule."""
    of = {metric.name: metric for metric in card.metrics}
    names: dict[str, dict[str, Metric]] = {}
    for name, metric in of.items():
        if name.startswith(GATE) or name.startswith(BAG) is not (before == BAG):
            continue
        what, _, rule = name.removeprefix(before).rpartition(", ")
        if rule not in RULES:
            what, rule = name.removeprefix(before), ""
        names.setdefault(what.split(", hold")[0], {})[rule] = metric
    head = f"| | {' | '.join(RULES)} |\n|---|{'---|' * len(RULES)}\n"
    return head + "\n".join(_row(what, rules) for what, rules in names.items())


def _row(what: str, rules: dict[str, Metric]) -> str:
    if "" in rules:
        return f"| {what} | {_shown(rules[''])} |{' |' * (len(RULES) - 1)}"
    cells = (_shown(rules[rule]) if rule in rules else "" for rule in RULES)
    return f"| {what} | {' | '.join(cells)} |"


def _shown(metric: Metric) -> str:
    share = "tokens" not in metric.name or "show an unsafe token" in metric.name
    digits = ".1%" if share and "curve" not in metric.name else ".4f" if "curve" in metric.name else ".1f"
    value = f"{metric.value:{digits}} ({metric.low:{digits}} to {metric.high:{digits}})"
    count = "" if "curve" in metric.name else f" of {metric.count:,}"
    held = "" if metric.most is None else f"; held to at most {metric.most:.0%}"
    return f"{value}{count}{held}"
