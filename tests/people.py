"""Three people, so that every view's ownership test is two lines: an owner, a team mate, a stranger."""

from django.core.cache import cache
from django.test import Client, TestCase

from frontend.accounts.creation import create
from frontend.accounts.models import User

PASSWORD = "a lighthouse at noon"


class PeopleTest(TestCase):
    """Each of the three has a logged-in client; `self.client` is nobody. No throttle is left from before."""

    owner: User
    team_mate: User
    stranger: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.owner = create("ann", PASSWORD, email="ann@example.org")
        cls.team_mate = create("ben", PASSWORD, email="ben@example.org")
        cls.stranger = create("cleo", PASSWORD, email="cleo@example.org")

    def setUp(self) -> None:
        cache.clear()
        self.as_owner = self.client_of(self.owner)
        self.as_team_mate = self.client_of(self.team_mate)
        self.as_stranger = self.client_of(self.stranger)

    def client_of(self, user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client
