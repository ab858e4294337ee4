# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Planets: size, moons, distance, day, year, looks, warmth."""

from __future__ import annotations

from .grammar import Node
from .kind import Kind, Pool
from .sentences import FACTS, frame, lead, maybe, say, some

# name: moons, width in km, place from the sun, length of a day, length of a year, looks, warmth
WORLDS: dict[str, tuple[str, str, str, str, str, str, str]] = {
    "Mercury": ("no moons", "4,880", "the closest planet to the Sun", "about 59 Earth days", "88 Earth days", "[grey and full of craters|a small grey ball with many craters]", "[very hot by day and very cold at night|430 °C by day and -180 °C at night]"),
    "Venus": ("no moons", "12,100", "the second planet from the Sun", "about 243 Earth days", "225 Earth days", "[pale yellow, wrapped in thick clouds|a bright ball hidden under yellow clouds]", "[about 465 °C everywhere|hot enough to melt lead]"),
    "Earth": ("one moon", "12,740", "the third planet from the Sun", "24 hours", "365 days", "[blue, white and green|a blue ball with white clouds]", "[about 15 °C on average|mild on the whole]"),
    "Mars": ("two small moons, Phobos and Deimos", "6,780", "the fourth planet from the Sun", "a little over 24 hours", "687 Earth days", "[red and dusty|a rusty red ball with white poles]", "[about -60 °C on average|cold, like a very hard winter]"),
    "Jupiter": ("more than 90 moons", "139,800", "the fifth planet from the Sun", "about 10 hours", "about 12 Earth years", "[striped, with a great red spot|a giant ball with brown and white bands]", "[about -110 °C at the top of its clouds|very cold at its cloud tops]"),
    "Saturn": ("more than 140 moons", "116,500", "the sixth planet from the Sun", "a little under 11 hours", "about 29 Earth years", "[pale gold, with bright rings|a golden ball inside wide rings]", "[about -140 °C at the top of its clouds|very cold at its cloud tops]"),
    "Uranus": ("about 28 moons", "50,700", "the seventh planet from the Sun", "about 17 hours", "about 84 Earth years", "[pale blue-green|a smooth, pale blue-green ball]", "[about -195 °C|bitterly cold]"),
    "Neptune": ("about 16 moons", "49,200", "the farthest planet from the Sun", "about 16 hours", "about 165 Earth years", "[deep blue|a deep blue ball with white streaks]", "[about -200 °C|bitterly cold]"),
}  # fmt: skip
KEYS = ("moons", "width", "place", "day", "year", "looks", "warmth")
PLANETS = Pool(
    known=[{"thing": name, **dict(zip(KEYS, facts, strict=True))} for name, facts in WORLDS.items()]
)

MORE = some(
    0,
    2,
    "{Thing} is {place}.",
    "[From space|Through a telescope|In pictures], it is {looks}.",
    "It is about {width} km [wide|across].",
    "It has {moons}.",
    "[One year there|A year on it|Its year] lasts {year}.",
    begin=FACTS,
)
CLOSE = maybe(
    "[Isn't that|Is that not] [amazing|wonderful|strange]?",
    "[Space|The sky|The solar system] is [full of wonders|a big place|never boring][.|!| 🪐| 🔭| ✨]",
    "[Ask me|You can ask me] about [another planet|its moons|its year|its colour], [if you like|too].",
)


def _fact(name: str, questions: tuple[str, ...], answers: tuple[str, ...], again: tuple[str, ...]) -> Kind:
    answer: Node = frame(
        lead("[what I know|a short answer|something] about {thing}."), say(*answers), MORE, CLOSE
    )
    return Kind(f"planets.{name}", PLANETS, questions, answer, again)


KINDS = (
    _fact(
        "moons",
        (
            "How many moons does {thing} have?",
            "Does {thing} have [a moon|moons|any moons]?",
            "[Tell me|I want to know] how many moons {thing} has.",
            "What is the number of moons [of|around] {thing}?",
            "[Are there|Do you know of] moons around {thing}?",
            "How many moons [go|turn] around {thing}?",
            "{Thing}: how many moons?",
            "[Which|What] moons does {thing} have?",
            "How many moons are there around {thing}?",
            "The moons of {thing}: how many[ are there|]?",
            "{Thing} and its moons: tell me more.",
            "{Thing}: [does it have|has it got] moons?",
        ),
        (
            "{Thing} has {moons}.",
            "[We know of|Astronomers count|I know of] {moons} around {thing}.",
            "[As far as we know|So far as we know|By today's count], {thing} has {moons}.",
        ),
        ("And how many moons does it have?", "Does it have moons?", "How many moons does {thing} have?"),
    ),
    _fact(
        "size",
        (
            "How big is {thing}?",
            "How [wide|large] is {thing}?",
            "What is the [diameter|size] of {thing}?",
            "Tell me how [big|large] {thing} is[, please|].",
            "Is {thing} a big planet?",
            "How many kilometres [across|wide] is {thing}?",
            "I want to compare planets. How big is {thing}?",
            "[Describe|Explain] the size of {thing}.",
        ),
        (
            "{Thing} is about {width} km [wide|across].",
            "[The diameter of|The width of] {thing} is about {width} km.",
            "From side to side, {thing} [measures|spans] about {width} km.",
        ),
        ("And how big is it?", "How wide is it?", "How big is {thing}?"),
    ),
    _fact(
        "year",
        (
            "How long is a year on {thing}?",
            "How long does {thing} [take|need] to go around the Sun?",
            "What is the length of a year on {thing}?",
            "[Tell me|Explain] how long {thing} takes for one trip around the Sun.",
            "When would I [have|celebrate] a birthday on {thing}?",
            "One year on {thing}: how long is it?",
            "Is a year on {thing} longer than ours?",
            "How many days or years does {thing} need for its way around the Sun?",
        ),
        (
            "A year on {thing} lasts {year}.",
            "{Thing} [goes|travels] around the Sun in {year}.",
            "[One trip|One round|One lap] around the Sun takes {thing} {year}.",
        ),
        ("And how long is its year?", "How long is a year there?", "How long is a year on {thing}?"),
    ),
    _fact(
        "day",
        (
            "How long is a day on {thing}?",
            "How fast does {thing} [turn|spin]?",
            "How many hours does a day on {thing} have?",
            "[Tell me|I wonder] how long a day on {thing} is.",
            "How long does {thing} take to turn once?",
            "What is the length of a day on {thing}?",
            "Are days on {thing} long?",
            "One day on {thing}: how long does it last?",
        ),
        (
            "A day on {thing} lasts {day}.",
            "[To turn once|To spin once], {thing} [needs|takes] {day}.",
            "[One day|A single day] on {thing} [takes|lasts] {day}.",
        ),
        ("And how long is a day there?", "How long is its day?", "How long is a day on {thing}?"),
    ),
    _fact(
        "place",
        (
            "How far is {thing} from the Sun?",
            "Where is {thing} in the solar system?",
            "Which planet from the Sun is {thing}?",
            "Is {thing} [close to|far from] the Sun?",
            "Tell me the place of {thing} in the solar system[, please|].",
            "In which place does {thing} [come|go around the Sun]?",
            "[Where|In which place] do I find {thing}, counted from the Sun?",
        ),
        (
            "{Thing} is {place}.",
            "[Counted from the Sun|Seen from the Sun|In our solar system], {thing} is {place}.",
            "{Thing} [goes around the Sun as|is known as] {place}.",
        ),
        ("And how far is it from the Sun?", "Where is {thing}?"),
    ),
    _fact(
        "looks",
        (
            "What does {thing} look like?",
            "What colour is {thing}?",
            "[Can|Could] you describe {thing}[ for me|]?",
            "[Describe|Draw me a picture in words of] {thing}.",
            "I want to paint {thing}. What colour [is it|do I need]?",
            "How would I recognise {thing} in a picture?",
            "[Tell me|I would like to know] what {thing} looks like.",
            "Is {thing} a colourful planet?",
        ),
        (
            "{Thing} is {looks}.",
            "[Seen|Photographed] from [space|a spacecraft|afar], {thing} is {looks}.",
            "[In a picture|In a telescope|On photographs], you [would see|can recognise] {thing}: it is {looks}.",
        ),
        ("And what does it look like?", "What colour is it?", "What does {thing} look like?"),
    ),
    _fact(
        "warmth",
        (
            "How [hot|cold|warm] is it on {thing}?",
            "What is the temperature on {thing}?",
            "Is it [hot|cold|warm] on {thing}?",
            "Could I [live|take a walk] on {thing} [without freezing|in a T-shirt]?",
            "[Tell me|I wonder] how [hot|cold] it is on {thing}.",
            "[What is the weather|What are the temperatures] like on {thing}?",
            "Would I [freeze|sweat] on {thing}?",
        ),
        (
            "On {thing}, it is {warmth}.",
            "{Thing} is {warmth}.",
            "[If you stood|If you were] on {thing}, [you would notice that|you would feel that] it is {warmth}.",
        ),
        ("And how warm is it there?", "Is it cold there?", "How warm is it on {thing}?"),
    ),
)
