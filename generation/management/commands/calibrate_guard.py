"""`manage.py calibrate_guard NAME --data FILE|--sandbox --budget 0.01`: the line that a budget allows."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from guard import artifacts
from guard.evidence.artifact import Artifact, load, make
from guard.evidence.card import Threshold
from guard.evidence.refused import ArtifactRefused
from guard.evidence.shelf import keep
from guard.models import Policy, PolicyVersion
from guard.policy.broken import SpecBroken
from guard.policy.calibration import Calibrated, Uncalibratable, calibrate
from guard.policy.reading import read
from guard.policy.rule import Rule
from guard.policy.rules import RULES
from guard.policy.spec import Spec
from guard.policy.sure import surely
from guard.publishing import edit

Scores = dict[str, list[list[float]]]  # by guard, of each answer


class Command(BaseCommand):
    help = (
        "Finds the threshold at which a guard stops no more than a share of harmless answers. A policy's"
        " draft takes it over; a guard alone gets one for each rule on its card."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="a policy, or a guard")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument(
            "--data",
            type=Path,
            metavar="FILE",
            help="harmless answers, a JSON object a line: prompt, response",
        )
        source.add_argument("--sandbox", action="store_true", help="the sandbox model's own harmless answers")
        parser.add_argument(
            "--budget", type=float, default=0.01, help="the share that may be stopped (default: 0.01)"
        )
        parser.add_argument(
            "--sure",
            action="store_true",
            help="keep the budget on others like them too, with 95 of 100 certainty",
        )
        parser.add_argument("--model", help="the model that the guard reads (default: SAFELENS_MODEL)")
        parser.add_argument("--count", type=int, default=900, help="answers with --sandbox (default: 900)")
        parser.add_argument("--seed", type=int, default=1, help="of the answers with --sandbox")

    def handle(self, *args: object, name: str, budget: float, sure: bool, **options: object) -> None:
        policy = Policy.objects.filter(name=name).first()
        spec = None if policy is None else self._spec(policy)
        wanted = [name] if spec is None else [each.name for each in spec.at("stream")]
        if not wanted:
            raise CommandError(f"The policy {name} judges nothing in the stream.")
        try:
            guards, scores = self._scored(wanted, options)
            if policy is None or spec is None:
                self._card(guards[0], scores[name], budget, sure)
            else:
                self._draft(policy, spec, scores, budget, sure)
        except (ArtifactRefused, Uncalibratable) as error:
            raise CommandError(str(error)) from error

    @staticmethod
    def _spec(policy: Policy) -> Spec:
        versions = PolicyVersion.objects.filter(policy=policy)
        row = versions.filter(number=None).first() or versions.order_by("-number").first()
        if row is None:
            raise CommandError(f"The policy {policy} says nothing yet: edit its draft first.")
        try:
            return read(row.spec)
        except SpecBroken as error:
            raise CommandError(f"The policy {policy} can't be read: {error}") from error

    def _scored(self, wanted: Sequence[str], options: dict[str, object]) -> tuple[list[Artifact], Scores]:
        from generation import benign
        from generation.engine import Rejected
        from generation.engine.loading import ModelUnavailable
        from generation.engine.probes import Probe, ProbeBank
        from generation.home import home_at
        from generation.judging import scores
        from generation.options import engine_options
        from generation.served import serve
        from generation.text.conversation import Encoded

        model = options["model"]
        assert model is None or isinstance(model, str)
        chosen = engine_options(model)
        try:
            home = home_at(chosen.model, chosen.token)
            guards = [load(Path(self._row(name)), home) for name in wanted]
            bank = ProbeBank(tuple(Probe(one.name, one.module(), one.layers) for one in guards))
            served = serve(chosen, bank)
        except ModelUnavailable as error:
            raise CommandError(str(error)) from error
        data, count, seed = options["data"], options["count"], options["seed"]
        assert isinstance(count, int)
        assert isinstance(seed, int)
        if isinstance(data, Path):
            texts: Iterable[Encoded] = benign.from_file(data, served.conversation)
        else:
            if chosen.model != settings.SAFELENS_BUNDLED_MODEL:
                raise CommandError("Only the sandbox model can write its own data: use --data.")
            texts = benign.from_sandbox(Path(chosen.model), count, 1000 + seed)
        found: Scores = {name: [] for name in wanted}
        try:
            for one in scores(served.engine, wanted, texts):
                for name in wanted:
                    found[name].append(one[name])
        except (benign.BadData, Rejected) as error:
            raise CommandError(str(error)) from error
        return guards, found

    @staticmethod
    def _row(name: str) -> str:
        row = artifacts.newest(name)
        if row is None:
            raise CommandError(f"There is no policy and no guard named {name} here.")
        return row.where

    def _draft(self, policy: Policy, spec: Spec, scores: Scores, budget: float, sure: bool) -> None:
        for name, answers in scores.items():
            found = self._line(spec.rule, answers, budget, sure)
            spec = spec.calibrated(name, found.threshold, found.calibration)
            self._say(name, spec.rule.kind, found)
        edit(policy, spec)
        self.stdout.write(f"The draft of {policy} has it; it judges when it is published.")

    def _card(self, guard: Artifact, answers: list[list[float]], budget: float, sure: bool) -> None:
        thresholds = []
        for kind, rule in RULES.items():
            found = self._line(rule(), answers, budget, sure)
            told = found.calibration
            thresholds.append(Threshold(kind, budget, found.threshold, told.count, told.stopped, told.bound))
            self._say(guard.name, kind, found)
        calibration = replace(guard.card.calibration, thresholds=tuple(thresholds))
        made = make(replace(guard.card, calibration=calibration), guard.arrays)
        artifacts.register(keep(made, settings.DATA_DIR))
        self.stdout.write(f"The guard {guard.name} has a new card with them.")

    @staticmethod
    def _line(rule: Rule, answers: list[list[float]], budget: float, sure: bool) -> Calibrated:
        return (surely if sure else calibrate)(rule, answers, budget)

    def _say(self, guard: str, kind: str, found: Calibrated) -> None:
        told = found.calibration
        self.stdout.write(
            f"{guard}, {kind}: at {found.threshold:.6g} it stops {told.stopped} of {told.count:,} harmless"
            f" answers, and with 95 % confidence at most {told.bound:.2%} of others like them."
        )
