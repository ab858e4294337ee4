import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from asgiref.sync import async_to_sync
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client, TestCase

from generation import health


@contextmanager
def part(name: str, check: health.Check) -> Iterator[None]:
    """In the place of the part's own check."""
    with mock.patch.dict(health._checks, {name: check}):
        yield


async def answers() -> bool:
    return True


async def refuses() -> bool:
    raise ConnectionError("at 10.0.0.7 with password hunter2")


async def hangs() -> bool:
    await asyncio.Event().wait()
    return True


class HealthTest(TestCase):
    def test_it_lives_without_asking_anybody(self) -> None:
        with self.assertNumQueries(0):
            response = self.client.get("/healthz")
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]

    def test_who_probes_needs_no_name_of_ours_no_https_and_no_token(self) -> None:
        with self.settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["safelens.example"]):
            assert self.client.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200
            assert self.client.get("/readyz", headers={"host": "10.1.2.3:8000"}).status_code in (200, 503)
            assert self.client.get("/", headers={"host": "10.1.2.3:8000"}).status_code == 400
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/healthz").status_code == 405

    async def test_it_answers_in_the_server_s_loop_too(self) -> None:
        response = await self.async_client.get("/healthz", headers={"host": "10.1.2.3:8000"})
        assert response.status_code == 200

    def test_it_is_ready_when_all_parts_answer(self) -> None:
        with part("bus", answers), part("engine", answers), part("guards", answers):
            response = self.client.get("/readyz")
        assert response.status_code == 200
        assert response.json() == {
            "ready": True,
            "parts": {"database": "ok", "bus": "ok", "engine": "ok", "guards": "ok"},
            "missing": [],
        }

    def test_it_names_what_does_not_answer_and_nothing_more(self) -> None:
        with part("engine", refuses), part("bus", answers):
            response = self.client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["missing"] == ["engine"]
        assert "hunter2" not in response.content.decode()

    def test_a_part_that_hangs_counts_as_no_answer(self) -> None:
        others = part("engine", answers), part("database", answers), part("guards", answers)
        with part("bus", hangs), others[0], others[1], others[2], mock.patch.object(health, "SECONDS", 0.05):
            response = self.client.get("/readyz")
        assert response.json()["missing"] == ["bus"]

    def test_a_thread_that_hangs_holds_nobody_up_and_is_not_joined_by_others(self) -> None:
        goes_on = threading.Event()
        asked = []

        async def hangs_in_a_thread() -> bool:
            asked.append(1)
            return await asyncio.to_thread(goes_on.wait, 10)

        async def story() -> tuple[float, list[dict[str, bool]]]:
            began = time.monotonic()
            with part("bus", hangs_in_a_thread), part("engine", answers):
                found = await asyncio.gather(*(health.states() for _ in range(5)))
            took = time.monotonic() - began
            goes_on.set()
            return took, found

        with mock.patch.object(health, "SECONDS", 0.5):
            took, found = async_to_sync(story)()
        assert took < 5
        assert [one["bus"] for one in found] == [False] * 5
        assert len(asked) == 1

    def test_a_lost_database_is_told(self) -> None:
        lost = mock.patch.object(BaseDatabaseWrapper, "cursor", side_effect=DatabaseError)
        with part("bus", answers), part("engine", answers), lost:
            response = self.client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["missing"] == ["database"]

    def test_they_take_no_other_method(self) -> None:
        assert self.client.post("/healthz").status_code == 405
        assert self.client.post("/readyz").status_code == 405
