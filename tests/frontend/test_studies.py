"""The list of studies: what it shows, and what its owner does to one there. Nobody else can."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone as clock

from generation import study_changes
from generation.begin import Asking, begin
from generation.models import Run, Study, StudyTag
from generation.protocol import Generate
from tests.people import PeopleTest

HTMX = {"HX-Request": "true"}
HOSTILE = "<script>alert(1)</script>"
CHANGES = ("rename", "tag", "untag", "archive", "unarchive", "delete")


class StudiesTest(PeopleTest):
    def study(self, title: str = "A harbour", **fields: Any) -> Study:
        return Study.objects.create(owner=self.owner, title=title, folded_title=title.casefold(), **fields)

    def titles(self, **query: str) -> list[str]:
        page = self.as_owner.get("/studies/", query, headers=HTMX)
        assert page.status_code == 200
        return [study.title for study in page.context["studies"]]

    def change(self, study: Study, what: str, **fields: str) -> Any:
        return self.as_owner.post(f"/studies/{study.id}/{what}/", fields, headers=HTMX)


class OwnershipTest(StudiesTest):
    def test_a_stranger_finds_nothing_to_change(self) -> None:
        study = self.study()
        for what in (*CHANGES, "restore"):
            for client in (self.as_stranger, self.as_team_mate):
                assert client.post(f"/studies/{study.id}/{what}/", {"title": "Mine"}).status_code == 404
        assert self.as_stranger.get(f"/studies/{study.id}/edit/").status_code == 404
        study.refresh_from_db()
        assert (study.title, study.deleted, study.archived) == ("A harbour", None, None)

    def test_a_visitor_logs_in_first(self) -> None:
        study = self.study()
        for what in (*CHANGES, "restore"):
            path = f"/studies/{study.id}/{what}/"
            self.assertRedirects(self.client.post(path), f"/accounts/login/?next={path}")

    def test_looking_changes_nothing(self) -> None:
        study = self.study()
        for what in (*CHANGES, "restore"):
            assert self.as_owner.get(f"/studies/{study.id}/{what}/").status_code == 405
        assert self.as_owner.post(f"/studies/{study.id}/edit/").status_code == 405

    def test_an_id_that_is_none_is_not_found(self) -> None:
        for path in ("no-such-study", "%00", "%F0%9F%98", "x" * 500):
            assert self.as_owner.post(f"/studies/{path}/delete/").status_code == 404


class ChangesTest(StudiesTest):
    def test_a_study_gets_another_name(self) -> None:
        study = self.study()
        answer = self.change(study, "rename", title="  A  mountain\r\n at noon ")
        study.refresh_from_db()
        assert study.title == "A mountain at noon"
        assert self.titles(search="MOUNTAIN") == ["A mountain at noon"]
        told = json.loads(answer["HX-Trigger"])["study-changed"]
        assert told == {"id": study.id, "title": "A mountain at noon"}

    def test_a_wrong_name_is_refused_beside_its_field(self) -> None:
        study = self.study()
        for title, sentence in (
            ("", "A title needs at least one letter."),
            ("\0\n", "A title needs at least one letter."),
            ("x" * 10_000, "A title has at most 200 characters."),
        ):
            for headers in (HTMX, {}):
                page = self.as_owner.post(f"/studies/{study.id}/rename/", {"title": title}, headers=headers)
                assert page.status_code == (200 if headers else 422)
                assert sentence in page.content.decode()
        study.refresh_from_db()
        assert study.title == "A harbour"

    def test_half_a_character_and_control_characters_are_left_out(self) -> None:
        study = self.study()
        body = b"title=a%ED%A0%BDb%00c"
        self.as_owner.post(
            f"/studies/{study.id}/rename/", body, content_type="application/x-www-form-urlencoded"
        )
        study.refresh_from_db()
        assert study.title.startswith("a")
        assert "\0" not in study.title
        study.title.encode()
        study_changes.rename(study, "half \ud83d of it")
        study.refresh_from_db()
        assert study.title == "half of it"

    def test_a_title_turns_no_sentence_round(self) -> None:
        study = self.study("abc \u202egnp.exe")
        assert "\u202e" not in self.change(study, "delete").content.decode()
        self.change(study, "restore")
        self.change(study, "rename", title="abc \u202e\u2066gnp")
        study.refresh_from_db()
        assert study.title == "abc gnp"

    def test_names_and_tags_are_text(self) -> None:
        study = self.study()
        self.change(study, "rename", title=HOSTILE)
        self.change(study, "tag", tag="<b>\u202e")
        for path in ("/studies/", f"/studies/{study.id}/edit/", f"/studies/{study.id}/", "/"):
            page = self.as_owner.get(path)
            self.assertNotContains(page, HOSTILE)
            self.assertContains(page, "&lt;script&gt;alert(1)")
        self.assertContains(self.as_owner.get("/studies/"), '<bdi class="tag">&lt;b&gt;')

    def test_tags_come_and_go_and_are_one_in_any_case(self) -> None:
        study = self.study()
        for tag in ("Guard", "guard ", "GUARD", "second"):
            self.change(study, "tag", tag=tag)
        assert sorted(study.tags.values_list("name", flat=True)) == ["Guard", "second"]
        self.change(study, "untag", tag="Guard")
        self.change(study, "untag", tag="Guard")
        assert list(study.tags.values_list("name", flat=True)) == ["second"]

    def test_a_wrong_tag_is_refused_beside_its_field(self) -> None:
        study = self.study()
        for tag, sentence in (("", "A tag needs"), ("x" * 10_000, "A tag has at most 50 characters.")):
            page = self.change(study, "tag", tag=tag)
            assert sentence in page.content.decode()
        StudyTag.objects.bulk_create(StudyTag(study=study, name=f"t{n}") for n in range(20))
        assert "at most 20 tags" in self.change(study, "tag", tag="more").content.decode()
        assert study.tags.count() == 20

    def test_the_archive_is_a_place_of_its_own(self) -> None:
        study = self.study()
        self.change(study, "archive")
        assert self.titles() == []
        assert self.titles(place="archived") == ["A harbour"]
        assert self.as_owner.get(f"/studies/{study.id}/").status_code == 200
        self.change(study, "unarchive")
        assert self.titles() == ["A harbour"]

    def test_what_is_deleted_can_be_brought_back(self) -> None:
        study = self.study()
        answer = self.change(study, "delete")
        self.assertContains(answer, f"/studies/{study.id}/restore/")
        assert (self.titles(), self.titles(place="deleted")) == ([], ["A harbour"])
        assert self.as_owner.get(f"/studies/{study.id}/").status_code == 404
        assert self.change(study, "restore").status_code == 200
        assert (self.titles(), self.titles(place="deleted")) == (["A harbour"], [])

    def test_nobody_brings_back_what_is_another_s(self) -> None:
        study = self.study(deleted=clock.now())
        assert self.as_stranger.post(f"/studies/{study.id}/restore/").status_code == 404
        study.refresh_from_db()
        assert study.deleted is not None

    def test_two_windows_may_delete_it_and_bring_it_back(self) -> None:
        study = self.study()
        assert self.change(study, "delete").status_code == 200
        assert self.change(study, "delete").status_code == 404
        assert self.change(study, "rename", title="Late").status_code == 404
        assert self.change(study, "restore").status_code == 200
        assert self.change(study, "restore").status_code == 404
        assert self.titles() == ["A harbour"]

    def test_the_page_that_shows_a_deleted_study_is_left(self) -> None:
        study = self.study()
        answer = self.change(study, "delete", open=study.id)
        assert answer["HX-Redirect"] == "/"
        self.assertContains(self.as_owner.get("/"), "You can bring it back for 30 days.")

    def test_without_htmx_every_change_leads_to_a_page(self) -> None:
        study = self.study()
        edit, studies = f"/studies/{study.id}/edit/", "/studies/"
        for what, fields, where in (
            ("rename", {"title": "New"}, edit),
            ("tag", {"tag": "t"}, edit),
            ("untag", {"tag": "t"}, edit),
            ("archive", {}, studies),
            ("unarchive", {}, studies),
            ("delete", {}, studies),
            ("restore", {}, studies),
        ):
            self.assertRedirects(self.as_owner.post(f"/studies/{study.id}/{what}/", fields), where)

    def test_deleting_stops_what_is_being_written(self) -> None:
        run = begin(Asking(self.owner.pk, ["tiny"]), Generate(prompt="Hi"))
        self.change(run.study, "delete")
        run.refresh_from_db()
        assert (run.status, run.reason) == (Run.Status.FINISHED, "cancelled")


class PurgeTest(StudiesTest):
    def test_it_removes_what_was_deleted_30_days_ago_and_nothing_else(self) -> None:
        now = clock.now()
        old = self.study("Old", deleted=now - timedelta(days=31))
        self.study("Young", deleted=now - timedelta(days=29))
        self.study("Here")
        begin(Asking(self.owner.pk, ["tiny"]), Generate(prompt="Hi", study=self.study("Alive").id))
        StudyTag.objects.create(study=old, name="t")
        assert study_changes.purge() == 1
        assert sorted(Study.objects.values_list("title", flat=True)) == ["Alive", "Here", "Young"]
        assert study_changes.purge() == 0


class ListTest(StudiesTest):
    def aged(self, title: str, moment: datetime) -> Study:
        study = self.study(title)
        Study.objects.filter(id=study.id).update(updated=moment)
        return study

    def test_it_is_filtered_by_tag_and_place_together(self) -> None:
        one, two = self.study("One"), self.study("Two", archived=clock.now())
        for study in (one, two):
            StudyTag.objects.create(study=study, name="guard")
        self.study("Three")
        assert self.titles(tag="guard") == ["One"]
        assert self.titles(tag="guard", place="archived") == ["Two"]
        assert self.titles(tag="Guard") == []
        assert self.titles(tag="\0", place="no such place") == ["Three", "One"]

    def test_it_tells_nobody_another_s_tags(self) -> None:
        StudyTag.objects.create(study=self.study(), name="secret-tag")
        self.assertContains(self.as_owner.get("/studies/"), "secret-tag")
        self.assertNotContains(self.as_stranger.get("/studies/"), "secret-tag")

    def test_it_is_filtered_by_days_where_the_reader_is(self) -> None:
        self.aged("Late", datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
        self.aged("Early", datetime(2026, 3, 1, 0, 30, tzinfo=UTC))
        assert self.titles(since="2026-03-01", until="2026-03-01") == ["Late", "Early"]
        self.as_owner.cookies["safelens_zone"] = "Europe/Berlin"
        assert self.titles(since="2026-03-01", until="2026-03-01") == ["Early"]
        self.as_owner.cookies["safelens_zone"] = "../../etc/passwd"
        assert self.titles(since="2026-03-01") == ["Late", "Early"]
        assert self.titles(since="yesterday", until="9999-12-31") == ["Late", "Early"]

    def test_it_has_a_heading_for_each_stretch_of_days_and_none_twice(self) -> None:
        now = clock.now()
        for n in range(20):
            self.aged(f"N{n}", now)
        for n in range(20):
            self.aged(f"O{n}", datetime(2020, 5, 1, 12, n, tzinfo=UTC))
        first = self.as_owner.get("/studies/")
        self.assertContains(first, '<li class="day">Today</li>', 1)
        self.assertContains(first, '<li class="day">May 2020</li>', 1)
        rest = self.as_owner.get("/studies/", {"behind": first.context["more"]}, headers=HTMX)
        assert len(rest.context["studies"]) == 10
        self.assertNotContains(rest, 'class="day"')

    def test_the_next_page_is_asked_for_with_the_same_filter(self) -> None:
        for n in range(31):
            StudyTag.objects.create(study=self.study(f"S{n}"), name="a&b")
        page = self.as_owner.get("/studies/", {"tag": "a&b", "search": "s"})
        self.assertContains(page, "tag=a%26b")
        more = page.context["more_query"]
        assert len(self.as_owner.get(f"/studies/?{more}", headers=HTMX).context["studies"]) == 1

    def test_more_studies_cost_no_more_queries(self) -> None:
        self.study()
        with self.assertNumQueries(5):
            self.as_owner.get("/studies/")
        for n in range(20):
            StudyTag.objects.create(study=self.study(f"S{n}"), name="t")
        with self.assertNumQueries(5):
            self.as_owner.get("/studies/")
