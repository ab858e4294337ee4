"""What stands about guards in the database: artifacts, policies and their versions, and whom they judge.

What a version means is `guard.policy`'s, which versions judge a run is `guard.standing`'s. Nothing here knows
a run: a run notes the ids of the versions that judge it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class Immutable(Exception):
    """A published version is what runs were judged by: it is never changed and never removed."""


class Artifact(models.Model):
    """A trained guard: weights and a card, in files. A new training is a new row under the same name."""

    name = models.CharField(max_length=100, help_text="What the guard is called, in policies and steps.")
    kind = models.CharField(max_length=20, default="probe")
    sha256 = models.CharField(max_length=64, unique=True, help_text="Of its weights.")
    card = models.JSONField(default=dict)
    where = models.CharField(max_length=500, help_text="Its directory, on every machine that judges.")
    problem = models.CharField(
        max_length=300, blank=True, help_text="Why the last engine that tried couldn't load it."
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-created"]

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:8]})"


class Policy(models.Model):
    """A rule with a history: its versions are numbered, and its draft is the only one that is edited."""

    name = models.CharField(
        max_length=100, unique=True, help_text="As verdicts have it: it stays, once a version is published."
    )
    note = models.CharField(max_length=300, blank=True, help_text="What it is for, in a sentence.")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        before = Policy.objects.filter(pk=self.pk).values_list("name", flat=True).first()
        if before not in (None, self.name) and self.versions.filter(number__isnull=False).exists():
            raise Immutable(f"The policy {before} has judged under its name, and keeps it.")
        super().save(*args, **kwargs)


class PolicyVersion(models.Model):
    """`number` is empty in a draft. `guard.publishing` gives it one; from then on code refuses to save or
    delete it, and a trigger refuses what goes past the code (see the migration)."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True, editable=False)
    spec = models.JSONField()
    artifacts = models.JSONField(
        default=dict, editable=False, help_text="The weights of each guard that it names, as published."
    )
    created = models.DateTimeField(auto_now_add=True)
    published = models.DateTimeField(null=True, editable=False)
    # Without a constraint: an account's removal must not touch what was published.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        editable=False,
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="version_once"),
            models.UniqueConstraint(fields=["policy"], condition=Q(number=None), name="one_draft"),
            models.CheckConstraint(
                condition=Q(number=None, published=None) | Q(number__gte=1, published__isnull=False),
                name="published_with_a_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {'draft' if self.number is None else self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.number is not None:
            raise Immutable(f"{self} is published and stays as it is: edit the draft.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        if self.number is not None:
            raise Immutable(f"{self} is published and stays as it is.")
        return super().delete(*args, **kwargs)


class Assignment(models.Model):
    """The policy's newest version judges these runs: with a group, those of its members; with a token, those
    that it starts; with neither, everybody's. Ending one is removing it."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="assignments")
    model = models.CharField(
        max_length=300, blank=True, help_text="Only runs of this model: a probe belongs to one. Empty: all."
    )
    # Nobody unguards people by removing their group: the assignment has to be ended first.
    group = models.ForeignKey("auth.Group", models.PROTECT, null=True, blank=True, related_name="+")
    token = models.ForeignKey("access.ApiToken", models.CASCADE, null=True, blank=True, related_name="+")
    asked = models.BooleanField(
        default=False, help_text="Only where the user switches the guard on. For optional policies."
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["policy", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(group=None) | Q(token=None),
                name="assigned_to_one",
                violation_error_message="Choose a group or a token, not both; neither is everybody.",
            )
        ]

    def __str__(self) -> str:
        whom = self.group or self.token or "everybody"
        return f"{self.policy} for {whom}"

    @property
    def whom(self) -> str:
        """As the audit names it: by number, for names can be erased."""
        if self.group_id is not None:
            return f"group:{self.group_id}"
        return "everybody" if self.token_id is None else f"token:{self.token_id}"
