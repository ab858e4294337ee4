"""The audit: a chain of entries that nobody changes, the texts beside it, and rows for looking things up.

Runs and studies are plain ids: what was judged stays on record when a study is gone. The chain names people
by number alone; the names and texts that can be erased stand outside of it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

ID_LENGTH = 16
DIGEST = 64  # hexadecimal digits of a SHA-256


class Entry(models.Model):
    """One link. Written by `guard.audit.chain` alone; the database refuses UPDATE, DELETE and TRUNCATE."""

    class Kind(models.TextChoices):
        VERDICT = "verdict", "Verdict"
        PUBLISH = "publish", "Policy published"
        ASSIGN = "assign", "Policy assigned"
        LABEL = "label", "Label"
        EXPORT = "export", "Export"
        VIEW = "view", "Text viewed"
        ERASURE = "erasure", "Text erased"

    seq = models.BigIntegerField(primary_key=True, editable=False)  # dense, from 1
    at = models.DateTimeField(editable=False)
    kind = models.CharField(max_length=20, choices=Kind, editable=False)
    actor = models.CharField(max_length=80, editable=False)  # "user:12", or a part of the program: "engine"
    subject = models.CharField(max_length=120, editable=False)  # "run:…", "policy:…", "user:12"
    body = models.TextField(editable=False)  # canonical JSON, byte for byte what was hashed
    text_digest = models.CharField(max_length=DIGEST, blank=True, editable=False)  # salted; "" is: no text
    previous = models.CharField(max_length=DIGEST, editable=False)
    hash = models.CharField(max_length=DIGEST, unique=True, editable=False)

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["kind", "-seq"], name="entry_by_kind"),  # the list of staff's actions
            models.Index(fields=["subject", "-seq"], name="entry_by_subject"),  # who looked at this run
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.subject}"


class Text(models.Model):
    """What an entry's text digest stands for. Deleting the row erases the text and leaves the chain whole."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="text")
    salt = models.BinaryField(max_length=16, editable=False)
    text = models.TextField(editable=False)
    folded = models.TextField(editable=False)  # for searching, whatever the case

    def __str__(self) -> str:
        return f"Text of entry {self.entry_id}"


class Head(models.Model):
    """The one row that says where the chain ends. Whoever appends moves it, and so appends alone."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    seq = models.BigIntegerField(editable=False)
    hash = models.CharField(max_length=DIGEST, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_head")]

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


class Verdict(models.Model):
    """What one policy said of one run: at an alarm, and once more when the run ended (`final`).

    An index of the entry that stands behind it, for lists, filters and counts; `verify_audit` compares both.
    The entry's number is the key: newest first is by number, and no index needs a date besides.
    """

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="verdict")
    key = models.CharField(max_length=120, unique=True, editable=False)  # the same verdict isn't kept twice
    created = models.DateTimeField(editable=False)
    run = models.CharField(max_length=ID_LENGTH, editable=False)
    study = models.CharField(max_length=ID_LENGTH, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,  # `verdict_of_owner` serves
    )
    policy = models.CharField(max_length=100, editable=False)
    version = models.PositiveIntegerField(editable=False)
    place = models.CharField(max_length=10, editable=False)  # input, stream, output
    guard = models.CharField(max_length=100, editable=False)  # whose score decided
    rule = models.CharField(max_length=40, editable=False)
    action = models.CharField(max_length=20, editable=False)  # "pass", a rung of the ladder, or "error"
    shadow = models.BooleanField(editable=False)
    final = models.BooleanField(editable=False)
    alarms = models.PositiveIntegerField(editable=False)  # of this policy in this run so far
    score = models.FloatField(null=True, editable=False)  # none: the guard gave no number
    threshold = models.FloatField(null=True, editable=False)
    step = models.PositiveIntegerField(editable=False)  # how many steps stood before the decision
    shared = models.PositiveIntegerField(editable=False)  # how many of the tape's tokens are the parent's
    took = models.FloatField(editable=False)  # seconds
    held = models.PositiveIntegerField(editable=False)
    released = models.PositiveIntegerField(editable=False)
    dropped = models.PositiveIntegerField(editable=False)
    retracted = models.PositiveIntegerField(editable=False)
    detail = models.CharField(max_length=300, blank=True, editable=False)
    artifacts = models.JSONField(editable=False)  # name: SHA-256
    model = models.CharField(max_length=300, editable=False)
    fingerprint = models.CharField(max_length=100, editable=False)
    settings = models.JSONField(editable=False)  # of the sampler, with the seed
    tape = models.BinaryField(editable=False)  # `guard.audit.tape`: scores and fate of each token

    class Meta:
        ordering = ["-entry"]
        indexes = [
            # One for each filter of the feed, each in the feed's order, so that a page is read off its end.
            models.Index(fields=["owner", "-entry"], name="verdict_of_owner"),
            models.Index(fields=["guard", "-entry"], name="verdict_by_guard"),
            models.Index(fields=["policy", "version", "-entry"], name="verdict_by_policy"),
            models.Index(fields=["action", "-entry"], name="verdict_by_action"),
            # A narrow range of scores is found by the score and sorted.
            models.Index(fields=["score"], name="verdict_by_score"),
            # Dates, and the counts over time.
            models.Index(fields=["created", "final", "action"], name="verdict_by_date"),
            # One run's story.
            models.Index(fields=["run", "entry"], name="verdict_of_run"),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.run}"

    @property
    def milliseconds(self) -> str:
        """How long the decision took, with two significant digits."""
        return f"{self.took * 1000:.2g}" if self.took < 0.1 else f"{self.took * 1000:.0f}"


class ScoreWeek(models.Model):
    """How the scores of one guard were spread in one week: what drift is told from.

    Written under the chain's head, which whoever appends holds: never by two at once.
    """

    guard = models.CharField(max_length=100, editable=False)
    week = models.DateField(editable=False)  # its Monday, UTC
    runs = models.PositiveBigIntegerField(default=0, editable=False)
    counts = models.JSONField(editable=False)  # tokens by bin: `guard.audit.drift.EDGES`
    broken = models.PositiveBigIntegerField(default=0, editable=False)  # tokens without a number

    class Meta:
        ordering = ["guard", "week"]
        constraints = [models.UniqueConstraint(fields=["guard", "week"], name="scores_once_a_week")]

    def __str__(self) -> str:
        return f"{self.guard}, week of {self.week}"


class Mark(models.Model):
    """What a member of staff says of an alarm. The latest word of each; every word is an entry besides."""

    class Opinion(models.TextChoices):
        TRUE = "true", "True alarm"
        FALSE = "false", "False alarm"

    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="marks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    opinion = models.CharField(max_length=10, choices=Opinion)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["verdict", "by"], name="mark_once")]

    def __str__(self) -> str:
        return f"{self.opinion} of {self.verdict_id}"
