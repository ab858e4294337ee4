"""The gate on the command line."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError

from frontend.examples import EXAMPLES
from guard import artifacts
from guard.policy.spec import REFUSAL
from tests.generation.commands.test_generate import messages, said, steps_of
from tests.generation.worker.guards import GUARD, WORDS, for_everybody, suspicious
from tests.tiny import tiny_llama_dir

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_llama_dir(tmp_path_factory.mktemp("model") / "tiny-llama")


@pytest.fixture
def _judged(model: Path, tmp_path: Path) -> None:
    suspicious(tmp_path / "guard", model)
    artifacts.register(tmp_path / "guard")


@pytest.mark.usefixtures("_judged")
def test_it_is_judged_as_everybodys_runs_are(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for_everybody(nudges=1)
    with pytest.raises(CommandError, match=REFUSAL):
        said(model, guard=True, seed=1, max_new_tokens=40)
    # The refusal ends it with an error, behind all that was said; the messages are looked at without one.
    for_everybody(ladder=[{"kind": "nudge", "times": 1}, {"kind": "flag"}])
    found = messages(model, guard=True, seed=1, max_new_tokens=12)
    (nudge,) = [message for message in found if message["type"] == "nudge"]
    steps = steps_of(found)
    assert nudge["text"] == WORDS
    assert {step["origin"] for step in steps[nudge["at"] : nudge["at"] + nudge["steps"]]} == {"nudge"}
    assert found[-1]["guard"][GUARD] > 0.9
    assert found[-1]["usage"]["sampled_tokens"] == 12


@pytest.mark.usefixtures("_judged")
def test_a_held_answer_that_is_refused_says_nothing(model: Path) -> None:
    for_everybody(hold=64, ladder=[{"kind": "refuse"}])
    with pytest.raises(CommandError, match=REFUSAL):
        messages(model, guard=True, seed=1, max_new_tokens=40)


def test_without_a_guard_for_the_model_it_says_so(model: Path) -> None:
    with pytest.raises(CommandError, match="no guard for this model"):
        said(model, guard=True)


@pytest.mark.usefixtures("_judged")
def test_tau_is_only_ever_stricter(model: Path) -> None:
    for_everybody()
    with pytest.raises(CommandError, match="stricter"):
        said(model, guard=True, tau=0.9)
    with pytest.raises(CommandError, match="--guard"):
        said(model, tau=0.1)


@pytest.mark.once
def test_the_example_for_the_guard_is_a_case_for_it() -> None:
    """What a newcomer who chooses it sees: the model gives in, the guard speaks up, the model goes on."""
    (example,) = [one for one in EXAMPLES if one.shows == "guard"]
    found = messages(Path(settings.SAFELENS_BUNDLED_MODEL), example.prompt, guard=True, seed=example.seed)
    (nudge,) = [message for message in found if message["type"] == "nudge"]
    steps = steps_of(found)
    behind = steps[nudge["at"] + nudge["steps"] :]
    assert nudge["at"] > 0
    assert {step["origin"] for step in behind} == {"sampled"}
    assert len(behind) > 10
    assert found[-1]["reason"] == "eos"
