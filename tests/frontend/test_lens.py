"""The lens: the page, the outline of a study, the list of studies."""

import json
import re
from typing import Any

import pytest
from django.test import override_settings

from frontend import modules, vendor
from generation import studies
from generation.begin import Asking, begin
from generation.models import Run, Study
from generation.protocol import Branch, Generate
from tests.people import PeopleTest

HOSTILE = "</script><img src=x onerror=alert(1)>"


def said(page: Any) -> str:
    """The page without what is drawn anew each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())


class StudyTest(PeopleTest):
    def run_of(self, prompt: str = "Hi", **fields: object) -> Run:
        return begin(Asking(self.owner.pk, ["tiny"]), Generate(prompt=prompt, **fields))  # type: ignore[arg-type]


class LensTest(StudyTest):
    def test_the_owner_opens_a_study(self) -> None:
        study = self.run_of("A harbour").study_id
        page = self.as_owner.get(f"/studies/{study}/")
        self.assertContains(page, "A harbour · SafeLens")
        self.assertContains(page, f'data-tree="/studies/{study}/tree.json"')

    def test_a_stranger_finds_nothing(self) -> None:
        study = self.run_of().study_id
        for path in (f"/studies/{study}/", f"/studies/{study}/tree.json"):
            for client in (self.as_stranger, self.as_team_mate):
                assert client.get(path).status_code == 404
                assert said(client.get(path)) == said(client.get(path.replace(study, "no-such-study")))

    def test_a_visitor_logs_in_first(self) -> None:
        study = self.run_of().study_id
        for path in (f"/studies/{study}/", "/studies/"):
            self.assertRedirects(self.client.get(path), f"/accounts/login/?next={path}")
        assert self.client.get(f"/studies/{study}/tree.json").status_code == 401

    def test_a_deleted_study_is_gone(self) -> None:
        study = self.run_of().study
        Study.objects.filter(id=study.id).update(deleted=study.updated)
        assert self.as_owner.get(f"/studies/{study.id}/").status_code == 404

    def test_they_take_no_other_method(self) -> None:
        study = self.run_of().study_id
        for path in (f"/studies/{study}/", f"/studies/{study}/tree.json", "/studies/"):
            assert self.as_owner.post(path).status_code == 405

    def test_titles_are_text(self) -> None:
        study = self.run_of(HOSTILE).study_id
        for path in ("/", f"/studies/{study}/", "/studies/"):
            page = self.as_owner.get(path)
            self.assertNotContains(page, "<img src=x")
            self.assertContains(page, "&lt;img src=x onerror=alert(1)&gt;")

    def test_the_import_map_has_the_nonce_of_the_policy(self) -> None:
        page = self.as_owner.get("/")
        text = page.content.decode()
        nonce = text.split('type="importmap" nonce="')[1].split('"')[0]
        assert f"'nonce-{nonce}'" in page["Content-Security-Policy"]
        mapped = json.loads(text.split('type="importmap"')[1].split(">", 1)[1].split("</script>")[0])
        assert "/static/safelens/lens/lens.js" in mapped["imports"]


class OutlineTest(StudyTest):
    def test_it_has_turns_and_runs_in_their_order(self) -> None:
        first = self.run_of("One", system="Be brief.")
        Run.objects.filter(id=first.id).update(status="finished", reason="length", steps=5)
        branch = begin(Asking(self.owner.pk, ["tiny"]), Branch(run=first.id, at=3, text="no"))
        second = self.run_of("Two", after=first.id)
        found = self.as_owner.get(f"/studies/{first.study_id}/tree.json").json()
        assert [turn["text"] for turn in found["turns"]] == ["One", "Two"]
        assert found["turns"][0]["system"] == "Be brief."
        assert found["turns"][1]["follows"] == first.id
        assert [run["id"] for run in found["runs"]] == [first.id, branch.id, second.id]
        said = {
            "id": branch.id,
            "turn": first.turn_id,
            "parent": first.id,
            "at": 3,
            "status": "queued",
            "reason": None,
            "message": None,
            "steps": 3,
        }
        assert {name: found["runs"][1][name] for name in said} == said

    def test_more_runs_cost_no_more_queries(self) -> None:
        first = self.run_of()
        path = f"/studies/{first.study_id}/tree.json"
        Run.objects.filter(id=first.id).update(status="finished", steps=5)
        with self.assertNumQueries(6):
            self.as_owner.get(path)
        for _ in range(20):
            begin(Asking(self.owner.pk, ["tiny"]), Branch(run=first.id, at=2))
        with self.assertNumQueries(6):
            assert len(self.as_owner.get(path).json()["runs"]) == 21


class StudiesTest(StudyTest):
    def titles(self, query: str = "") -> list[str]:
        page = self.as_owner.get(f"/studies/{query}", headers={"HX-Request": "true"})
        return [study.title for study in page.context["studies"]]

    def test_the_newest_comes_first_and_others_studies_never(self) -> None:
        self.run_of("One")
        self.run_of("Two")
        begin(Asking(self.stranger.pk, ["tiny"]), Generate(prompt="Mine"))
        assert self.titles() == ["Two", "One"]

    def test_it_finds_titles_prompts_and_answers_whatever_the_case(self) -> None:
        run = self.run_of("A harbour\nwith gulls")
        self.run_of("Else")
        Run.objects.filter(id=run.id).update(folded="a lighthouse")
        for search in ("HARBOUR", "Gulls", "lighthouse"):
            assert self.titles(f"?search={search}") == ["A harbour"]
        assert self.titles("?search=%25") == []
        assert self.titles("?search=%00") == ["Else", "A harbour"]

    def test_a_long_list_comes_in_pages(self) -> None:
        Study.objects.bulk_create(Study(owner=self.owner, title=f"S{n}") for n in range(studies.PAGE + 5))
        first = self.as_owner.get("/studies/")
        self.assertContains(first, "Show older ones")
        behind = first.context["more"]
        second = self.titles(f"?behind={behind}")
        assert len(second) == 5
        assert not set(second) & {study.title for study in first.context["studies"]}

    def test_a_page_behind_somebody_elses_study_tells_nothing(self) -> None:
        self.run_of("One")
        other = begin(Asking(self.stranger.pk, ["tiny"]), Generate(prompt="Mine"))
        assert self.titles(f"?behind={other.study_id}") == ["One"]

    def test_htmx_gets_the_rows_alone(self) -> None:
        rows = self.as_owner.get("/studies/", headers={"HX-Request": "true"})
        self.assertNotContains(rows, "<html")
        self.assertContains(self.as_owner.get("/studies/"), "<html")
        assert "HX-Request" in rows["Vary"]


def test_every_module_is_mapped() -> None:
    mapped = json.loads(modules.import_map())["imports"]
    assert list(mapped) == [*(f"/static/safelens/{name}" for name in modules.names()), *vendor.MODULES]
    assert {"lens/lens.js", "study/store.js", "stream/socket.js"} <= set(modules.names())


@pytest.mark.parametrize("entry", ["lens/lens.js", "home/home.js", "sharing/shared.js"])
def test_a_page_asks_at_once_for_what_it_needs_and_no_more(entry: str) -> None:
    asked = {re.sub(".*/(?:safelens|vendor)/", "", address) for address in modules.addresses(entry)}
    assert {entry, "tokens/tokens.js", "d3-selection.min.mjs"} <= asked
    assert ("stream/socket.js" in asked) == ("d3-zoom.min.mjs" in asked) == (entry == "lens/lens.js")
    assert ("study/store.js" in asked) == (entry != "home/home.js")  # it has their types alone
    for name in asked & set(modules.names()):
        text = (modules.FOLDER / name).read_text()
        imported = re.findall(r'^(?:import|export) .*"(\.[^"]+)";$', text, re.MULTILINE)
        assert {modules.resolved(name, one) for one in imported} <= asked


@pytest.mark.parametrize("package", vendor.FILES)
def test_other_peoples_code_is_served_by_us(package: str) -> None:
    from django.contrib.staticfiles import finders

    found = finders.find(f"vendor/{vendor.path_of(package).name}")
    assert found == str(vendor.path_of(package))
    assert finders.find("vendor/package.json") is None


def test_missing_packages_are_named(tmp_path: object) -> None:
    with override_settings(BASE_DIR=tmp_path):
        assert vendor.missing() == list(vendor.FILES)
