"""The filters of the audit as a form: what is wrong is said beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from guard.audit import feed
from guard.audit.models import ScoreWeek
from guard.models import Policy

ACTIONS = (
    ("", "Any"),
    (feed.ALARMS, "Every alarm"),
    ("pass", "Pass"),
    ("flag", "Flag"),
    ("nudge", "Nudge"),
    ("rollback+nudge", "Rollback and nudge"),
    ("backtrack", "Backtrack"),
    ("steer", "Steer"),
    ("refuse", "Refuse"),
    ("block", "Block"),
    ("error", "Guard error"),
)
DAY = forms.DateInput(attrs={"type": "date"})
SCORE = forms.NumberInput(attrs={"step": "any", "min": "0", "max": "1"})


class FilterForm(forms.Form):
    user = forms.CharField(label="User", required=False, max_length=150)
    action = forms.ChoiceField(label="Action", required=False, choices=ACTIONS)
    policy = forms.ChoiceField(label="Policy", required=False)
    version = forms.IntegerField(label="Version", required=False, min_value=1, max_value=2**31 - 1)
    guard = forms.ChoiceField(label="Guard", required=False)
    lowest = forms.FloatField(label="Score from", required=False, min_value=0, max_value=1, widget=SCORE)
    highest = forms.FloatField(label="Score to", required=False, min_value=0, max_value=1, widget=SCORE)
    since = forms.DateField(label="From day", required=False, widget=DAY)
    until = forms.DateField(label="To day", required=False, widget=DAY)
    run = forms.CharField(label="Run", required=False, max_length=16)
    text = forms.CharField(label="Text of the answer", required=False, max_length=200)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="filter_%s")
        policies = Policy.objects.values_list("name", flat=True).order_by("name")
        guards = ScoreWeek.objects.values_list("guard", flat=True).distinct().order_by("guard")
        for name, known in (("policy", policies), ("guard", guards)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "Any"), *((one, one) for one in self._with_asked(name, list(known)))]

    def _with_asked(self, name: str, known: list[str]) -> list[str]:
        """A policy or guard that is gone can still be asked for: its verdicts stay."""
        asked = str(self.data.get(name, ""))[:100]
        return [*known, asked] if asked and asked not in known and "\0" not in asked else known

    def clean_user(self) -> int | None:
        name = self.cleaned_data["user"]
        if not name:
            return None
        found = get_user_model().objects.filter(username__iexact=name).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError("Nobody here has this name.")
        return int(found)

    def clean(self) -> None:
        given = self.cleaned_data
        for first, last in (("lowest", "highest"), ("since", "until")):
            if given.get(first) is not None and given.get(last) is not None and given[first] > given[last]:
                self.add_error(last, "The end comes before the beginning.")

    def wanted(self) -> feed.Wanted:
        given = self.cleaned_data
        return feed.Wanted(
            owner=given["user"],
            run=given["run"],
            guard=given["guard"],
            policy=given["policy"],
            version=given["version"],
            action=given["action"],
            lowest=given["lowest"],
            highest=given["highest"],
            since=given["since"],
            until=given["until"],
            text=given["text"],
        )
