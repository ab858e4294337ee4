"""Artifacts and policies in the admin: drafts are edited and published, what is published is to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from guard import publishing, standing
from guard.audit import staff
from guard.models import Artifact, Assignment, Policy, PolicyVersion
from guard.policy import shipped
from guard.policy.broken import SpecBroken
from guard.policy.reading import read

if TYPE_CHECKING:
    ArtifactBase = admin.ModelAdmin[Artifact]
    PolicyBase = admin.ModelAdmin[Policy]
    VersionBase = admin.ModelAdmin[PolicyVersion]
    AssignmentBase = admin.ModelAdmin[Assignment]
    VersionFormBase = forms.ModelForm[PolicyVersion]
    AssignmentFormBase = forms.ModelForm[Assignment]
else:
    ArtifactBase = PolicyBase = VersionBase = AssignmentBase = admin.ModelAdmin
    VersionFormBase = AssignmentFormBase = forms.ModelForm

SPEC_HELP = (
    "evidence: name, and threshold or budget, of each guard. rule: classic, consecutive or ema. ladder: flag,"
    " nudge, rollback+nudge, backtrack, steer, then refuse or block. hold: 0 to 64. optional, shadow: true or"
    " false. What isn't named is as usual."
)


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
    """Its versions are below it: each can be looked at, the draft can be changed, and publishing is an action
    of the list."""

    list_display = ["name", "note", "newest", "has_draft", "judges"]
    search_fields = ["name"]
    actions = ["publish"]

    def get_readonly_fields(self, request: HttpRequest, obj: Policy | None = None) -> list[str]:
        if obj is None:
            return []
        is_published = obj.versions.filter(number__isnull=False).exists()
        return [*(["name"] if is_published else []), "newest", "has_draft", "judges", "next_draft"]

    def get_fields(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        more = ["newest", "has_draft", "judges", "next_draft"] if obj is not None else []
        return ["name", "note", *more]

    @admin.display(description="newest version")
    def newest(self, policy: Policy) -> str:
        found = standing.newest([policy.pk])
        return _linked(found[0], str(found[0].number)) if found else "not published yet"

    @admin.display(description="draft")
    def has_draft(self, policy: Policy) -> str:
        draft = policy.versions.filter(number=None).first()
        return _linked(draft, "to be published") if draft else "none"

    @admin.display(description="judges")
    def judges(self, policy: Policy) -> str:
        found = policy.assignments.select_related("policy", "group", "token__owner")
        parts = format_html_join(", ", "{}", [(_linked(one, _said(one)),) for one in found])
        return parts or "nobody"

    @admin.display(description="next version")
    def next_draft(self, policy: Policy) -> str:
        if policy.versions.filter(number=None).exists():
            return "Change the draft, then publish it in the list of policies."
        address = reverse("admin:guard_policyversion_add") + f"?policy={policy.pk}"
        return format_html('<a href="{}">Draft the next version</a>', address)

    @admin.action(description="Publish the drafts of the chosen policies", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Policy]) -> None:
        for policy in queryset:
            try:
                made = publishing.publish(policy, request.user.pk)
            except publishing.Unpublishable as problem:
                self.message_user(request, f"{policy}: {problem}", messages.ERROR)
            else:
                self.message_user(request, f"{made} is published.")


def _linked(row: Model, text: str) -> str:
    address = reverse(f"admin:guard_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text)


def _said(one: Assignment) -> str:
    whom = str(one.group or one.token or "everybody")
    return whom + (f" with {one.model}" if one.model else "") + (", where asked for" if one.asked else "")


class VersionForm(VersionFormBase):
    class Meta:
        model = PolicyVersion
        fields = ["policy", "spec"]
        help_texts = {"spec": SPEC_HELP}

    def clean_policy(self) -> Policy:
        """The database's own constraint is on a field that no form has."""
        policy: Policy = self.cleaned_data["policy"]
        if policy.versions.filter(number=None).exclude(pk=self.instance.pk).exists():
            raise ValidationError("This policy has a draft already: change that one.")
        return policy

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
    list_select_related = ["policy", "by"]
    readonly_fields = ["number", "published", "by", "artifacts"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A draft begins as the newest version, or as the shipped one: there is something to change."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        policy = given.get("policy", "")
        found = standing.newest([int(policy)]) if policy.isascii() and policy.isdecimal() else []
        guard = Artifact.objects.filter(kind="probe").first()
        spec = found[0].spec if found else shipped.default(guard.name if guard else "name-of-a-guard")
        return given | {"spec": spec}

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return (obj is None or obj.number is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        return obj is not None and obj.number is None and super().has_delete_permission(request, obj)


class AssignmentForm(AssignmentFormBase):
    class Meta:
        model = Assignment
        fields = ["policy", "model", "group", "token", "asked"]

    def clean(self) -> dict[str, Any] | None:
        policy, asked = self.cleaned_data.get("policy"), self.cleaned_data.get("asked")
        if policy is not None:
            found = standing.newest([policy.pk])
            if not found:
                raise ValidationError(
                    {"policy": "This policy has no published version yet: it judges nobody."}
                )
            if asked and not found[0].spec.get("optional"):
                sentence = "This policy is mandatory: it judges whether it is asked for or not."
                raise ValidationError({"asked": sentence})
        return super().clean()


@admin.register(Assignment)
class AssignmentAdmin(AssignmentBase):
    """Each one that is made, changed or ended is an entry of the audit, in the same transaction."""

    form = AssignmentForm
    list_display = ["policy", "model", "group", "token", "asked", "created"]
    list_filter = ["policy"]
    list_select_related = ["policy", "group", "token__owner"]
    raw_id_fields = ["token"]

    def save_model(self, request: HttpRequest, obj: Assignment, form: Any, change: bool) -> None:
        if change:
            self._tell(request, Assignment.objects.get(pk=obj.pk), ended=True)
        super().save_model(request, obj, form, change)
        self._tell(request, obj)

    def delete_model(self, request: HttpRequest, obj: Assignment) -> None:
        self._tell(request, obj, ended=True)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        with transaction.atomic():
            for one in queryset.select_related("policy"):
                self._tell(request, one, ended=True)
            super().delete_queryset(request, queryset)

    @staticmethod
    def _tell(request: HttpRequest, one: Assignment, ended: bool = False) -> None:
        staff.assigned(request.user.pk, one.policy.name, one.whom, one.model, one.asked, ended)
