from typing import TYPE_CHECKING

from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

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


# The provider of single sign-on comes from the settings, and its tokens aren't kept.
admin.site.unregister([SocialApp, SocialToken])
