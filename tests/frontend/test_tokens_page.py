"""The page of a user's API tokens."""

import re
from datetime import timedelta
from typing import Any

from django.utils import timezone

from generation.access import tokens
from generation.access.models import ApiToken
from tests.people import PeopleTest

PAGE = "/accounts/tokens/"


class TokensTest(PeopleTest):
    def make(self, **fields: str) -> Any:
        return self.as_owner.post(PAGE, {"name": "laptop", "days": "30"} | fields)

    def test_a_token_is_shown_once_and_lets_its_owner_in(self) -> None:
        found = re.search(r'value="(safelens_[\w-]+)"', self.make().content.decode())
        assert found
        row = tokens.verify(found[1])
        assert row is not None
        assert row.owner == self.owner
        assert row.expires is not None
        assert abs(row.expires - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
        page = self.as_owner.get(PAGE)
        self.assertContains(page, "laptop")
        self.assertNotContains(page, found[1])

    def test_one_may_live_until_it_is_revoked(self) -> None:
        self.make(days="")
        assert ApiToken.objects.get().expires is None

    def test_what_is_revoked_lets_nobody_in(self) -> None:
        row, token = tokens.make(self.owner, "laptop")
        self.assertRedirects(self.as_owner.post(f"{PAGE}{row.pk}/revoke/"), PAGE)
        assert tokens.verify(token) is None
        self.assertNotContains(self.as_owner.get(PAGE), "<bdi>laptop</bdi>")
        assert self.as_owner.post(f"{PAGE}{row.pk}/revoke/").status_code == 404

    def test_nobody_sees_or_revokes_what_is_another_s(self) -> None:
        row, token = tokens.make(self.owner, "laptop")
        assert self.as_stranger.post(f"{PAGE}{row.pk}/revoke/").status_code == 404
        self.assertNotContains(self.as_stranger.get(PAGE), "laptop")
        assert tokens.verify(token) is not None

    def test_a_visitor_logs_in_first(self) -> None:
        for path in (PAGE, f"{PAGE}1/revoke/"):
            self.assertRedirects(self.client.post(path), f"/accounts/login/?next={path}")

    def test_it_takes_no_other_method(self) -> None:
        assert self.as_owner.put(PAGE).status_code == 405
        assert self.as_owner.get(f"{PAGE}1/revoke/").status_code == 405

    def test_a_token_opens_no_page_to_make_more(self) -> None:
        _, token = tokens.make(self.owner, "laptop")
        answer = self.client.get(PAGE, headers={"Authorization": f"Bearer {token}"})
        self.assertRedirects(answer, f"/accounts/login/?next={PAGE}")

    def test_what_is_wrong_is_said_beside_the_field(self) -> None:
        for fields in ({"name": ""}, {"name": "\0"}, {"name": "x" * 10_000}, {"days": "1000000"}):
            page = self.make(**fields)
            assert page.status_code == 422
            self.assertContains(page, 'id="token-wrong"', status_code=422)
        assert not ApiToken.objects.exists()

    def test_there_is_an_end_to_them(self) -> None:
        for n in range(50):
            tokens.make(self.owner, f"n{n}")
        self.assertContains(self.make(), "revoke one first", status_code=422)

    def test_names_are_text(self) -> None:
        self.make(name="<script>alert(1)</script>")
        self.assertNotContains(self.as_owner.get(PAGE), "<script>alert")
