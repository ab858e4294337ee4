"""A long study opens with as many questions to the database as a short one, and each answer with a few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generation.models import Run
from generation.replay import PAGE, history
from generation.tree import tree
from tests.generation.long_study import STEPS, TURNS, long_study
from tests.generation.saved import steps_in, text_of, texts_in

pytestmark = pytest.mark.django_db

QUERIES_OF_A_PAGE = 5  # and the vocabulary once


def test_a_study_of_200_turns_and_100_000_steps_opens_with_four_queries() -> None:
    study = long_study()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        opened = tree(study.id)
    assert len(asked) == 4
    assert len(opened.turns) == len(opened.runs) == TURNS
    assert sum(run["steps"] for run in opened.runs) == TURNS * STEPS
    assert {run["text"] for run in opened.runs} == {text_of(1, 0, STEPS)}


def test_all_steps_of_one_of_its_answers_take_a_few_queries() -> None:
    study = long_study()
    run = Run.objects.filter(study=study)[TURNS // 2]
    with CaptureQueriesContext(connection) as asked:
        told = list(history(run.id))
    assert len(asked) <= 1 + QUERIES_OF_A_PAGE * (STEPS // PAGE + 1)
    assert steps_in(told) == list(range(STEPS))
    assert texts_in(told) == text_of(1, 0, STEPS)
