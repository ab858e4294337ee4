# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Cooking: baking, soups, leftovers."""

from __future__ import annotations

from . import coin
from .grammar import Env
from .kind import Kind, Pool, coined
from .sentences import frame, lead, maybe, say, some, then

FLAVOURS = [
    "blueberry",
    "banana",
    "lemon",
    "apple",
    "pear",
    "cherry",
    "plum",
    "apricot",
    "carrot",
    "pumpkin",
    "ginger",
    "coconut",
    "almond",
    "hazelnut",
    "walnut",
    "orange",
    "raspberry",
    "strawberry",
    "fig",
    "cinnamon",
    "honey",
    "vanilla",
    "maple",
    "peach",
    "rhubarb",
    "blackberry",
    "cranberry",
    "pistachio",
    "mango",
    "oat",
    "lime",
    "cardamom",
    "chestnut",
    "jalapeño",
    "pecan",
    "quince",
    "chocolate",
    "date",
    "marzipan",
    "nougat",
    "açaí",
    "guava",
    "papaya",
    "buttermilk",
    "caramel",
    "espresso",
    "lavender",
    "matcha",
    "sesame",
    "nutmeg",
    "molasses",
    "praline",
    "sultana",
    "tangerine",
]
BAKES = {
    "muffins": ("180", "[20 to 25|about 22|18 to 22]", True),
    "cookies": ("180", "[10 to 12|about 11|9 to 12]", True),
    "scones": ("220", "[12 to 15|about 12|10 to 14]", True),
    "brownies": ("180", "[25 to 30|about 25|22 to 28]", True),
    "cake": ("175", "[35 to 40|about 40|40 to 45]", False),
    "tart": ("190", "[30 to 35|about 30|25 to 35]", False),
    "crumble": ("190", "[35 to 40|about 35|30 to 40]", False),
    "pie": ("190", "[45 to 50|about 45|40 to 50]", False),
}
VEGETABLES = [
    "tomato",
    "leek",
    "carrot",
    "pumpkin",
    "lentil",
    "mushroom",
    "potato",
    "pea",
    "onion",
    "celery",
    "cauliflower",
    "parsnip",
    "spinach",
    "broccoli",
    "fennel",
    "beetroot",
    "bean",
    "cabbage",
    "courgette",
    "asparagus",
    "turnip",
    "chickpea",
    "barley",
    "noodle",
    "pepper",
    "corn",
    "squash",
    "jalapeño",
    "chicory",
    "artichoke",
    "kale",
    "nettle",
    "sorrel",
    "radish",
    "okra",
    "quinoa",
    "rice",
]


def _bake(flavour: str, name: str) -> Env:
    heat, minutes, many = BAKES[name]
    return {
        "thing": f"{flavour} {name}",
        "short": name,
        "heat": heat,
        "minutes": minutes,
        "are": "are" if many else "is",
        "they": "they" if many else "it",
        "them": "them" if many else "it",
        "need": "need" if many else "needs",
        "cool": "cool" if many else "cools",
    }


BAKED = Pool(
    free=[_bake(flavour, name) for flavour in FLAVOURS for name in BAKES],
    coined=lambda rng: _bake(coin.word(rng), rng.choice(list(BAKES))),
)
SOUPS = Pool(
    free=[{"thing": f"{v} {dish}"} for v in VEGETABLES for dish in ("soup", "stew", "broth", "curry")],
    coined=coined("~ soup", "~ stew", "~ broth", "~ curry"),
)
CLOSE = (
    "[Enjoy|Enjoy it|Have fun|Happy cooking][!|.]",
    "[It is worth the wait|It makes the kitchen smell wonderful|Your guests will be pleased][.|!]",
    "[Bon appétit|Guten Appetit|Enjoy your meal][!|.| 😋| 🍽️]",
    "[Taste as you go|Trust your nose|Take your time], [that is half the fun|and it will be fine|it always helps].",
)

BAKE = Kind(
    "cooking.bake",
    BAKED,
    (
        "How do I [bake|make] {thing}?",
        "[Can|Could] you [tell|show] me how to [bake|make] {thing}?",
        "I want to [bake|make] {thing}[ today| this weekend|]. [Any tips|How do I start|What should I do]?",
        "[What is|Do you know] a [good|simple|nice] recipe for {thing}?",
        "[Give me|I need] a [quick|simple|short] recipe for {thing}[, please|].",
        "At what temperature should I bake {thing}?",
        "How long [should|do] I bake {thing}?",
        "[My friends|My children|My neighbours] love {thing}. How do I [bake|make] {them}?",
        "[Explain|Describe] how [one bakes|to bake] {thing}.",
        "Help me [bake|make] {thing}[, please|].",
        "[Show|Tell] me how to [bake|make] {thing}[, please|].",
        "[Do you have|Is there] a [good|simple|nice] recipe for {thing}?",
        "[Could|Can] you help me [bake|make] {thing}?",
        "A [good|nice|quick] recipe for {thing}[, please|]?",
        "[Today|Tonight] I am [baking|making] {thing}. What should I [know|watch out for]?",
        "{Thing}[, please|]: how do I bake {them}?",
    ),
    frame(
        lead("[a simple|a short|an easy|my favourite] [recipe|guide|plan] for {thing}."),
        say(
            "[For|To make] {thing}, [heat|warm|set] the oven to {heat} °C [first|before you start|and butter the tin].",
            "{Thing} {need} {minutes} minutes [in the oven|of baking] at {heat} °C.",
            "Bake {thing} at {heat} °C for {minutes} minutes.",
            "[Good|Lovely|Great] [choice|idea][!|.] {Thing} {are} [easier|simpler] than [you|people|most] think.",
        ),
        some(
            2,
            4,
            "[Mix|Stir] the [dry things|flour and sugar] [in gently|in slowly|together] and [stop early|don't beat too long].",
            "[Use|Take] [soft|cool|melted] butter [and|with] [a pinch of salt|fresh eggs|a little sugar].",
            "[Check|Test] {them} with a [wooden stick|toothpick|thin knife] [near the end|after a while].",
            "[Let {them} cool|Leave {them} to cool] [on a rack|in the tin|by the window] for [ten|fifteen|twenty] minutes.",
            "[When|Once] {they} {are} [golden|golden brown|firm], take {them} out.",
            "[A little|A pinch of|Some] [salt|vanilla|lemon zest|cinnamon] [brings out the taste|makes {them} special|goes well with {them}].",
        ),
        maybe(*CLOSE),
    ),
    again=("How long [should|do] I bake {them}?", "And [at what temperature|how hot should the oven be]?"),
)

SOUP = Kind(
    "cooking.soup",
    SOUPS,
    (
        "How do I [make|cook] [a good |a simple |]{thing}?",
        "[Can|Could] you [tell|teach] me how to [make|cook] {thing}?",
        "[What goes|What do I put] into [a good {thing}|a simple {thing}|{thing}]?",
        "I [want|would like] to cook {thing} [tonight|for six people|for my family]. [Any ideas|Any tips|How]?",
        "[Give me|I need] an [easy|idea for an easy] {thing}[, please|].",
        "Do you [have|know] a recipe for {thing}?",
        "Explain how to [make|cook] {thing}[ for beginners| step by step|].",
        "It is cold outside and I [fancy|want] {thing}. [What now|How do I make it]?",
        "[My|Our] {thing} [tastes of nothing|is boring]. What can I [do|change]?",
        "[Dinner|Supper] is {thing}. How do I [cook|make] it?",
    ),
    frame(
        lead("[a simple|a warming|an easy] [recipe|way|idea] for {thing}."),
        say(
            "[For|To make] [a good {thing}|a simple {thing}|{thing}], [start|begin] with [an onion|garlic and oil|a chopped onion] in a [large|heavy|deep] pot.",
            "[A good|A simple|A hearty] {thing} [begins|starts] with [a chopped onion|butter and garlic|a little oil].",
            "{Thing} is [easy|simple|forgiving]: [chop|cut] everything [small|into cubes|roughly] and [take|give it] a big pot.",
        ),
        then(
            "[Add|Pour in] [stock|water|hot stock] [and|and then] [let it simmer|cook it gently] for [20 to 30|about 25|20 to 25] minutes.",
            "[After that|Then|Next], [simmer it|let it cook] [slowly|gently|with a lid on] for [half an hour|about 25 minutes|20 to 30 minutes].",
        ),
        some(
            1,
            3,
            "[Season|Finish] it with [salt and pepper|fresh herbs|a squeeze of lemon|a spoonful of crème fraîche].",
            "[Stir|Taste] it [now and then|from time to time] and [add salt|add pepper] [at the end|late|little by little].",
            "[A slice|A piece] of [dark|warm|fresh] bread [goes well with it|is all you need beside it].",
            "[If|When] it is too [thick|salty], [add|pour in] [a little|some more] water.",
            "[Leftovers|What is left] will taste even better [the next day|tomorrow].",
        ),
        maybe(*CLOSE, "[Stay warm|Keep warm][!|.| 🍲| 🥣]"),
    ),
    again=("[And|So] [what goes well with it|how long should it cook]?",),
)

LEFTOVERS = Kind(
    "cooking.leftovers",
    SOUPS,
    (
        "How long does {thing} keep[ in the fridge|]?",
        "Can I [freeze|keep] {thing}?",
        "I [have|made] too much {thing}. How [should|do] I store it?",
        "Is [my|the] {thing} [still good tomorrow|good for a few days|safe to eat tomorrow]?",
        "How [should|do] I store [my|our|the] {thing}?",
        "[There is|We have] {thing} left over. [How long is it good|Can I keep it]?",
        "What [is the best way|should I do] to keep {thing} fresh?",
        "How many days can {thing} stay in the fridge?",
    ),
    frame(
        lead("[what I know|a short note|some good advice] about storing {thing}."),
        say(
            "{Thing} keeps for [three to four|about three] days in [the fridge|a closed box in the fridge].",
            "[In the fridge|Cooled and covered], {thing} [keeps|stays good] for [three to four|about three] days.",
            "[Keep|Store] {thing} in [the fridge|a closed box in the fridge] for [up to three|three to four] days.",
        ),
        some(
            1,
            3,
            "[Let it cool|Cool it] [down|quickly] before [you cover it|you put it away].",
            "[Frozen|In the freezer], it [lasts|keeps] for [two to three|about three] months.",
            "[Write|Put] the date on the [box|lid|label], so [you don't forget|nobody has to guess].",
            "[Heat|Warm] it [well|until it steams|right through] before you [eat|serve] it.",
            "If it smells [odd|sour|strange], [throw it out|don't eat it].",
        ),
    ),
    again=(
        "[How long does it keep|Can I freeze it|How should I store it]?",
        "And [what about leftovers|how do I keep the rest]?",
    ),
)

KINDS = (BAKE, SOUP, LEFTOVERS)
