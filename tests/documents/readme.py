"""The parts of README.md that the code knows best: `python -m tests.documents.readme` writes them anew.

Each stands between `<!-- name: made by … -->` and `<!-- end of name -->`.
"""

import argparse
import os
import re
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
PACKAGES = ("safelens_site", "frontend", "generation", "guard")


def settings() -> str:
    from django.core.management import call_command

    table = StringIO()
    call_command("settings_table", stdout=table)
    return table.getvalue().strip()


def own_commands() -> list[str]:
    from django.core.management import get_commands

    return sorted(name for name, app in get_commands().items() if str(app).partition(".")[0] in PACKAGES)


def commands() -> str:
    """Each command of ours with its help and its options, without those that every Django command has."""
    from django.core.management import BaseCommand, get_commands, load_command_class

    shared = {one.dest for one in BaseCommand().create_parser("manage.py", "any")._actions}
    parts = []
    for name in own_commands():
        parser = load_command_class(str(get_commands()[name]), name).create_parser("manage.py", name)
        parts.append(
            f"**`{' '.join(['manage.py', name, *_usage(parser, shared)])}`**  \n{parser.description}"
        )
        parts.append(_options(parser, shared))
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parts += _verbs(name, action, shared)
    return "\n\n".join(part for part in parts if part)


def _verbs(
    name: str, action: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: set[str]
) -> list[str]:
    helps = {one.dest: one.help for one in action._choices_actions}
    parts = []
    for verb, parser in action.choices.items():
        line = " ".join(["manage.py", name, verb, *_usage(parser, shared)])
        parts += [f"`{line}`: {helps.get(verb)}", _options(parser, shared)]
    return parts


def _usage(parser: argparse.ArgumentParser, shared: set[str]) -> list[str]:
    own = [one for one in parser._actions if one.dest not in shared]
    positional = [
        "|".join(one.choices) if isinstance(one, argparse._SubParsersAction) else str(one.metavar or one.dest)
        for one in own
        if not one.option_strings
    ]
    return positional + (["[options]"] if any(one.option_strings for one in own) else [])


def _options(parser: argparse.ArgumentParser, shared: set[str]) -> str:
    lines = []
    for one in parser._actions:
        if one.dest in shared or not one.option_strings:
            continue
        value = "" if one.nargs == 0 else f" {one.metavar or one.dest.upper()}"
        help = f": {one.help}" if one.help else ""
        lines.append(f"- `{one.option_strings[-1]}{value}`{help}")
    return "\n".join(lines)


PARTS = {"settings": settings, "commands": commands}


def between(name: str) -> re.Pattern[str]:
    begin = f"<!-- {name}: made by `python -m tests.documents.readme` -->"
    return re.compile(f"(?<={re.escape(begin)}).*(?=<!-- end of {name} -->)", re.DOTALL)


def written(text: str) -> str:
    """The README with its made parts made anew."""
    for name, make in PARTS.items():
        found = between(name).search(text)
        assert found, f"README.md has no part named {name}"
        text = f"{text[: found.start()]}\n\n{make()}\n\n{text[found.end() :]}"
    return text


if __name__ == "__main__":
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    README.write_text(written(README.read_text()))
