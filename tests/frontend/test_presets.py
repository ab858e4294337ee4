import json
from typing import Any

from django.test import Client

from frontend.accounts import guests
from frontend.presets.models import Preset
from tests.people import PeopleTest

VALUES = {"temperature": "0.7", "system": "Be brief."}


class PresetsTest(PeopleTest):
    def ask(self, method: str, body: object = None, client: Client | None = None) -> Any:
        client = client or self.as_owner
        return client.generic(method, "/presets/", json.dumps(body), content_type="application/json")

    def names(self, client: Client | None = None) -> list[str]:
        return [one["name"] for one in self.ask("GET", client=client).json()["presets"]]

    def test_one_is_kept_overwritten_and_removed(self) -> None:
        assert self.ask("POST", {"name": " Careful ", "values": VALUES}).json()["presets"] == [
            {"name": "Careful", "values": VALUES}
        ]
        self.ask("POST", {"name": "Careful", "values": {"temperature": "0"}})
        assert self.ask("GET").json()["presets"] == [{"name": "Careful", "values": {"temperature": "0"}}]
        assert self.ask("DELETE", {"name": "Careful"}).json() == {"presets": []}
        assert self.ask("DELETE", {"name": "Careful"}).status_code == 404

    def test_everybody_has_their_own(self) -> None:
        self.ask("POST", {"name": "Careful", "values": VALUES})
        assert self.names(self.as_stranger) == []
        assert self.ask("DELETE", {"name": "Careful"}, self.as_stranger).status_code == 404
        self.ask("POST", {"name": "Careful", "values": {}}, self.as_stranger)
        assert self.ask("GET").json()["presets"] == [{"name": "Careful", "values": VALUES}]

    def test_a_visitor_is_refused(self) -> None:
        for method in ("GET", "POST", "DELETE"):
            assert self.ask(method, {}, self.client).status_code == 401
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(self.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert self.ask("POST", {"name": "Careful", "values": VALUES}, strict).status_code == 403

    def test_it_takes_no_other_method(self) -> None:
        assert self.ask("PUT").status_code == 405

    def test_what_is_wrong_is_said_and_nothing_kept(self) -> None:
        bodies: list[Any] = [
            None,
            [],
            {"name": "", "values": {}},
            {"name": "x" * 10_000, "values": {}},
            {"name": 5, "values": {}},
            {"name": "n", "values": {"temperature": 1}},
            {"name": "n", "values": {"__proto__": "x"}},
            {"name": "n", "values": {"system": "x" * 10_001}},
            {"name": "n"},
        ]
        for body in bodies:
            answer = self.ask("POST", body)
            assert answer.status_code == 400, body
            assert answer.json()["error"]["message"].endswith((".", "again."))
        for raw in (b"{", b"\xff", b'{"name": "\\ud83d", "values": {}}', b"x" * 70_000):
            answer = self.as_owner.generic("POST", "/presets/", raw, content_type="application/json")
            assert answer.status_code == 400
        assert not Preset.objects.exists()

    def test_there_is_an_end_to_them(self) -> None:
        for n in range(50):
            Preset.objects.create(owner=self.owner, name=f"n{n}", values={})
        assert "50 presets" in self.ask("POST", {"name": "more", "values": {}}).json()["error"]["message"]
        assert self.ask("POST", {"name": "n0", "values": VALUES}).status_code == 200

    def test_a_guest_s_go_along_and_overwrite_nothing(self) -> None:
        from django.utils import timezone

        from frontend.accounts.models import User

        guest = User.objects.create(username="guest-x", guest_since=timezone.now())
        for name in ("Mine", "Same"):
            Preset.objects.create(owner=guest, name=name, values={})
        Preset.objects.create(owner=self.owner, name="Same", values=VALUES)
        guests.hand_over(guest, self.owner)
        assert self.names() == ["Mine", "Same"]
        assert Preset.objects.get(owner=self.owner, name="Same").values == VALUES
