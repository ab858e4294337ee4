"""The audit's pages: who gets in, what they find, what they take away."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

from django.test import AsyncClient
from django.utils import timezone

from generation.models import Run
from guard.audit import feed, verdicts
from guard.audit.models import Entry, Mark, Text, Verdict
from guard.audit.tape import Fate, Seen
from guard.audit.verification import verify
from tests.guard.audit import gated
from tests.guard.audit.judged import judged, tokens
from tests.people import PeopleTest

HOSTILE = "</script><img src=x onerror=alert(1)>"
PAGES = ("/audit/", "/audit/rates/", "/audit/actions/", "/audit/runs/the-run/")
DEEDS = (
    "/audit/export.csv",
    "/audit/export.jsonl",
    "/audit/runs/the-run/text/",
    "/audit/runs/the-run/mark/",
)


class AuditTest(PeopleTest):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team_mate.is_staff = True
        cls.team_mate.save()

    def setUp(self) -> None:
        super().setUp()
        self.as_staff = self.as_team_mate

    def record(self, **fields: Any) -> Verdict:
        return verdicts.record([judged(**fields)])[0]

    def alarm(self, run: str = "the-run", **fields: Any) -> Verdict:
        """A run that was nudged at its second token, and its end."""
        seen = [
            Seen("It", Fate.RELEASED, {"probe": 0.1}),
            Seen(" was", Fate.RELEASED, {"probe": 0.4}),
            Seen(" bad", Fate.DROPPED, {"probe": 0.93}),
            Seen("\nSorry", Fate.RELEASED, {}, "nudge"),
            Seen(" good", Fate.RELEASED, {"probe": 0.2}),
        ]
        common = {"run": run, "owner": self.owner.pk, "threshold": 0.5, "alarms": 1, "score": 0.93, **fields}
        first = self.record(**common, seen=seen[:3], final=False, action="nudge", step=2, dropped=1)
        self.record(**common, seen=seen, final=True, action="nudge", step=4, released=4, dropped=1)
        return first

    def rows(self, query: str = "") -> list[int]:
        """The entries that the feed shows."""
        return [one.pk for one in self.as_staff.get(f"/audit/?{query}").context["verdicts"]]


class DoorTest(AuditTest):
    def setUp(self) -> None:
        super().setUp()
        self.alarm()

    def test_staff_gets_in(self) -> None:
        for path in PAGES:
            assert self.as_staff.get(path).status_code == 200, path

    def test_a_visitor_logs_in_first(self) -> None:
        for path in (*PAGES, *DEEDS):
            self.assertRedirects(self.client.get(path), f"/accounts/login/?next={path}")

    def test_a_feed_of_somebody_who_logged_out_stops(self) -> None:
        assert self.client.get("/audit/?news=1", headers={"HX-Request": "true"}).status_code == 401

    def test_for_everybody_else_there_is_no_such_page(self) -> None:
        for path in PAGES:
            assert self.as_owner.get(path).status_code == 404, path
        for path in DEEDS:
            assert self.as_owner.post(path, {"verdict": 1, "opinion": "false"}).status_code == 404, path
        assert not Entry.objects.exclude(kind="verdict").exists()

    def test_they_take_no_other_method(self) -> None:
        for path in PAGES:
            assert self.as_staff.post(path).status_code == 405, path
        for path in DEEDS:
            assert self.as_staff.get(path).status_code == 405, path

    def test_staff_finds_the_link_and_nobody_else(self) -> None:
        self.assertContains(self.as_staff.get("/"), 'href="/audit/"')
        self.assertNotContains(self.as_owner.get("/"), 'href="/audit/"')

    def test_wrong_addresses_are_not_there(self) -> None:
        for path in (
            "/audit/?news=x", "/audit/?behind=-1", "/audit/?behind=%F0%9F", "/audit/runs/none/",
            "/audit/runs/%00/", f"/audit/runs/{'x' * 400}/", "/audit/export.xml", "/audit/actions/?behind=",
        ):  # fmt: skip
            assert self.as_staff.get(path).status_code == 404, path
        for answer in ({}, {"verdict": "1", "opinion": "maybe"}, {"verdict": "999", "opinion": "true"}):
            assert self.as_staff.post("/audit/runs/the-run/mark/", answer).status_code == 404
        assert self.as_staff.post("/audit/runs/none/text/").status_code == 404


class FeedTest(AuditTest):
    def test_the_newest_comes_first(self) -> None:
        first, second = self.record(), self.record()
        assert self.rows() == [second.pk, first.pk]

    def test_each_filter_finds_its_own(self) -> None:
        other = self.record()
        mine = self.record(
            owner=self.owner.pk,
            guard="other probe",
            policy="Strict",
            version=2,
            action="block",
            score=0.91,
            seen=tokens(0.5, text=" Überraschung"),
        )
        today = timezone.now().date()
        tomorrow, yesterday = today + timedelta(days=1), today - timedelta(days=1)
        for query in (
            "user=ANN", "guard=other+probe", "policy=Strict", "policy=Strict&version=2", "action=block",
            "action=alarms", "lowest=0.9", "lowest=0.91&highest=0.91", "text=%C3%BCBERRA", f"run={mine.run}",
        ):  # fmt: skip
            assert self.rows(query) == [mine.pk], query
        assert self.rows("highest=0.5") == [other.pk]
        assert self.rows(f"since={today}&until={today}") == [mine.pk, other.pk]
        for query in (f"since={tomorrow}", f"until={yesterday}", "text=%25", "version=7", "run=nothing"):
            assert self.rows(query) == [], query

    def test_what_is_wrong_is_said_beside_its_field(self) -> None:
        for query, field, sentence in (
            ("user=nobody-here", "user", "Nobody here has this name."),
            ("lowest=0.9&highest=0.1", "highest", "The end comes before the beginning."),
            ("since=2026-02-30", "since", "Enter a valid date."),
            ("lowest=x", "lowest", "Enter a number."),
            ("lowest=nan", "lowest", "Enter a number."),
            ("text=%00", "text", "Null characters are not allowed."),
        ):
            page = self.as_staff.get(f"/audit/?{query}")
            self.assertFormError(page.context["form"], field, sentence)
            self.assertContains(page, f'id="filter_{field}_error"')
            assert "verdicts" not in page.context

    def test_a_long_feed_comes_in_pages(self) -> None:
        made = [one.pk for one in verdicts.record([judged() for _ in range(feed.PAGE + 5)])]
        first = self.as_staff.get("/audit/")
        older = first.context["older"]
        rest = self.as_staff.get(f"/audit/?behind={older}", headers={"HX-Request": "true"})
        self.assertNotContains(rest, "<html")
        shown = [one.pk for one in [*first.context["verdicts"], *rest.context["verdicts"]]]
        assert shown == made[::-1]

    def test_news_come_once_each_and_none_is_left_out(self) -> None:
        self.record()
        newest = self.as_staff.get("/audit/").context["newest"]
        assert self.as_staff.get(f"/audit/?news={newest}").status_code == 204
        made = [one.pk for one in verdicts.record([judged() for _ in range(feed.PAGE + 5)])]
        shown: list[int] = []
        while (answer := self.as_staff.get(f"/audit/?news={newest}")).status_code == 200:
            newest = answer.context["newest"]
            shown = [one.pk for one in answer.context["verdicts"]] + shown
        assert shown == made[::-1]

    def test_more_verdicts_cost_no_more_queries(self) -> None:
        self.record(owner=self.owner.pk)
        with self.assertNumQueries(7):
            self.as_staff.get("/audit/")
        for _ in range(5):
            self.record(owner=self.stranger.pk)
        with self.assertNumQueries(7):
            self.as_staff.get("/audit/")

    def test_what_others_wrote_is_text(self) -> None:
        fields = dict.fromkeys(("policy", "guard", "detail", "rule", "model"), HOSTILE)
        self.record(run="the-run", **fields)
        for path in (*PAGES, f"/audit/?text={HOSTILE}"):
            self.assertNotContains(self.as_staff.get(path), "<img src=x")


class StoryTest(AuditTest):
    def test_it_tells_every_token_and_no_text(self) -> None:
        self.alarm()
        page = self.as_staff.get("/audit/runs/the-run/")
        (judgement,) = page.context["judgements"]
        found = [(one.step, one.fate, one.fired) for one in judgement.tokens]
        assert found == [
            (1, "released", ""),
            (2, "released", ""),
            (None, "dropped", "nudge"),
            (3, "released", ""),
            (4, "released", ""),
        ]
        self.assertNotContains(page, "Sorry")
        assert not Entry.objects.exclude(kind="verdict").exists()

    def test_to_look_at_the_text_is_an_entry(self) -> None:
        self.alarm()
        page = self.as_staff.post("/audit/runs/the-run/text/")
        self.assertContains(page, "Sorry")
        self.assertContains(page, " bad</span>")
        entry = Entry.objects.get(kind="view")
        assert (entry.actor, entry.subject) == (f"user:{self.team_mate.pk}", "run:the-run")
        self.assertContains(self.as_staff.get("/audit/runs/the-run/"), "Text viewed")
        self.assertContains(self.as_staff.get("/audit/actions/"), "Text viewed")

    def test_an_erased_text_is_said_to_be(self) -> None:
        self.alarm()
        self.owner.delete()
        page = self.as_staff.post("/audit/runs/the-run/text/")
        self.assertContains(page, "The text was erased.")
        self.assertNotContains(page, "Sorry")
        self.assertContains(self.as_staff.get("/audit/actions/"), "Text erased")

    def test_the_prompt_is_shown_while_its_study_is_there(self) -> None:
        from tests.generation.saved import new_run

        run: Run = new_run("dora", prompt=f"What {HOSTILE}")
        self.alarm(run=run.id)
        path = f"/audit/runs/{run.id}/text/"
        self.assertContains(self.as_staff.post(path), "What &lt;/script&gt;")
        run.study.delete()
        self.assertContains(self.as_staff.post(path), "The study is gone")

    def test_hostile_tokens_are_text(self) -> None:
        self.record(run="the-run", seen=[Seen(HOSTILE, Fate.RELEASED, {HOSTILE: 0.5})])
        page = self.as_staff.post("/audit/runs/the-run/text/")
        self.assertNotContains(page, "<img src=x")
        self.assertContains(page, "&lt;/script&gt;&lt;img")

    def test_a_damaged_tape_is_said_to_be(self) -> None:
        row = self.record(run="the-run")
        Verdict.objects.filter(pk=row.pk).update(tape=b"\x00\x01 nothing")
        self.assertContains(self.as_staff.get("/audit/runs/the-run/"), "it was damaged")

    def test_a_mark_is_kept_and_every_word_of_it(self) -> None:
        verdict = self.alarm()
        for opinion in ("true", "false"):
            answer = self.as_staff.post(
                "/audit/runs/the-run/mark/", {"verdict": verdict.pk, "opinion": opinion}
            )
            self.assertRedirects(answer, "/audit/runs/the-run/")
        assert Mark.objects.get().opinion == "false"
        assert Entry.objects.filter(kind="label").count() == 2
        self.assertContains(self.as_staff.get("/audit/runs/the-run/"), "false alarm")
        assert verify().problem == ""

    def test_a_verdict_of_another_run_can_not_be_marked_here(self) -> None:
        self.alarm()
        other = self.alarm(run="other")
        path = "/audit/runs/the-run/mark/"
        assert self.as_staff.post(path, {"verdict": other.pk, "opinion": "true"}).status_code == 404


class ReplayTest(AuditTest):
    def setUp(self) -> None:
        super().setUp()
        self.version = gated.published()
        verdicts.record(gated.run([self.version], [0.1, 0.2, 0.3, 0.9, 0.1, 0.1], "the-run"))

    def test_the_same_decisions_are_said_to_be_the_same(self) -> None:
        self.assertContains(
            self.as_staff.get("/audit/runs/the-run/"), "give the same 1 decision, bit for bit"
        )

    def test_other_decisions_are_shown_beside_the_recorded_ones(self) -> None:
        Verdict.objects.filter(final=False).update(action="block")
        page = self.as_staff.get("/audit/runs/the-run/")
        self.assertContains(page, "don’t give the recorded decisions")
        self.assertContains(page, "nudge, 0.9")

    def test_another_line_and_another_policy_can_be_asked(self) -> None:
        mild = gated.published("Mild", evidence=[{"name": "probe", "threshold": 0.95}])
        blind = gated.published("Blind", evidence=[{"name": "judge", "threshold": 0.5}])
        for query, sentence in (
            ("", "Safe 1 would have fired before token 4: probe had reached 0.900, the line is 0.500."),
            ("tau=0.15", "Safe 1 with its line at 0.15 would have fired before token 2"),
            ("tau=1", "Safe 1 with its line at 1 would not have fired."),
            (f"version={mild.pk}", "Mild 1 would not have fired."),
            (f"version={blind.pk}&tau=0.1", "The guard judge didn&#x27;t look at this run."),
            ("tau=2", "Ensure this value is less than or equal to 1."),
            ("version=999", "Select a valid choice."),
            ("version=%F0%9F&tau=%00", "Select a valid choice."),
        ):
            self.assertContains(self.as_staff.get(f"/audit/runs/the-run/?what_if=1&{query}"), sentence)

    def test_a_version_that_is_gone_is_said_to_be(self) -> None:
        self.alarm(run="other", policy="Gone")
        page = self.as_staff.get("/audit/runs/other/?what_if=1")
        self.assertContains(page, "Version 1 of Gone isn&#x27;t known here.", count=2)


class ExportTest(AuditTest):
    def export(self, form: str, query: str = "", **data: Any) -> str:
        answer: Any = self.as_staff.post(f"/audit/export.{form}?{query}", data)
        assert answer.status_code == 200
        assert re.search(rf'filename="safelens-verdicts-[\d-]+\.{form}"', answer["Content-Disposition"])
        return b"".join(answer.streaming_content).decode()

    def test_both_forms_hold_every_verdict_once(self) -> None:
        many = feed.AT_ONCE + 3
        verdicts.record([judged(owner=self.owner.pk) for _ in range(many)])
        rows = list(csv.DictReader(io.StringIO(self.export("csv"))))
        lines = [json.loads(line) for line in self.export("jsonl").splitlines()]
        assert [int(row["entry"]) for row in rows] == [line["entry"] for line in lines]
        assert len({line["entry"] for line in lines}) == many
        assert lines[0]["user"] == rows[0]["user"] == "ann"
        assert lines[0]["hash"] == Entry.objects.get(seq=1).hash

    def test_it_is_an_entry_that_says_what_was_taken_but_no_word_that_was_searched(self) -> None:
        self.alarm()
        self.export("csv", "text=secret&action=nudge", with_text="1")
        body = json.loads(Entry.objects.get(kind="export").body)
        assert body == {
            "form": "csv", "filters": {"action": "nudge", "text": True}, "rows": 0, "text": True,
        }  # fmt: skip

    def test_texts_go_along_only_when_asked(self) -> None:
        self.alarm()
        assert "Sorry" not in self.export("jsonl")
        assert "Sorry" in self.export("jsonl", with_text="1")
        Text.objects.all().delete()
        assert json.loads(self.export("jsonl", with_text="1").splitlines()[0])["text"] is None

    def test_no_cell_is_a_formula(self) -> None:
        for start in ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1"):
            self.record(policy=start, guard=start, seen=tokens(0.5, text=start))
        rows = list(csv.DictReader(io.StringIO(self.export("csv", with_text="1"), newline="")))
        assert len(rows) == 7
        for row in rows:
            for name in ("policy", "guard", "text"):
                assert row[name].startswith("'"), row

    def test_hostile_texts_stay_one_cell(self) -> None:
        said = 'a "quoted", word\r\nand a line\u2028' + HOSTILE
        self.record(seen=tokens(0.5, text=said))
        (row,) = csv.DictReader(io.StringIO(self.export("csv", with_text="1"), newline=""))
        assert row["text"] == said
        (line,) = self.export("jsonl", with_text="1").split("\n")[:-1]
        assert json.loads(line)["text"] == said

    def test_wrong_filters_export_nothing(self) -> None:
        answer = self.as_staff.post("/audit/export.csv?lowest=x")
        assert answer.status_code == 400
        assert not Entry.objects.filter(kind="export").exists()

    async def test_it_streams_under_the_server_that_serves_it(self) -> None:
        from asgiref.sync import sync_to_async

        await sync_to_async(verdicts.record)([judged() for _ in range(feed.AT_ONCE + 3)])
        client = AsyncClient()
        await client.aforce_login(
            self.team_mate, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        answer: Any = await client.post("/audit/export.jsonl")
        lines = b"".join([part async for part in answer.streaming_content]).splitlines()
        assert len(lines) == feed.AT_ONCE + 3


class RatesTest(AuditTest):
    def test_it_counts_runs_and_not_verdicts(self) -> None:
        self.alarm()
        for _ in range(3):
            self.record()
        page = self.as_staff.get("/audit/rates/")
        (day,) = page.context["table"]
        assert (day.runs, day.alarmed.k, day.alarmed.n) == (4, 1, 4)
        self.assertContains(page, "25 % (4.6 % to 70 %)")

    def test_marks_estimate_false_alarms(self) -> None:
        verdict = self.alarm()
        (row,) = self.as_staff.get("/audit/rates/").context["false_alarms"]
        assert row["estimate"] == "at most 100 %"
        self.as_staff.post("/audit/runs/the-run/mark/", {"verdict": verdict.pk, "opinion": "false"})
        for _ in range(99):
            self.record()
        (row,) = self.as_staff.get("/audit/rates/").context["false_alarms"]
        assert row["marked"].k == row["marked"].n == 1
        assert row["estimate"] == "1 % (0.037 % to 5.4 %)"

    def test_the_promise_of_a_calibration_stands_beside_the_rate(self) -> None:
        made = {"budget": 0.01, "count": 300, "stopped": 3, "bound": 0.0256}
        gated.published(evidence=[{"name": "probe", "threshold": 0.5, "budget": 0.01, "calibration": made}])
        self.record()
        page = self.as_staff.get("/audit/rates/")
        self.assertContains(page, "at most 2.6 % of benign answers, from 300")

    def test_guard_errors_are_told(self) -> None:
        self.record(action="error", score=None, detail="The probe gave no number.")
        self.assertContains(self.as_staff.get("/audit/rates/"), "The probe gave no number.")

    def test_a_strange_period_is_thirty_days(self) -> None:
        for query in ("", "?days=-1", "?days=x", "?days=99999999999"):
            assert self.as_staff.get(f"/audit/rates/{query}").context["days"] == 30
        assert self.as_staff.get("/audit/rates/?days=90").context["days"] == 90


class AdminTest(AuditTest):
    def setUp(self) -> None:
        super().setUp()
        self.team_mate.is_superuser = True
        self.team_mate.save()
        self.alarm()

    def test_every_table_can_be_read_and_none_be_changed(self) -> None:
        self.as_staff.post("/audit/runs/the-run/mark/", {"verdict": 1, "opinion": "true"})
        for model, key in (("entry", 1), ("verdict", 1), ("head", 1), ("scoreweek", None), ("mark", None)):
            path = f"/admin/audit/{model}/"
            page = self.as_staff.get(path)
            assert page.status_code == 200, model
            key = key or page.context["cl"].result_list[0].pk
            assert self.as_staff.get(f"{path}{key}/change/").status_code == 200, model
            assert self.as_staff.post(f"{path}{key}/change/", {"action": "pass"}).status_code == 403, model
            assert self.as_staff.post(f"{path}{key}/delete/", {"post": "yes"}).status_code == 403, model
            assert self.as_staff.get(f"{path}add/").status_code == 403, model
            self.as_staff.post(path, {"action": "delete_selected", "_selected_action": key, "post": "yes"})
        assert verify().problem == ""
        assert Mark.objects.count() == 1

    def test_texts_are_not_among_them(self) -> None:
        assert self.as_staff.get("/admin/audit/text/").status_code == 404
        self.assertNotContains(self.as_staff.get("/admin/audit/verdict/1/change/"), "Sorry")
