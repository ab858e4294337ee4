"""/metrics: this process's series, for scrapers on this machine or with the token."""

from django.test import TestCase, override_settings

from generation.models import Run
from tests.generation.saved import new_run

ELSEWHERE = "192.0.2.7"


class MetricsTest(TestCase):
    def test_this_machine_may_read_it(self) -> None:
        for address in ("127.0.0.1", "::1"):
            response = self.client.get("/metrics", REMOTE_ADDR=address)
            assert response.status_code == 200
            assert response["Content-Type"].startswith("text/plain")
            assert "no-store" in response["Cache-Control"]
            assert "# TYPE safelens_step_seconds histogram" in response.content.decode()

    def test_another_machine_may_not(self) -> None:
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer guess"}):
            response = self.client.get("/metrics", headers=headers, REMOTE_ADDR=ELSEWHERE)
            assert response.status_code == 403
            assert b"safelens_" not in response.content

    def test_who_asks_through_a_proxy_on_this_machine_is_not_on_it(self) -> None:
        for header in ("X-Forwarded-For", "Forwarded", "Via"):
            headers = {header: "203.0.113.5"}
            response = self.client.get("/metrics", headers=headers, REMOTE_ADDR="127.0.0.1")
            assert response.status_code == 403
        with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
            assert self.client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 403

    @override_settings(SAFELENS_SCRAPE_TOKEN="the scraper's own")
    def test_the_scrape_token_opens_it_from_anywhere(self) -> None:
        for token, status in (("the scraper's own", 200), ("the scraper's", 403), ("", 403), ("é", 403)):
            headers = {"Authorization": f"Bearer {token}"}
            response = self.client.get("/metrics", headers=headers, REMOTE_ADDR=ELSEWHERE)
            assert response.status_code == status

    @override_settings(SAFELENS_SCRAPE_TOKEN="the scraper's own", SECURE_SSL_REDIRECT=True)
    def test_a_scraper_needs_no_name_of_ours_and_no_https(self) -> None:
        headers = {"Authorization": "Bearer the scraper's own", "Host": "10.0.7.9:8000"}
        assert self.client.get("/metrics", headers=headers, REMOTE_ADDR=ELSEWHERE).status_code == 200

    def test_a_name_that_was_made_to_lead_here_is_not_this_machine(self) -> None:
        headers = {"Host": "rebound.example"}
        assert self.client.get("/metrics", headers=headers, REMOTE_ADDR="127.0.0.1").status_code == 403

    def test_it_tells_the_queue_and_nobody_s_name(self) -> None:
        for _ in range(3):
            run = new_run("ann", prompt="a secret question")
        Run.objects.filter(id=run.id).update(status="running")
        text = self.client.get("/metrics").content.decode()
        assert 'safelens_queue_runs{model="tiny"} 2.0' in text
        assert 'safelens_queue_oldest_seconds{model="tiny"}' in text
        for secret in ("ann", "secret question", run.id):
            assert f'"{secret}' not in text

    def test_it_counts_requests_by_page_and_by_nothing_that_tells_who_asked(self) -> None:
        asked = 'safelens_django_http_requests_total_by_view_transport_method_total{method="GET",'
        before = self._series(asked)
        self.client.get("/shared/a-secret-link/?q=a-secret-word")
        self.client.get("/a-secret-path/")
        after = self._series(asked)
        assert after.keys() >= {f'{asked}transport="http",view="shared"}}'}
        assert sum(after.values()) == sum(before.values()) + 1
        assert "a-secret" not in self.client.get("/metrics").content.decode()

    def _series(self, begin: str) -> dict[str, float]:
        lines = self.client.get("/metrics").content.decode().splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines if line.startswith(begin))
        }

    def test_it_takes_no_other_method(self) -> None:
        assert self.client.post("/metrics").status_code == 405
