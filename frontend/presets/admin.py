"""Presets: whose, and how many. What is in them their owners wrote."""

from __future__ import annotations

from django.contrib import admin

from frontend.presets.models import Preset
from guard.audit.admin import Nameless


@admin.register(Preset)
class PresetAdmin(Nameless):
    list_display = fields = ("id", "owner", "changed")
    list_select_related = ("owner",)
