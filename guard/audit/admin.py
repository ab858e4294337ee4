"""The audit behind the scenes: to be read. Nothing here is added, changed or removed by hand.

Texts are not among it: to look at one is noted, on the run's own page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from guard.audit.models import Entry, Head, Mark, ScoreWeek, Verdict

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class ReadOnly(Base):
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Nameless(ReadOnly):
    """Of rows whose name is what somebody wrote: they go by their number."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *more: Any, **named: Any
    ) -> Any:
        number = str(context["original"].pk)
        return super().render_change_form(
            request, context | {"original": number, "subtitle": number}, *more, **named
        )


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ("seq", "at", "kind", "actor", "subject", "hash")
    list_filter = ("kind",)
    search_fields = ("=subject", "=actor")


@admin.register(Verdict)
class VerdictAdmin(ReadOnly):
    list_display = ("entry_id", "created", "owner", "policy", "version", "guard", "action", "score", "run")
    list_select_related = ("owner",)
    list_filter = ("action", "final", "shadow")
    search_fields = ("=run", "=study")
    exclude = ("tape",)


@admin.register(ScoreWeek)
class ScoreWeekAdmin(ReadOnly):
    list_display = ("guard", "week", "runs", "broken")


@admin.register(Mark)
class MarkAdmin(ReadOnly):
    list_display = ("verdict", "by", "opinion", "at")
    list_select_related = ("verdict", "by")


admin.site.register(Head, ReadOnly)
