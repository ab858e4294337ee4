from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from generation.access import tokens
from generation.access.models import ApiToken

if TYPE_CHECKING:
    TokenAdmin = admin.ModelAdmin[ApiToken]
else:
    TokenAdmin = admin.ModelAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(TokenAdmin):
    """To look at and to revoke. A token can't be made here: only its owner may see it."""

    list_display = ["name", "owner", "created", "last_used", "expires", "revoked"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Revoke the chosen tokens", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        owners = set(queryset.filter(revoked=None).values_list("owner", flat=True))
        count = queryset.filter(revoked=None).update(revoked=timezone.now())
        for owner in owners:
            tokens.revoked.send(ApiToken, owner=owner)
        self.message_user(request, f"{count} revoked.")
