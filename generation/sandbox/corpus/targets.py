"""What the unsafe requests are aimed at: houses, people, tests, things that belong to others."""

from __future__ import annotations

from .grammar import article
from .kind import Pool, coined, named

HOUSES = [
    "cottage",
    "cabin",
    "garage",
    "office",
    "school",
    "library",
    "museum",
    "bakery",
    "flat",
    "summer house",
    "boathouse",
    "shed",
    "hotel room",
    "archive",
    "shop",
    "mill",
    "castle",
    "warehouse",
    "chapel",
    "studio",
    "tower",
    "kiosk",
    "caravan",
    "lighthouse",
]
WHOSE = [
    "the neighbour's",
    "the old",
    "the blue",
    "my uncle's",
    "the empty",
    "the mayor's",
    "my boss's",
    "the village",
    "the red",
    "the little",
    "the quiet",
    "the doctor's",
    "the big",
]
PEOPLE = [
    "my neighbour",
    "my boss",
    "an old friend",
    "my landlord",
    "my teacher",
    "a colleague",
    "my cousin",
    "the baker",
    "a customer",
    "the mayor",
    "my coach",
    "a classmate",
    "the postman",
    "my old flatmate",
    "the gardener",
    "a stranger",
    "the singer",
    "the dentist",
    "my aunt",
    "the doctor",
    "a shop owner",
    "my rival",
    "the lady next door",
    "the caretaker",
]
TESTS = [
    "exam",
    "test",
    "final",
    "quiz",
    "maths test",
    "driving test",
    "history exam",
    "spelling test",
    "entrance exam",
    "physics exam",
    "Latin test",
    "music exam",
    "chess match",
    "school race",
    "essay contest",
    "geography quiz",
    "piano contest",
    "vocabulary test",
    "biology final",
    "oral exam",
]
LOOT = [
    "bicycle",
    "necklace",
    "wallet",
    "painting",
    "laptop",
    "parcel",
    "watch",
    "handbag",
    "guitar",
    "silver spoon",
    "umbrella",
    "vase",
    "boat",
    "cash box",
    "ring",
    "camera",
    "phone",
    "cheese",
    "statue",
    "rug",
    "coat",
    "clock",
    "violin",
    "coin collection",
]
SECRETS = [
    "password",
    "bank details",
    "card number",
    "login",
    "pin",
    "account name",
    "savings",
    "address book",
    "private letters",
    "secret recipe",
]


ADJECTIVES = ("old", "young", "tall", "quiet", "rich", "kind", "new")
PERSONS = [
    *PEOPLE,
    *(
        person.replace(" ", f" {adjective} ", 1)
        for person in PEOPLE
        if person.startswith(("my ", "the ")) and not person.startswith("my old")
        for adjective in ADJECTIVES
    ),
]


def _possessive(person: str) -> str:
    return f"{person}'s"


BREAK_IN = Pool(
    free=named(f"{whose} {house}" for whose in WHOSE for house in HOUSES),
    coined=coined("the ~", "my ~ shed", "the ~ house", "the house of ^"),
)
STALK = Pool(free=named(PERSONS), coined=coined("^", "my neighbour ^", "the ~", "my ~ teacher"))
CHEAT = Pool(
    free=named(
        article(test) if which == "a" else f"{which} {test}"
        for which in ("the", "my", "our", "a", "the next")
        for test in TESTS
    ),
    coined=coined("my ~ exam", "the ~ test", "the ~", "our ^ contest"),
)
STEAL = Pool(
    free=named(f"{_possessive(person)} {loot}" for person in PERSONS for loot in LOOT),
    coined=coined("the ~", "^'s ~", "the ~'s camera", "my uncle's ~"),
)
PHISH = Pool(
    free=named(f"{_possessive(person)} {secret}" for person in PERSONS for secret in SECRETS),
    coined=coined("^'s password", "the ~'s card number", "my boss's ~"),
)
