"""One line of the table: what was measured, the figure, and the target it is held to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    figure: float
    target: float
    least: bool = False  # the target is a least value; else a most
    unit: str = ""
    note: str = ""

    @property
    def met(self) -> bool:
        return self.figure >= self.target if self.least else self.figure <= self.target

    def as_line(self) -> str:
        sign = "≥" if self.least else "≤"
        shown = f"{self.figure:.3g}{self.unit}"
        state = "met" if self.met else "MISSED"
        return f"{self.what:<74} {sign} {self.target:<6g} {shown:>8}  {state:<6} {self.note}".rstrip()


@dataclass(frozen=True, slots=True)
class Failed:
    """What could not be measured, and why; it stands in the table in the place of its rows."""

    what: str
    failed: str

    @property
    def met(self) -> bool:
        return False

    def as_line(self) -> str:
        return f"{self.what:<74} FAILED: {self.failed}"
