"""Links that people gave out: to be read. To take one back is its owner's."""

from __future__ import annotations

from django.contrib import admin

from generation.sharing.models import Share
from guard.audit.admin import ReadOnly


@admin.register(Share)
class ShareAdmin(ReadOnly):
    list_display = fields = ("owner", "study_id", "run_id", "named", "created")
    list_select_related = ("owner",)
    search_fields = ("=owner__username", "=study__id")
