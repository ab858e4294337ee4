"""Makes the checkout ready to run: `.venv` from requirements.lock, `node_modules` from package-lock.json.

Can be run again at any time, also by two commands at once: what is done is skipped, what a lock no longer
describes is brought up to date, and what an interrupted run left half installed is thrown away.
Nothing here imports anything but the standard library.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"
PYTHON_LOCK = ROOT / "requirements.lock"
NODE_LOCK = ROOT / "package-lock.json"
OLDEST_NODE = 20


class CannotPrepare(Exception):
    """Something is missing that only a person can put right; the message is one sentence."""


def main() -> int:
    try:
        with one_at_a_time():
            npm = npm_of_node()  # first: what only a person can mend should not be said after minutes
            prepare_python()
            prepare_node(npm)
    except CannotPrepare as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """The system gives the lock back when its holder ends, however it ends."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another command that is preparing this checkout …", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def prepare_python() -> None:
    stamp = VENV / "prepared"
    unfinished = VENV / "unfinished"
    wanted = f"{sys.version_info.major}.{sys.version_info.minor} {digest(PYTHON_LOCK)}"
    python = str(VENV / "bin" / "python")
    if stamp.exists() and stamp.read_text() == wanted and not unfinished.exists() and works(python):
        return
    stamp.unlink(missing_ok=True)
    if VENV.exists() and (unfinished.exists() or version_of(python) != sys.version_info[:2]):
        with step("Removing a virtual environment that is unfinished or of another Python"):
            shutil.rmtree(VENV)
    if not VENV.exists():
        if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
            raise CannotPrepare(
                "This Python cannot make virtual environments: install its venv module "
                "(on Debian and Ubuntu: apt install python3-venv)."
            )
        with step(f"Making a virtual environment for Python {platform_version()} in .venv"):
            VENV.mkdir()
            unfinished.touch()
            run([sys.executable, "-m", "venv", str(VENV)], "The virtual environment could not be made")
    unfinished.touch()
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # torch first and by itself: it is most of the download, and pip may find a build for this machine
    # (2.13.0+cpu) through its own configuration.
    with step("Installing torch (the largest part)"):
        run([*install, "--constraint", str(PYTHON_LOCK), locked("torch")], "pip could not install torch")
    with step("Installing the other Python packages from requirements.lock"):
        run([*install, "--requirement", str(PYTHON_LOCK)], "pip could not install requirements.lock")
    unfinished.unlink()
    write_whole(stamp, wanted)


@dataclass(frozen=True, slots=True)
class Npm:
    path: str
    node_major: int
    environment: dict[str, str]


def npm_of_node() -> Npm:
    node = os.environ.get("NODE") or "node"
    environment = dict(os.environ)
    if os.sep in node:
        environment["PATH"] = f"{Path(node).resolve().parent}{os.pathsep}{environment.get('PATH', '')}"
    major = node_version(node)
    if major is None:
        raise CannotPrepare(
            f"There is no Node here: install Node {OLDEST_NODE} or newer, or name it with NODE=/path/to/node."
        )
    if major < OLDEST_NODE:
        raise CannotPrepare(
            f"SafeLens needs Node {OLDEST_NODE} or newer, and this is Node {major}: "
            "install a newer one, or name it with NODE=/path/to/node."
        )
    npm = shutil.which("npm", path=environment.get("PATH"))
    if npm is None:
        raise CannotPrepare("Node is here but npm is not: install npm, which belongs to Node.")
    return Npm(npm, major, environment)


def prepare_node(npm: Npm) -> None:
    stamp = NODE_MODULES / ".prepared"
    wanted = f"{npm.node_major} {digest(NODE_LOCK)}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with step("Installing the browser packages from package-lock.json"):
        # npm ci begins by removing node_modules, so an interrupted one leaves no stamp behind.
        quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
        run([npm.path, "ci", *quiet], "npm ci failed", npm.environment)
    write_whole(stamp, wanted)


@contextmanager
def step(what: str) -> Iterator[None]:
    print(f"{what} …", flush=True)
    began = time.monotonic()
    yield
    print(f"  done in {time.monotonic() - began:.0f} s", flush=True)


def run(command: list[str], failure: str, environment: dict[str, str] | None = None) -> None:
    if subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
        raise CannotPrepare(f"{failure}: read its message above, and run the same command again.")


def digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def locked(package: str) -> str:
    found = re.search(rf"^{package}==\S+$", PYTHON_LOCK.read_text(), re.MULTILINE)
    if found is None:
        raise CannotPrepare(f"requirements.lock does not name {package}: make it again with `make lock`.")
    return found.group()


def version_of(python: str) -> tuple[int, int] | None:
    said = output_of([python, "-c", "import sys; print(*sys.version_info[:2])"]).split()
    return (int(said[0]), int(said[1])) if len(said) == 2 else None


def works(python: str) -> bool:
    return os.access(python, os.X_OK)


def node_version(node: str) -> int | None:
    found = re.match(r"v(\d+)\.", output_of([node, "--version"]))
    return int(found.group(1)) if found else None


def output_of(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def platform_version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def write_whole(path: Path, text: str) -> None:
    """Whoever looks sees nothing or the whole text."""
    half = path.with_name(path.name + ".half")
    half.write_text(text)
    half.replace(path)


if __name__ == "__main__":
    sys.exit(main())
