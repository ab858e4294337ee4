"""What is saved: studies, their turns, the runs of each turn, and the runs' steps.

A branch shares its parent's steps: its own begin at `at`, and nothing is copied (`generation.lineage`).
A run's `status`, `epoch` and lease are written by `generation.runs` alone.
"""

from __future__ import annotations

import secrets
import unicodedata

from django.conf import settings
from django.db import models

ID_LENGTH = 16


def new_id() -> str:
    """96 random bits: never reused, never guessed."""
    return secrets.token_urlsafe(12)


def is_id(text: object) -> bool:
    """Whether this may be asked for at all: no database is asked for half an emoji."""
    return isinstance(text, str) and 0 < len(text) <= ID_LENGTH and text.isascii() and text.isprintable()


def folded(text: str) -> str:
    """The form in which texts are searched: the same on every database, whatever the case or the accents."""
    return unicodedata.normalize("NFKC", text).casefold()


class Study(models.Model):
    """A saved conversation. Deleting marks it; what was marked 30 days ago is removed for good."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="studies")
    title = models.CharField(max_length=200, blank=True)
    folded_title = models.CharField(max_length=400, blank=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now_add=True)
    archived = models.DateTimeField(null=True, blank=True)
    deleted = models.DateTimeField(null=True, blank=True)
    # The run on which the study opens; none: the newest.
    favourite = models.ForeignKey("Run", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["-updated", "id"]
        indexes = [models.Index(fields=["owner", "deleted", "-updated", "id"], name="study_of_owner")]

    def __str__(self) -> str:
        return self.title or "Untitled study"


class StudyTag(models.Model):
    study = models.ForeignKey(Study, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=50)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "name"], name="tag_once_a_study")]
        indexes = [models.Index(fields=["name"], name="study_by_tag")]

    def __str__(self) -> str:
        return self.name


class Turn(models.Model):
    """A user's message. An edited one is a sibling: another turn that follows the same run."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="turns")
    follows = models.ForeignKey("Run", models.CASCADE, null=True, related_name="next_turns")
    system = models.TextField(blank=True)
    text = models.TextField(blank=True)  # empty: somebody else's text is read without a question
    folded = models.TextField(blank=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created", "id"]

    def __str__(self) -> str:
        return self.text[:80]


class Context(models.Model):
    """The exact tokens that the runs of a turn read first on some weights: a template may write today's date,
    and what is resumed, branched or repeated must not."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="contexts")
    fingerprint = models.CharField(max_length=100)
    ids = models.BinaryField()  # little-endian, four bytes each

    class Meta:
        constraints = [models.UniqueConstraint(fields=["turn", "fingerprint"], name="context_once")]

    def __str__(self) -> str:
        return f"{self.turn_id} for {self.fingerprint}"


class Run(models.Model):
    """One generated answer, or a text that was read (`given`)."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        FINISHED = "finished"

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    study = models.ForeignKey(Study, models.CASCADE, related_name="runs")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="runs")
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="runs")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="branches")
    at = models.PositiveIntegerField(default=0)  # how many steps are the parent's
    # A branch's edit: at most one of them.
    token = models.BigIntegerField(null=True)
    edit = models.TextField(blank=True)
    given = models.TextField(blank=True)  # a text to be read; nothing is sampled
    settings = models.JSONField()  # complete, seed included
    # The policy versions that judge it, fixed when it was asked for: what is published later changes nothing.
    policies = models.JSONField(default=list)
    model = models.CharField(max_length=300)
    fingerprint = models.CharField(max_length=100, blank=True)  # set by the first engine that takes the run

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    reason = models.CharField(max_length=10, blank=True)
    message = models.CharField(max_length=300, blank=True)  # of a failed or blocked run, for its owner
    cancelling = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)

    # The lease. Each claim has its own epoch; a writer with an older one is refused.
    engine = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # claims since the last one that made progress
    resumed_from = models.PositiveIntegerField(default=0)  # steps that were recorded at the last claim

    # Known at the end.
    steps = models.PositiveIntegerField(default=0)  # shared ones included
    nudges = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True)
    folded = models.TextField(blank=True, editable=False)
    usage = models.JSONField(default=dict)
    timings = models.JSONField(default=dict)
    guard = models.JSONField(null=True)
    opening = models.CharField(max_length=80, blank=True)  # how its own steps' text begins
    logprob = models.FloatField(null=True)  # mean of its own steps' natural log-probabilities
    gone = models.DateTimeField(null=True)  # its steps were deleted under the retention rule

    # Of its owner. What was deleted together has the same moment (`generation.pruning`).
    seen = models.BooleanField(default=False)
    deleted = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created", "id"]
        indexes = [
            models.Index(fields=["status", "model", "created"], name="run_queue"),
            models.Index(fields=["owner", "created"], name="run_of_owner"),
            models.Index(fields=["engine", "status"], name="run_of_engine"),
        ]

    def __str__(self) -> str:
        return self.id


class StepChunk(models.Model):
    """Some steps of a run in the encoding of `generation.chunks`; the version stands in the bytes too."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="chunks")
    first = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    version = models.PositiveSmallIntegerField()
    blob = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "first"], name="chunk_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.first}+{self.count}"


class RunEvent(models.Model):
    """What happened to a run besides its steps: `started`, `nudge`, `verdict`, `retract`.

    It stands behind `position` steps, as the `seq`-th event there.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="events")
    position = models.PositiveIntegerField()
    seq = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    body = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position", "seq"], name="event_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} at {self.position}"


class Decision(models.Model):
    """What a policy did to a run, whole: an engine that takes the run over goes on as if nothing had come
    between. What of it is for the run's readers is a `RunEvent` too."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="decisions")
    number = models.PositiveIntegerField()  # in the order in which they were made, from 0
    at = models.PositiveIntegerField()  # it stands before the step with this index
    body = models.JSONField()  # guard.policy.events.Event

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="decision_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.body.get('kind')} at {self.at}"


class Vocabulary(models.Model):
    """The pieces of a model's vocabulary, so that its runs stay readable when the model is gone."""

    fingerprint = models.CharField(primary_key=True, max_length=100)
    model = models.CharField(max_length=300)
    pieces = models.BinaryField()  # generation.text.blob
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "vocabularies"

    def __str__(self) -> str:
        return self.model
