from typing import TYPE_CHECKING, Any

from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from frontend.accounts.models import User

if TYPE_CHECKING:
    Base = UserAdmin[User]
else:
    Base = UserAdmin


@admin.register(User)
class PeopleAdmin(Base):
    """Without Django's two-column pickers and split dates, which a screen reader can't name."""

    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Whoever may remove people removes all that is theirs; it is counted, and not listed by its titles,
        which are what they wrote."""
        _, counts, _, protected = super().get_deleted_objects(objs, request)
        return [str(one) for one in objs], counts, set(), protected


# The provider of single sign-on comes from the settings, and its tokens aren't kept.
admin.site.unregister([SocialApp, SocialToken])
