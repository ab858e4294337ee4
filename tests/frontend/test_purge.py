from datetime import timedelta
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from django.utils.module_loading import import_string

from frontend.accounts.models import User
from generation.models import Study
from tests.people import PeopleTest


class PurgeTest(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        self.old = timezone.now() - timedelta(days=60)

    def said(self) -> str:
        output = StringIO()
        call_command("purge", stdout=output)
        return output.getvalue()

    def test_the_command_says_what_it_removed(self) -> None:
        Study.objects.create(owner=self.owner, title="Old", deleted=self.old)
        User.objects.create(username="guest-1", guest_since=self.old)
        assert self.said() == "Removed: studies 1, runs 0, guests 1.\n"
        assert self.said() == "Removed: studies 0, runs 0, guests 0.\n"

    def test_it_is_done_by_the_clock(self) -> None:
        Study.objects.create(owner=self.owner, title="Old", deleted=self.old)
        import_string(str(settings.CELERY_BEAT_SCHEDULE["purge"]["task"]))()
        assert not Study.objects.exists()
