"""The README's program runs as it stands."""

import re
import subprocess
import sys

from tests import patience
from tests.documents.readme import README
from tests.generation.socket.conftest import Person


def test_the_program_in_the_readme_prints_an_answer(ann: Person) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert "ws://127.0.0.1:8000/ws/v1/" in program
    done = subprocess.run(
        [sys.executable, "-c", program.replace("ws://127.0.0.1:8000/ws/v1/", ann.site.address())],
        input=ann.token + "\n",
        capture_output=True,
        text=True,
        timeout=patience.SECONDS,
    )
    assert done.stderr == ""
    assert len(re.findall(r" w\d+", done.stdout)) == 100
