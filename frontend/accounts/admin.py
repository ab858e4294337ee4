from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from frontend.accounts.models import User

admin.site.register(User, UserAdmin)
# The provider of single sign-on comes from the settings, and its tokens aren't kept.
admin.site.unregister([SocialApp, SocialToken])
