"""Modules as one script: each once, behind what it imports, and refused where the rules don't know it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from frontend.offline.bundle import NotBundled, bundle

pytestmark = pytest.mark.once


def bundled(**modules: str) -> str:
    """Of modules by their names, with __ for a folder."""
    files = {f"{name.replace('__', '/')}.js": text for name, text in modules.items()}
    return bundle("entry.js", files.__getitem__)


def test_what_is_imported_is_there() -> None:
    script = bundled(
        entry='import { twice as doubled, WORD } from "./deep/lib.js";\nimport "./effect.js";\n'
        "console.log(doubled(WORD), await Promise.resolve(1));\n",
        deep__lib='import { WORD } from "../words.js";\nexport { WORD } from "../words.js";\n'
        "export function twice(word) {\n  return word + word + WORD;\n}\n",
        words='/** @import { X } from "./x.d.ts" */\nexport const WORD = "a";\nexport class Unused {}\n',
        effect='console.log("effect");\n',
    )
    assert script == (
        "// words.js\nconst m0 = (() => {\n"
        '/** @import { X } from "./x.d.ts" */\nconst WORD = "a";\nclass Unused {}\n'
        "return { WORD, Unused };\n})();\n"
        "// deep/lib.js\nconst m1 = (() => {\nconst { WORD } = m0;\n"
        "function twice(word) {\n  return word + word + WORD;\n}\n"
        "return { twice };\n})();\n"
        '// effect.js\nconst m2 = (() => {\nconsole.log("effect");\nreturn {  };\n})();\n'
        "// entry.js\n{\nconst { twice: doubled } = m1;\nconst { WORD } = m0;\n"
        "console.log(doubled(WORD), await Promise.resolve(1));\n}"
    )


def test_what_is_minified_is_understood() -> None:
    script = bundled(
        entry='import { select } from "./other.js";\nconsole.log(select(2));\n',
        other='// v1\nimport{base as b}from"./base.js";var t=1;'
        "function s(n){return n+t+b}export{s as select,s,t};\n",
        base="var n=10;export{n as base};",
    )
    assert script == (
        "// base.js\nconst m0 = (() => {\nvar n=10;\nreturn { base: n };\n})();\n"
        "// other.js\nconst m1 = (() => {\nconst { base: b } = m0;\n"
        "// v1\nvar t=1;function s(n){return n+t+b}\nreturn { select: s, s, t };\n})();\n"
        "// entry.js\n{\nconst { select } = m1;\nconsole.log(select(2));\n}"
    )


def test_each_module_is_there_once_and_only_what_is_used() -> None:
    script = bundled(
        entry='import { a } from "./a.js";\nimport { b } from "./b.js";\na(b);\n',
        a='import { b } from "./b.js";\nexport const a = b;\n',
        b='import { c } from "./many.js";\nexport const b = c;\n',
        many='export { c } from "./c.js";\nexport { d } from "./d.js";\n',
        c="export const c = 1;\n",
    )
    assert re.findall(r"^// (\S+)$", script, re.MULTILINE) == ["c.js", "b.js", "a.js", "entry.js"]


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ('import { entry } from "./entry.js";\nexport const a = 1;\n', "imports itself"),
        ("export const b = 1;\n", "doesn't export it"),
        ("export default 1;\n", "isn't known here"),
        ('import * as all from "./b.js";\nexport const a = 1;\n', "isn't known here"),
        ("export const a = '</script>';\n", "takes for its end"),
        ("export const a = '<!--';\n", "takes for its end"),
    ],
)
def test_what_it_doesn_t_know_is_refused(module: str, sentence: str) -> None:
    with pytest.raises(NotBundled, match=sentence):
        bundled(entry='import { a } from "./a.js";\nexport const entry = a;\n', a=module, b="")


def test_every_module_of_ours_can_be_taken_along() -> None:
    """So that whoever adds one to the file need not think of it."""
    folder = Path(settings.BASE_DIR) / "frontend" / "static" / "safelens"
    for path in folder.rglob("*.js"):
        if re.search(r"^(?:import|export)\b", path.read_text(), re.MULTILINE):
            bundle(path.relative_to(folder).as_posix())
