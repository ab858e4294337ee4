"""Links: who makes them, what they open, and that nothing else is seen."""

from typing import Any

from django.test import Client, override_settings
from django.utils import timezone

from frontend.accounts import guests
from frontend.accounts.models import User
from generation import chunks, pruning, study_changes, vocabulary
from generation.begin import Asking, begin
from generation.models import Run, RunEvent, StepChunk
from generation.protocol import Branch, Generate
from generation.sharing import links
from generation.sharing.models import Share
from generation.text.pieces import Pieces
from tests.generation.saved import FINGERPRINT, MODEL, WORDS, block, text_of
from tests.people import PeopleTest

HTMX = {"HX-Request": "true"}
HOSTILE = "</script><img src=x onerror=alert(1)>"
SEED = 1


class SharingTest(PeopleTest):
    def setUp(self) -> None:
        super().setUp()
        vocabulary.keep(FINGERPRINT, MODEL, Pieces(WORDS))

    def run_of(self, prompt: str = "A harbour", steps: int = 5, **fields: Any) -> Run:
        return self.finished(begin(Asking(self.owner.pk, [MODEL]), Generate(prompt=prompt, **fields)), steps)

    def branch_of(self, run: Run, at: int, steps: int = 5) -> Run:
        return self.finished(begin(Asking(self.owner.pk, [MODEL]), Branch(run=run.id, at=at)), steps)

    def finished(self, run: Run, steps: int) -> Run:
        count = steps - run.at
        blob = block(SEED, run.at, count)
        StepChunk.objects.create(run=run, first=run.at, count=count, version=chunks.VERSION, blob=blob)
        Run.objects.filter(id=run.id).update(
            status="finished", reason="length", steps=steps, fingerprint=FINGERPRINT
        )
        run.refresh_from_db()
        return run

    def link(self, study: str, run: str | None = None, **fields: Any) -> str:
        return f"/shared/{links.token(links.make(self.owner.pk, study, run, **fields))}/"

    def tree(self, link: str) -> Any:
        return self.client.get(f"{link}tree.json").json()

    def said(self, link: str, run: str, after: int = -1) -> Any:
        answer = self.client.get(f"{link}runs/{run}.json", {"after": after})
        return answer.json()["messages"] if answer.status_code == 200 else answer.status_code

    def text(self, link: str, run: str) -> str:
        told = [message for message in self.said(link, run) if message["type"] == "steps"]
        return "".join(step["text"] for message in told for step in message["steps"])


class FollowingTest(SharingTest):
    def test_anybody_reads_what_a_link_opens(self) -> None:
        run = self.run_of()
        link = self.link(run.study_id)
        page = self.client.get(link)
        self.assertContains(page, "A harbour")
        self.assertNotContains(page, ">ann<")
        assert [one["id"] for one in self.tree(link)["runs"]] == [run.id]
        assert self.text(link, run.id) == text_of(SEED, 0, 5)
        assert self.said(link, run.id)[-1]["type"] == "finished"

    def test_no_search_engine_lists_it_and_no_other_site_learns_its_address(self) -> None:
        page = self.client.get(self.link(self.run_of().study_id))
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        assert page["Referrer-Policy"] == "no-referrer"
        self.assertContains(page, '<meta name="robots" content="noindex, nofollow">')
        assert "no-cache" in page["Cache-Control"] or "no-store" in page["Cache-Control"]
        assert "script-src 'self' 'nonce-" in page["Content-Security-Policy"]

    def test_a_wrong_link_opens_nothing(self) -> None:
        run = self.run_of()
        link = self.link(run.study_id)
        token = link.split("/")[2]
        flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
        for wrong in (
            flipped,
            token[:-1],
            token + "A",
            token[:16],
            run.study_id,
            "%00" * 59,
            "é" * 59,
            "x" * 9000,
        ):
            for path in (
                f"/shared/{wrong}/",
                f"/shared/{wrong}/tree.json",
                f"/shared/{wrong}/runs/{run.id}.json",
            ):
                assert self.client.get(path).status_code == 404, path
        with override_settings(SECRET_KEY="another key of more than fifty characters, as it has to be"):
            assert self.client.get(link).status_code == 404

    def test_it_can_only_be_read(self) -> None:
        run = self.run_of()
        link = self.link(run.study_id)
        for path in (link, f"{link}tree.json", f"{link}runs/{run.id}.json"):
            for client in (self.client, self.as_owner):
                assert client.post(path).status_code == 405

    def test_the_owner_is_named_only_if_they_want(self) -> None:
        run = self.run_of()
        named = self.link(run.study_id, named=True)
        self.assertContains(self.client.get(named), "Shared by <bdi>ann</bdi>")
        self.assertNotContains(self.client.get(self.link(run.study_id)), "Shared by")

    def test_a_title_is_text(self) -> None:
        page = self.client.get(self.link(self.run_of(HOSTILE).study_id))
        self.assertNotContains(page, "<img src=x")

    def test_a_link_opens_nothing_of_another_study(self) -> None:
        link, other = self.link(self.run_of().study_id), self.run_of("Else")
        assert self.said(link, other.id) == 404
        assert self.said(link, "x" * 500) == 404
        assert self.client.get(f"{link}runs/%00.json").status_code == 404

    def test_a_cursor_that_is_none_counts_as_the_start(self) -> None:
        run = self.run_of()
        link = self.link(run.study_id)
        for after in ("x", "", "-99", "9" * 100):
            assert self.client.get(f"{link}runs/{run.id}.json", {"after": after}).status_code == 200

    def test_a_long_answer_comes_in_pages(self) -> None:
        run = self.run_of(steps=1500)
        link = self.link(run.study_id)
        seen: list[int] = []
        pages = 0
        while True:
            told = self.said(link, run.id, after=len(seen) - 1)
            pages += 1
            seen += [step["i"] for message in told if message["type"] == "steps" for step in message["steps"]]
            if told[-1]["type"] == "finished":
                break
        assert seen == list(range(1500))
        assert 2 <= pages <= 4

    def test_more_runs_cost_no_more_queries(self) -> None:
        run = self.run_of()
        link = self.link(run.study_id)
        with self.assertNumQueries(4):
            self.tree(link)
        for _ in range(10):
            self.branch_of(run, 2)
        with self.assertNumQueries(4):
            assert len(self.tree(link)["runs"]) == 11


class ScopeTest(SharingTest):
    def test_a_shared_study_shows_what_is_added_later_once_it_is_finished(self) -> None:
        run = self.run_of()
        link = self.link(run.study_id)
        new = begin(Asking(self.owner.pk, [MODEL]), Branch(run=run.id, at=2))
        assert [one["id"] for one in self.tree(link)["runs"]] == [run.id]
        assert self.said(link, new.id) == 404
        self.finished(new, 5)
        assert {one["id"] for one in self.tree(link)["runs"]} == {run.id, new.id}
        assert self.text(link, new.id) == text_of(SEED, 0, 5)

    def test_a_shared_answer_shows_what_led_to_it_and_nothing_else(self) -> None:
        first = self.run_of("One")
        self.branch_of(first, 2)
        second = self.run_of("Two", after=first.id)
        branch = self.branch_of(second, 3)
        third = self.run_of("Three", after=branch.id)
        link = self.link(first.study_id, branch.id)
        tree = self.tree(link)
        assert [one["id"] for one in tree["runs"]] == [first.id, branch.id]
        assert [turn["text"] for turn in tree["turns"]] == ["One", "Two"]
        assert (tree["runs"][1]["parent"], tree["runs"][1]["at"]) == (None, None)
        assert self.text(link, branch.id) == text_of(SEED, 0, 5)
        for hidden in (second, third):
            assert self.said(link, hidden.id) == 404

    def test_what_was_deleted_is_not_shown(self) -> None:
        run = self.run_of()
        kept = self.branch_of(run, 3)
        link = self.link(run.study_id)
        pruning.delete(run.study, run.id, 3)
        assert [one["id"] for one in self.tree(link)["runs"]] == [kept.id]
        assert self.said(link, run.id) == 404
        alone = self.link(run.study_id, kept.id)
        pruning.delete(run.study, kept.id, 3)
        assert self.client.get(alone).status_code == 404

    def test_what_a_guard_took_back_is_never_said(self) -> None:
        run = self.run_of()
        for at, body in ((4, {"from": 2, "to": 3, "reason": "unsafe"}),):
            RunEvent.objects.create(run=run, position=at, seq=1, kind="retract", body=body)
        link = self.link(run.study_id)
        assert self.text(link, run.id) == text_of(SEED, 0, 2) + text_of(SEED, 4, 5)
        assert any(message["type"] == "retract" for message in self.said(link, run.id))
        steps = [step for one in self.said(link, run.id) if one["type"] == "steps" for step in one["steps"]]
        assert [step["i"] for step in steps] == [0, 1, 2, 3, 4]
        assert steps[2]["top"] == steps[3]["top"] == []

    def test_what_was_taken_back_behind_a_fork_leaves_the_branch_alone(self) -> None:
        run = self.run_of()
        RunEvent.objects.create(
            run=run, position=5, seq=1, kind="retract", body={"from": 2, "to": 4, "reason": "unsafe"}
        )
        branch = self.branch_of(run, 3)
        link = self.link(run.study_id)
        assert self.text(link, branch.id) == text_of(SEED, 0, 2) + text_of(SEED, 3, 5)

    def test_nothing_of_how_a_run_was_judged_or_queued_is_told(self) -> None:
        run = self.run_of()
        RunEvent.objects.create(
            run=run, position=5, seq=1, kind="verdict",
            body={"guard": "g", "label": "x", "score": 0.9, "action": "flag", "detail": "secret"},
        )  # fmt: skip
        told = {message["type"] for message in self.said(self.link(run.study_id), run.id)}
        assert told == {"steps", "finished"}


class MakingTest(SharingTest):
    def test_an_owner_makes_a_link_lists_it_and_takes_it_back(self) -> None:
        run = self.run_of()
        page = self.as_owner.post(f"/studies/{run.study_id}/share/", {"scope": "study"}, headers=HTMX)
        [share] = Share.objects.all()
        address = f"http://testserver/shared/{links.token(share)}/"
        self.assertContains(page, address)
        self.assertContains(self.as_owner.get("/shares/"), address)
        assert self.client.get(address).status_code == 200
        self.assertRedirects(self.as_owner.post(f"/shares/{share.id}/revoke/"), "/shares/")
        assert self.client.get(address).status_code == 404
        assert self.client.get(f"{address}runs/{run.id}.json").status_code == 404
        assert self.as_owner.post(f"/shares/{share.id}/revoke/").status_code == 404

    def test_the_same_thing_has_one_link(self) -> None:
        run = self.run_of()
        assert self.link(run.study_id) == self.link(run.study_id)
        assert len({self.link(run.study_id, run.id), self.link(run.study_id, named=True)}) == 2

    def test_one_answer_can_be_shared_alone(self) -> None:
        run = self.run_of()
        path = f"/studies/{run.study_id}/share/"
        self.assertContains(self.as_owner.get(path, {"run": run.id}), 'value="run"')
        self.as_owner.post(path, {"scope": "run", "run": run.id, "named": "on"})
        [share] = Share.objects.all()
        assert (share.run, share.named) == (run, True)

    def test_what_cannot_be_shared_is_said(self) -> None:
        run, other = self.run_of(), self.run_of("Else")
        going = begin(Asking(self.owner.pk, [MODEL]), Branch(run=run.id, at=2))
        path = f"/studies/{run.study_id}/share/"
        for wrong, sentence in (
            (going.id, "isn&#x27;t finished yet"),
            (other.id, "There is no such run."),
            ("\0", "There is no such run."),
        ):
            page = self.as_owner.post(path, {"scope": "run", "run": wrong}, headers=HTMX)
            self.assertContains(page, sentence)
        assert not Share.objects.exists()

    def test_a_stranger_shares_and_takes_back_nothing(self) -> None:
        run = self.run_of()
        share = links.make(self.owner.pk, run.study_id, None)
        path = f"/studies/{run.study_id}/share/"
        for client in (self.as_stranger, self.as_team_mate):
            assert client.get(path).status_code == 404
            assert client.post(path, {"scope": "study"}).status_code == 404
            assert client.post(f"/shares/{share.id}/revoke/").status_code == 404
            self.assertNotContains(client.get("/shares/"), share.id)
        assert links.follow(links.token(share)) == share

    def test_a_visitor_logs_in_first(self) -> None:
        run = self.run_of()
        for path in (f"/studies/{run.study_id}/share/", "/shares/"):
            self.assertRedirects(self.client.get(path), f"/accounts/login/?next={path}")
        assert self.client.post("/shares/x/revoke/").status_code == 302

    def test_they_take_no_other_method(self) -> None:
        run = self.run_of()
        assert self.as_owner.put(f"/studies/{run.study_id}/share/").status_code == 405
        assert self.as_owner.post("/shares/").status_code == 405
        assert self.as_owner.get("/shares/x/revoke/").status_code == 405

    def test_links_go_with_their_study_and_come_back_with_it(self) -> None:
        run = self.run_of()
        link = self.link(run.study_id)
        study_changes.delete(run.study)
        assert self.client.get(link).status_code == 404
        assert links.of(self.owner.pk) == []
        study_changes.restore(run.study)
        assert self.client.get(link).status_code == 200

    def test_links_go_with_their_owner(self) -> None:
        link = self.link(self.run_of().study_id)
        User.objects.filter(pk=self.owner.pk).update(is_active=False)
        assert self.client.get(link).status_code == 404

    def test_a_guest_s_links_go_along(self) -> None:
        guest = User.objects.create(username="guest-x", guest_since=timezone.now())
        run = begin(Asking(guest.pk, [MODEL]), Generate(prompt="A harbour"))
        share = links.make(guest.pk, run.study_id, None)
        guests.hand_over(guest, self.owner)
        assert Client().get(f"/shared/{links.token(share)}/").status_code == 200
        assert [one.id for one in links.of(self.owner.pk)] == [share.id]
