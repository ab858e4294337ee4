from django.apps import AppConfig
from django.contrib.admin import apps


class FrontendConfig(AppConfig):
    name = "frontend"
    verbose_name = "Pages"


class AdminConfig(apps.AdminConfig):
    default_site = "frontend.admin_site.AdminSite"
