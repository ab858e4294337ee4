"""What is done by the clock, and what is exported."""

from __future__ import annotations

import logging

import pytest
from django.test import TestCase

from guard.audit import chain, tasks, verdicts
from guard.audit.models import Head, Text
from tests.guard.audit.judged import judged


class TasksTest(TestCase):
    @pytest.fixture(autouse=True)
    def _log(self, caplog: pytest.LogCaptureFixture) -> None:
        self.log = caplog
        caplog.set_level(logging.INFO, "guard.audit.head")

    def test_the_head_is_in_the_log(self) -> None:
        tasks.log_head()
        verdicts.record([judged()])
        tasks.log_head()
        said = [record.getMessage() for record in self.log.records]
        assert said == [
            f"The audit's head is 0:{'0' * 64}",
            f"The audit's head is {Head.objects.get()}",
        ]

    def test_the_log_takes_it_whatever_its_level(self) -> None:
        assert logging.getLogger("guard.audit.head").isEnabledFor(logging.INFO)

    def test_a_broken_chain_is_an_error_in_the_log(self) -> None:
        verdicts.record([judged()])
        tasks.verify_chain()
        Text.objects.update(text="something else")
        tasks.verify_chain()
        whole, broken = self.log.records
        assert whole.levelno == logging.INFO
        assert "1 entries" in whole.getMessage()
        assert broken.levelno == logging.ERROR
        assert broken.getMessage() == "The audit is broken. The text of entry 1 was changed."


class MetricsTest(TestCase):
    def test_the_newest_entrys_number_is_exported(self) -> None:
        assert "safelens_audit_head_sequence 0.0" in self.client.get("/metrics").content.decode()
        chain.append([chain.Draft("view", "user:1", "run:one")] * 3)
        assert "safelens_audit_head_sequence 3.0" in self.client.get("/metrics").content.decode()
