from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower


class User(AbstractUser):
    """A person with an account. `Ann` and `ann` are the same name: the database refuses the second.

    A guest has no password and narrower limits (`generation.limits`), and is removed after some days.
    """

    guest_since = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="username_unique_in_any_case",
                violation_error_message="This name is taken: choose another.",
            )
        ]
