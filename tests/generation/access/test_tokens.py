from datetime import timedelta

from django.utils import timezone

from generation.access import tokens
from generation.access.models import ApiToken
from tests.people import PeopleTest


class TokenTest(PeopleTest):
    def test_a_token_opens_its_owner_s_account(self) -> None:
        row, token = tokens.make(self.owner, "script")
        assert tokens.verify(token) == row
        assert row.owner == self.owner

    def test_only_its_digest_is_kept(self) -> None:
        _, token = tokens.make(self.owner, "script")
        kept = ApiToken.objects.values().get()
        assert token not in str(kept)
        assert token.removeprefix(tokens.PREFIX) not in str(kept)

    def test_no_two_are_alike(self) -> None:
        assert len({tokens.make(self.owner, "script")[1] for _ in range(50)}) == 50

    def test_anything_else_opens_nothing(self) -> None:
        row, token = tokens.make(self.owner, "script")
        for wrong in (
            "",
            token[:-1],
            token + "x",
            token.upper(),
            row.digest,
            "x" * 10_000,
            "é" * len(token),
            "\ud83d",
        ):
            assert tokens.verify(wrong) is None, wrong[:60]

    def test_a_revoked_one_opens_nothing_and_only_its_owner_revokes_it(self) -> None:
        row, token = tokens.make(self.owner, "script")
        assert not tokens.revoke(self.stranger, row.pk)
        assert tokens.verify(token) == row
        assert tokens.revoke(self.owner, row.pk)
        assert not tokens.revoke(self.owner, row.pk)
        assert tokens.verify(token) is None

    def test_an_expired_one_opens_nothing(self) -> None:
        now = timezone.now()
        _, past = tokens.make(self.owner, "past", expires=now - timedelta(seconds=1))
        _, future = tokens.make(self.owner, "future", expires=now + timedelta(hours=1))
        assert tokens.verify(past) is None
        assert tokens.verify(future) is not None

    def test_a_deactivated_owner_s_opens_nothing(self) -> None:
        _, token = tokens.make(self.owner, "script")
        self.owner.is_active = False
        self.owner.save()
        assert tokens.verify(token) is None

    def test_its_last_use_is_noted_but_not_at_every_request(self) -> None:
        row, token = tokens.make(self.owner, "script")
        with self.assertNumQueries(2):
            tokens.verify(token)
        with self.assertNumQueries(1):
            tokens.verify(token)
        row.refresh_from_db()
        assert row.last_used is not None
        earlier = row.last_used - timedelta(hours=1)
        ApiToken.objects.update(last_used=earlier)
        tokens.verify(token)
        row.refresh_from_db()
        assert row.last_used is not None
        assert row.last_used > earlier
