"""A small checkout to prepare: the real scripts, locks of tiny packages made here, our own node and npm."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests import patience

ROOT = Path(__file__).resolve().parent.parent.parent
NPM_CI = "#!/bin/sh\nrm -rf node_modules\nmkdir -p node_modules/typescript\necho installed >> npm-was-here\n"


def write_wheel(folder: Path, name: str, version: str) -> None:
    """A whole wheel of one module, which pip installs without a network."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f'VERSION = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in (files | {f"{info}/RECORD": record}).items():
            wheel.writestr(path, text)


def write_command(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.unlink(missing_ok=True)
    path.write_text(script)
    path.chmod(0o755)


class Checkout:
    """`root` is the checkout; `bin` is all that its PATH holds."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bin, self.wheels = folder / "checkout", folder / "bin", folder / "wheels"
        for one in (self.root / "deploy", self.bin, self.wheels):
            one.mkdir(parents=True)
        for script in ("prepare.sh", "prepare.py"):
            shutil.copy(ROOT / "deploy" / script, self.root / "deploy")
        for command in ("sh", "dirname", "rm", "mkdir"):
            (self.bin / command).symlink_to(str(shutil.which(command)))
        write_command(self.bin, "python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        write_command(self.bin, "node", "#!/bin/sh\necho v22.1.0\n")
        write_command(self.bin, "npm", NPM_CI)
        write_wheel(self.wheels, "torch", "2.13.0+cpu")
        for version in ("1.0", "1.1"):
            write_wheel(self.wheels, "lens", version)
        self.lock("lens==1.0\ntorch==2.13.0\n")
        (self.root / "package-lock.json").write_text("{}")

    def lock(self, text: str) -> None:
        (self.root / "requirements.lock").write_text(text)

    def start(self, **variables: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": str(self.bin),
            "HOME": os.environ.get("HOME", "/"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PYTHONUNBUFFERED": "1",
        }
        return subprocess.Popen(
            [self.bin / "sh", "deploy/prepare.sh"],
            cwd=self.root,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def prepare(self, **variables: str) -> tuple[int, str, str]:
        """Exit status, output, and what it said on standard error."""
        process = self.start(**variables)
        output, errors = process.communicate(timeout=patience.SECONDS)
        return process.returncode, output, errors

    def installed(self, module: str) -> str:
        python = self.root / ".venv" / "bin" / "python"
        return subprocess.check_output(
            [python, "-c", f"import {module}; print({module}.VERSION)"], text=True
        ).strip()
