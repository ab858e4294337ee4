# ruff: noqa: E501  (a sentence pattern stands on one line)
"""More cooking: tea, boiling, what to use instead."""

from __future__ import annotations

from . import coin
from .cooking import CLOSE
from .grammar import Env
from .kind import Kind, Pool
from .sentences import frame, lead, listing, maybe, say, some

HERBS = [
    "peppermint",
    "chamomile",
    "fennel",
    "ginger",
    "lemon",
    "rosehip",
    "nettle",
    "verbena",
    "sage",
    "thyme",
    "hibiscus",
    "lavender",
    "elderflower",
    "linden",
    "rooibos",
    "mint",
    "raspberry",
    "cinnamon",
    "blackcurrant",
    "apple",
    "anise",
    "lemongrass",
]
HERB_TEA: Env = {"heat": "[boiling|freshly boiled]", "brew": "[5 to 7|about 6|6 to 8] minutes"}
GREEN_TEA: Env = {"heat": "[hot but not boiling|80 °C]", "brew": "[2 to 3|about 2] minutes"}
BLACK_TEA: Env = {"heat": "[boiling|95 °C]", "brew": "[3 to 5|about 4|3 to 4] minutes"}
TEAS = Pool(
    coined=lambda rng: {"thing": f"{coin.word(rng)} tea", **HERB_TEA},
    free=[{"thing": f"{herb} tea", **HERB_TEA} for herb in HERBS],
    known=[
        *({"thing": f"{name} tea", **GREEN_TEA} for name in ("green", "sencha", "jasmine")),
        *({"thing": f"{name} tea", **BLACK_TEA} for name in ("black", "Assam", "Earl Grey", "breakfast")),
    ],
)
BOILED: dict[str, tuple[str, str]] = {
    "a soft egg": ("it", "[6 minutes|6 to 7 minutes]"),
    "a hard egg": ("it", "[9 to 10 minutes|10 minutes]"),
    "spaghetti": ("it", "[8 to 10 minutes|about 9 minutes]"),
    "penne": ("it", "[10 to 12 minutes|about 11 minutes]"),
    "white rice": ("it", "[15 to 18 minutes|about 16 minutes]"),
    "brown rice": ("it", "[35 to 40 minutes|about 40 minutes]"),
    "new potatoes": ("them", "[15 to 20 minutes|about 18 minutes]"),
    "red lentils": ("them", "[12 to 15 minutes|about 15 minutes]"),
    "green lentils": ("them", "[20 to 25 minutes|about 25 minutes]"),
    "asparagus": ("it", "[3 to 5 minutes|about 4 minutes]"),
    "broccoli": ("it", "[4 to 5 minutes|about 5 minutes]"),
    "corn on the cob": ("it", "[5 to 7 minutes|about 6 minutes]"),
    "beetroot": ("it", "[35 to 45 minutes|about 40 minutes]"),
    "quinoa": ("it", "[15 minutes|about 15 minutes]"),
    "green beans": ("them", "[5 to 6 minutes|about 6 minutes]"),
}
POT = Pool(known=[{"thing": name, "them": them, "time": time} for name, (them, time) in BOILED.items()])
SWAPS: dict[str, tuple[str, ...]] = {
    "butter": ("margarine", "mild olive oil", "coconut oil"),
    "milk": ("oat milk", "soy milk", "almond milk"),
    "an egg": (
        "half a mashed banana",
        "a spoonful of ground flaxseed in water",
        "three spoonfuls of apple sauce",
    ),
    "cream": ("crème fraîche", "coconut milk", "thick yoghurt"),
    "sugar": ("honey", "maple syrup", "date syrup"),
    "lemon juice": ("lime juice", "a little white vinegar", "white wine"),
    "sour cream": ("thick yoghurt", "crème fraîche", "quark"),
    "buttermilk": ("milk with a spoonful of lemon juice", "thin yoghurt", "kefir"),
    "breadcrumbs": ("crushed crackers", "rolled oats", "crushed cornflakes"),
    "fresh tomatoes": ("tinned tomatoes", "passata", "roasted red peppers"),
    "soy sauce": ("tamari", "a pinch of salt and some broth", "miso in warm water"),
}
SWAPPED = Pool(known=[{"thing": thing, "other": listing(others)} for thing, others in SWAPS.items()])

TEA = Kind(
    "cooking.tea",
    TEAS,
    (
        "How do I [make|brew] [a good |a nice |a ]cup of {thing}?",
        "How long should {thing} [steep|brew]?",
        "[What is|Do you know] the [best|right] way to [brew|make] {thing}?",
        "I [feel like|would love] a cup of {thing}. [Any tips|How do I brew it]?",
        "How hot should the water be for {thing}?",
        "[Explain|Tell me] how to [brew|make] {thing}[, please|].",
        "[My|The] {thing} [tastes bitter|is too weak]. What am I doing wrong?",
        "Help me brew {thing}[ for a guest| for two|].",
    ),
    frame(
        lead("[a simple|the usual|a good] way to [make|brew] {thing}."),
        say(
            "[For|To brew] {thing}, [use|take] water that is {heat} and let it steep for {brew}.",
            "Leave {thing} [to steep|in the pot] for {brew}, in water that is {heat}.",
            "{Thing} [wants|likes|needs] water that is {heat} and {brew} [of patience|in the pot|of rest].",
        ),
        some(
            1,
            3,
            "[Take|Use] [one|a] [teaspoon|small spoonful] [a cup|for each cup].",
            "[Warm|Rinse] the [pot|cup] [first|with hot water first].",
            "Cover the [pot|cup], so [the scent stays in|it keeps its warmth].",
            "[A slice of lemon|A little honey|A biscuit] [goes well with it|makes it even better|is nice with it].",
            "[Longer|Much longer] makes it [stronger|bitter|heavier].",
        ),
        maybe("[Enjoy|Enjoy your cup|Sit down and enjoy it][.|!| ☕| 🍵]"),
    ),
    again=("[And how long should it steep|How hot should the water be|How long should it brew]?",),
)

BOIL = Kind(
    "cooking.boil",
    POT,
    (
        "How long [do|should] I [boil|cook] {thing}?",
        "How many minutes does it take to [boil|cook] {thing}?",
        "What is the [right|best] cooking time for {thing}?",
        "[Can|Could] you tell me how to [boil|cook] {thing}?",
        "I am [boiling|cooking] {thing}. [How long|For how many minutes|When do I stop]?",
        "[Tell me|I forgot] how long to [boil|cook] {thing}.",
        "How do I [boil|cook] {thing} [well|properly]?",
        "[Cooking|Boiling] {thing}: how long?",
    ),
    frame(
        lead("[the usual time|what works|a simple rule] for {thing}."),
        say(
            "[Boil|Cook|Simmer] {thing} for {time}.",
            "[For|To cook] {thing}, [count|plan|reckon with] {time}.",
            "A time of {time} is [usually right|about right|a good time] for {thing}.",
        ),
        some(
            1,
            3,
            "[Use|Take] [plenty of|enough] [water|salted water] and [keep it at a gentle boil|let it bubble gently].",
            "[Start|Begin] counting [when the water boils|once it bubbles].",
            "[Taste|Test|Check] {them} [a minute early|near the end], [every stove is different|as no two pots are alike].",
            "[Drain|Rinse] {them} [well|carefully|at the end] and [serve|eat] {them} [hot|warm|at once].",
            "[A pinch of|A little|Some] salt [helps|does no harm].",
        ),
        maybe(*CLOSE),
    ),
)

SWAP = Kind(
    "cooking.swap",
    SWAPPED,
    (
        "What can I use instead of {thing}?",
        "I have run out of {thing}. What now?",
        "[Is there|Do you know] a [good|simple] substitute for {thing}?",
        "How [can|do] I replace {thing} in a recipe?",
        "The recipe [needs|wants|asks for] {thing}, but I have none. [Any ideas|What can I do]?",
        "What [works|is good] in place of {thing}?",
        "[Can|Could] I [bake|cook] without {thing}?",
        "[Suggest|Name] something to use instead of {thing}.",
        "[Is there|Do you know] something [good|simple] to use instead of {thing}?",
        "What can [replace|stand in for] {thing}?",
    ),
    frame(
        lead("[an idea|a simple idea|what I would do] for replacing {thing}."),
        say(
            "[Instead of|In place of] {thing}, [you can use|try|I would take] {other}.",
            "[You could|You can|I would] use {other} in place of {thing}.",
            "[A good|A common|A simple] substitute for {thing} is {other}.",
        ),
        some(
            1,
            2,
            "[Start|Begin] with [a little less|a bit less|half] and [taste|see how it goes].",
            "The [taste|result|texture] will be [a little|slightly|somewhat] different, [but still good|but nobody will mind|which can be nice].",
            "[It works|That works] [best|especially well] in [simple dishes|everyday cooking|most recipes].",
            "[Mix|Stir] it in [slowly|bit by bit], so that [nothing clumps|it spreads evenly].",
        ),
        maybe(*CLOSE),
    ),
)

KINDS = (TEA, BOIL, SWAP)
