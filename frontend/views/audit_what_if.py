"""What another policy, or another line, would have said of a run: asked on its story's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from guard.audit import replaying
from guard.audit.models import Verdict
from guard.audit.replaying import Unknown
from guard.models import PolicyVersion
from guard.policy.broken import SpecBroken
from guard.policy.reading import read

LINE = forms.NumberInput(attrs={"step": "any", "min": "0", "max": "1"})


class WhatIfForm(forms.Form):
    version = forms.ModelChoiceField(
        PolicyVersion.objects.none(), label="Policy", empty_label="as it was", required=False
    )
    tau = forms.FloatField(label="Line", required=False, min_value=0, max_value=1, widget=LINE)

    def __init__(self, asked: Mapping[str, Any]) -> None:
        super().__init__(asked if "what_if" in asked else None, auto_id="what-if-%s")
        field = self.fields["version"]
        assert isinstance(field, forms.ModelChoiceField)
        published = PolicyVersion.objects.select_related("policy").exclude(number=None)
        field.queryset = published.order_by("policy__name", "-number")

    def answer(self, verdicts: Sequence[Verdict]) -> str:
        """In a sentence, of the newest verdict's tape."""
        version: PolicyVersion | None = self.cleaned_data["version"]
        tau: float | None = self.cleaned_data["tau"]
        last = max(verdicts, key=lambda one: (not one.shadow, one.pk))
        name = str(version) if version else f"{last.policy} {last.version}"
        line = "" if tau is None else f" with its line at {tau:g}"
        try:
            spec = read(version.spec) if version else replaying.spec_of(last)
            trace = replaying.otherwise(last, spec, tau)
        except Unknown as problem:
            return str(problem)
        except SpecBroken:
            return f"{name} can't be read."
        if not trace.crossings:
            return f"{name}{line} would not have fired."
        first = trace.crossings[0]
        more = len(trace.crossings) - 1
        then = f", and {more} more time{'s' if more > 1 else ''} in the text as it was" if more else ""
        return (
            f"{name}{line} would have fired before token {first.place + 1}: {first.guard} had reached "
            f"{first.statistic:.3f}, the line is {first.threshold:.3f}{then}."
        )
