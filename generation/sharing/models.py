from django.conf import settings
from django.db import models

from generation.models import ID_LENGTH, Run, Study, new_id


class Share(models.Model):
    """A link by which anybody reads a study, or one answer with what led to it. Revoked, it is gone."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shares")
    study = models.ForeignKey(Study, models.CASCADE, related_name="shares")
    run = models.ForeignKey(Run, models.CASCADE, null=True, related_name="shares")  # None: the whole study
    named = models.BooleanField(default=False)  # whether readers are told the owner's name
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created", "id"]

    def __str__(self) -> str:
        return self.id
