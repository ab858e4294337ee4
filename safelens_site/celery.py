"""Celery runs what is no token (exports, retention, training of guards): see CELERY_* in the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "safelens_site.settings")

app = Celery("safelens")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
