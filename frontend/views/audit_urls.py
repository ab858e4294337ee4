from django.urls import path, re_path

from frontend.views import audit, audit_export, audit_rates, audit_story

urlpatterns = [
    path("", audit.verdicts, name="audit"),
    path("rates/", audit_rates.rates, name="audit_rates"),
    path("actions/", audit.actions, name="audit_actions"),
    re_path(r"^export\.(?P<form>csv|jsonl)$", audit_export.export, name="audit_export"),
    path("runs/<str:run>/", audit_story.story, name="audit_story"),
    path("runs/<str:run>/text/", audit_story.text, name="audit_text"),
    path("runs/<str:run>/mark/", audit_story.mark, name="audit_mark"),
]
