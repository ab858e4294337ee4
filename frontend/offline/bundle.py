"""The browser's modules as one script, for a page that can't ask for them: no bundler, a few rules.

Each module becomes a function that gives what it exports, called once, behind those that it imports. What
a module hands on from another one comes from there directly, so nothing is taken along that isn't used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from frontend.modules import path_of, resolved

IMPORT: Final = re.compile(r'(?<![@\w$.])import\s*(?:\{([^}]*)\}\s*from\s*)?"([^"]+)";?\n?')
HANDED_ON: Final = re.compile(r'(?<![\w$.])export\s*\{([^}]*)\}\s*from\s*"([^"]+)";?\n?')
LISTED: Final = re.compile(r"(?<![\w$.])export\s*\{([^}]*)\}\s*;?\n?")
DECLARED: Final = re.compile(r"^export (?=(?:async )?(?:class|function|const) (\w+))", re.MULTILINE)
LEFT: Final = re.compile(r"^\s*(?:import|export)\b", re.MULTILINE)
UNSAFE: Final = re.compile(r"<(?:/script|script|!--)", re.IGNORECASE)  # would end a script in HTML too early

Names = dict[str, str]  # as they are called by whoever asks: as they are called where they come from


class NotBundled(ValueError):
    """This module is written in a way that these rules don't know."""


@dataclass(slots=True)
class _Module:
    code: str
    imports: list[tuple[str, Names]] = field(default_factory=list)  # the module, and what is taken of it
    exports: Names = field(default_factory=dict)
    handed_on: dict[str, tuple[str, str]] = field(default_factory=dict)


def source(name: str) -> str:
    return path_of(name).read_text()


def bundle(entry: str, read: Callable[[str], str] = source) -> str:
    """The text of a `<script type="module">` that does what `entry` does. Raises NotBundled."""
    modules: dict[str, _Module] = {}
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise NotBundled(f"{name} imports itself, by way of {above[-1]}.")
        if name in order:
            return
        module = _module(name, modules, read)
        module.imports = [
            found
            for wanted, names in module.imports
            for found in _origins(name, wanted, names, modules, read)
        ]
        for wanted, _ in module.imports:
            visit(wanted, (*above, name))
        order.append(name)

    visit(entry, ())
    text = "\n".join(_written(name, modules[name], order, is_entry=name == entry) for name in order)
    if UNSAFE.search(text):
        raise NotBundled("A script can't hold what HTML takes for its end.")
    return text


def _module(name: str, modules: dict[str, _Module], read: Callable[[str], str]) -> _Module:
    if name not in modules:
        modules[name] = _parsed(name, read(name))
    return modules[name]


def _parsed(name: str, text: str) -> _Module:
    module = _Module("")

    def handed_on(found: re.Match[str]) -> str:
        for called, given in _names(found[1]).items():
            module.handed_on[called] = (resolved(name, found[2]), given)
        return ""

    def listed(found: re.Match[str]) -> str:
        module.exports |= _names(found[1])
        return ""

    def imported(found: re.Match[str]) -> str:
        module.imports.append((resolved(name, found[2]), _names(found[1] or "")))
        return ""

    text = HANDED_ON.sub(handed_on, text)
    text = IMPORT.sub(imported, text)
    text = LISTED.sub(listed, text)
    module.exports |= {declared: declared for declared in DECLARED.findall(text)}
    module.code = DECLARED.sub("", text)
    if LEFT.search(module.code):
        raise NotBundled(f"{name} imports or exports in a way that isn't known here.")
    return module


def _names(text: str) -> Names:
    """`a as b, c` as {b: a, c: c}: what stands behind `as` is how others call it, and comes once."""
    pairs = [part.split(" as ") for part in (one.strip() for one in text.split(",")) if part]
    return {pair[-1].strip(): pair[0].strip() for pair in pairs}


def _origins(
    name: str, wanted: str, names: Names, modules: dict[str, _Module], read: Callable[[str], str]
) -> list[tuple[str, Names]]:
    """Where the names really come from, through modules that only hand them on."""
    if not names:
        return [(wanted, {})]
    found: dict[str, Names] = {}
    for here, called in names.items():
        module, there = wanted, called
        while there in (handing := _module(module, modules, read)).handed_on:
            module, there = handing.handed_on[there]
        if there not in handing.exports:
            raise NotBundled(f"{name} imports {called} from {wanted}, which doesn't export it.")
        found.setdefault(module, {})[here] = there
    return list(found.items())


def _written(name: str, module: _Module, order: list[str], *, is_entry: bool) -> str:
    lines = [
        f"const {{ {_pairs((there, here) for here, there in names.items())} }} = m{order.index(wanted)};"
        for wanted, names in module.imports
        if names
    ]
    inner = "\n".join([*lines, module.code.strip()])
    if is_entry:
        return f"// {name}\n{{\n{inner}\n}}"
    given = _pairs(module.exports.items())
    return f"// {name}\nconst m{order.index(name)} = (() => {{\n{inner}\nreturn {{ {given} }};\n}})();"


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(left if left == right else f"{left}: {right}" for left, right in pairs)
