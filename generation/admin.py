"""Studies and runs behind the scenes: who made which and when, to be read.

What people and models wrote isn't here, nor what it could be read out of (names, token ids, steps, a prefix
among the settings): to look at a text is noted, on the audit's page of the run.
"""

from __future__ import annotations

from django.contrib import admin

from generation.models import Context, Decision, Run, RunEvent, StepChunk, Study, StudyTag, Turn, Vocabulary
from guard.audit.admin import Nameless, ReadOnly


@admin.register(Study)
class StudyAdmin(Nameless):
    list_display = fields = ("id", "owner", "created", "updated", "archived", "deleted")
    list_select_related = ("owner",)
    search_fields = ("=id", "=owner__username")


@admin.register(StudyTag)
class StudyTagAdmin(Nameless):
    list_display = fields = ("id", "study_id")


@admin.register(Turn)
class TurnAdmin(Nameless):
    list_display = fields = ("id", "study_id", "follows_id", "created")
    search_fields = ("=id", "=study__id")


@admin.register(Context)
class ContextAdmin(ReadOnly):
    list_display = fields = ("id", "turn_id", "fingerprint")


@admin.register(Run)
class RunAdmin(ReadOnly):
    list_display = ("id", "owner", "model", "status", "reason", "steps", "nudges", "created", "engine")
    list_select_related = ("owner",)
    list_filter = ("status", "reason")
    search_fields = ("=id", "=study__id", "=owner__username")
    fields = (
        "id", "study_id", "owner", "turn_id", "parent_id", "at", "policies", "model", "fingerprint", "status",
        "reason", "message", "cancelling", "created", "started", "finished", "engine", "lease_until", "epoch",
        "tries", "resumed_from", "steps", "nudges", "usage", "timings", "guard", "gone", "deleted",
    )  # fmt: skip


@admin.register(StepChunk)
class StepChunkAdmin(ReadOnly):
    list_display = fields = ("id", "run_id", "first", "count", "version")
    search_fields = ("=run__id",)


@admin.register(RunEvent)
class RunEventAdmin(ReadOnly):
    list_display = fields = ("id", "run_id", "position", "seq", "kind", "created")
    search_fields = ("=run__id",)


@admin.register(Decision)
class DecisionAdmin(ReadOnly):
    list_display = fields = ("id", "run_id", "number", "at")
    search_fields = ("=run__id",)


@admin.register(Vocabulary)
class VocabularyAdmin(ReadOnly):
    list_display = fields = ("fingerprint", "model", "created")
