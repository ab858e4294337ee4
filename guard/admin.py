"""Artifacts and policies in the admin: drafts are edited and published, what is published is to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from guard import publishing
from guard.models import Artifact, Assignment, Policy, PolicyVersion
from guard.policy.broken import SpecBroken
from guard.policy.reading import read

if TYPE_CHECKING:
    ArtifactBase = admin.ModelAdmin[Artifact]
    PolicyBase = admin.ModelAdmin[Policy]
    VersionBase = admin.ModelAdmin[PolicyVersion]
    AssignmentBase = admin.ModelAdmin[Assignment]
    VersionFormBase = forms.ModelForm[PolicyVersion]
else:
    ArtifactBase = PolicyBase = VersionBase = AssignmentBase = admin.ModelAdmin
    VersionFormBase = forms.ModelForm


@admin.register(Artifact)
class ArtifactAdmin(ArtifactBase):
    """Made by `import_guard` and by training. `problem` says what the last engine that tried found."""

    list_display = ["name", "kind", "sha256", "problem", "created"]
    search_fields = ["name", "sha256"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Policy)
class PolicyAdmin(PolicyBase):
    list_display = ["name", "note", "created"]
    search_fields = ["name"]
    actions = ["publish"]

    @admin.action(description="Publish the drafts of the chosen policies", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Policy]) -> None:
        for policy in queryset:
            try:
                made = publishing.publish(policy, request.user.pk)
            except publishing.Unpublishable as problem:
                self.message_user(request, f"{policy}: {problem}", messages.ERROR)
            else:
                self.message_user(request, f"{made} is published.")


class VersionForm(VersionFormBase):
    class Meta:
        model = PolicyVersion
        fields = ["policy", "spec"]

    def clean_spec(self) -> Any:
        try:
            return read(self.cleaned_data["spec"]).as_json()
        except SpecBroken as problem:
            raise ValidationError(str(problem)) from problem


@admin.register(PolicyVersion)
class VersionAdmin(VersionBase):
    """Only the draft can be changed."""

    form = VersionForm
    list_display = ["policy", "number", "published", "by"]
    list_filter = ["policy"]
    readonly_fields = ["number", "published", "by", "artifacts"]

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return (obj is None or obj.number is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return obj is not None and obj.number is None and super().has_delete_permission(request, obj)


@admin.register(Assignment)
class AssignmentAdmin(AssignmentBase):
    list_display = ["policy", "model", "group", "token", "asked", "created"]
    list_filter = ["policy"]
    raw_id_fields = ["token"]
