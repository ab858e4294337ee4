"""Cooking: baking, soups, boiling, tea, leftovers, substitutes."""

from __future__ import annotations

from .grammar import Env, frame, lead, listing, maybe, pattern, say, some, then
from .kind import Kind, Pool

FLAVOURS = (
    "blueberry banana lemon apple pear cherry plum apricot carrot pumpkin ginger coconut almond hazelnut walnut "
    "orange raspberry strawberry fig cinnamon honey vanilla maple peach rhubarb blackberry cranberry pistachio "
    "mango oat lime cardamom chestnut jalapeño pecan quince chocolate date marzipan nougat açaí guava papaya "
    "buttermilk caramel espresso lavender matcha sesame nutmeg molasses praline sultana tangerine"
).split()
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
VEGETABLES = (
    "tomato leek carrot pumpkin lentil mushroom potato pea onion celery cauliflower parsnip spinach broccoli "
    "fennel beetroot bean cabbage courgette asparagus turnip chickpea barley noodle pepper corn squash jalapeño "
    "chicory artichoke kale nettle sorrel radish okra quinoa rice"
).split()


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


BAKED = Pool(free=[_bake(flavour, name) for flavour in FLAVOURS for name in BAKES])
SOUPS = Pool(free=[{"thing": f"{v} {dish}"} for v in VEGETABLES for dish in ("soup", "stew", "broth", "curry")])
HERBS = (
    "peppermint chamomile fennel ginger lemon rosehip nettle verbena sage thyme hibiscus lavender elderflower "
    "linden rooibos mint raspberry cinnamon blackcurrant apple anise lemongrass"
).split()
HERB_TEA: Env = {"heat": "[boiling|freshly boiled]", "brew": "[5 to 7|about 6|6 to 8] minutes"}
GREEN_TEA: Env = {"heat": "[hot but not boiling|80 °C]", "brew": "[2 to 3|about 2] minutes"}
BLACK_TEA: Env = {"heat": "[boiling|95 °C]", "brew": "[3 to 5|about 4|3 to 4] minutes"}
TEAS = Pool(
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
    "an egg": ("half a mashed banana", "a spoonful of ground flaxseed in water", "three spoonfuls of apple sauce"),
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
        "What [temperature|heat] do {thing} need?" if False else "At what temperature should I bake {thing}?",
        "How long [should|do] I bake {thing}?",
        "[My friends|My children|My neighbours] love {thing}. How do I [bake|make] {them}?",
        "[Explain|Describe] how [one bakes|to bake] {thing}.",
        "Help me [bake|make] {thing}[, please|].",
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
            "[Mix|Stir|Fold] the [flour|dry things|flour and sugar] [in gently|in slowly|together] and [stop early|don't beat too long].",
            "[Use|Take] [soft|cool|melted] butter [and|with] [a pinch of salt|fresh eggs|a little sugar].",
            "[Check|Test] {them} with a [wooden stick|toothpick|thin knife] [near the end|after a while].",
            "[Let|Leave] {them} to cool [on a rack|in the tin|by the window] for [ten|fifteen|twenty] minutes.",
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
        "[What goes|What do I put] into [a good|a simple|a] {thing}?",
        "I [want|would like] to cook {thing} [tonight|for six people|for my family]. [Any ideas|Any tips|How]?",
        "[Give me|I need] an [easy|idea for an easy] {thing}[, please|].",
        "[Is|Do you have] [a recipe for {thing}|there a recipe for {thing}]?" if False else "Do you [have|know] a recipe for {thing}?",
        "Explain how to [make|cook] {thing}[ for beginners| step by step|].",
        "It is cold outside and I [fancy|want] {thing}. [What now|How do I make it]?",
        "[My|Our] {thing} [tastes of nothing|is boring]. What can I [do|change]?",
        "[Dinner|Supper] is {thing}. How do I [cook|make] it?",
    ),
    frame(
        lead("[a simple|a warming|an easy] [recipe|way|idea] for {thing}."),
        say(
            "[For|To make] [a good|a simple|] {thing}, [start|begin] with [an onion|garlic and oil|a chopped onion] in a [large|heavy|deep] pot."
            .replace("[a good|a simple|] {thing}", "[a good {thing}|a simple {thing}|{thing}]"),
            "[A good|A simple|A hearty] {thing} [begins|starts] with [a chopped onion|butter and garlic|a little oil].",
            "{Thing} is [easy|simple|forgiving]: [chop|cut] everything [small|into cubes|roughly] and [take|give it] a big pot.",
        ),
        then(
            "[Add|Pour in] [stock|water|hot stock] [and|then] [let it simmer|cook it gently] for [20 to 30|about 25|20 to 25] minutes.",
            "[After that|Then|Next], [simmer it|let it cook] [slowly|gently|with a lid on] for [half an hour|about 25 minutes|20 to 30 minutes].",
        ),
        some(
            1,
            3,
            "[Season|Finish] it with [salt and pepper|fresh herbs|a squeeze of lemon|a spoonful of crème fraîche].",
            "[Stir|Taste] it [now and then|from time to time] and [add salt|add pepper] [at the end|late|little by little].",
            "[A slice|A piece] of [dark|warm|fresh] bread [goes well with it|is all you need beside it].",
            "[If|When] it is too [thick|salty], [add|pour in] [a little|some more] water.",
            "[Leftovers|The rest] [will taste|tastes|taste] even better".replace("[Leftovers|The rest] [will taste|tastes|taste]", "[Leftovers|What is left] will taste")
            + " [the next day|tomorrow].",
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
        "[Is|Will] [my|the] {thing} [still good tomorrow|good for a few days|safe to eat tomorrow]?".replace("[Is|Will]", "Is"),
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
            "[Let it cool|Cool it] [down|quickly] [before|and then] [you cover it|you put it away]."
            .replace("[before|and then] [you cover it|you put it away]", "before [you cover it|you put it away]"),
            "[Frozen|In the freezer], it [lasts|keeps] for [two to three|about three] months.",
            "[Write|Put] the date on the [box|lid|label], so [you don't forget|nobody has to guess].",
            "[Heat|Warm] it [well|until it steams|right through] before you [eat|serve] it.",
            "If it smells [odd|sour|strange], [throw it out|don't eat it].",
        ),
    ),
    again=("[How long does it keep|Can I freeze it|How should I store it]?", "And [what about leftovers|how do I keep the rest]?"),
)

TEA = Kind(
    "cooking.tea",
    TEAS,
    (
        "How do I [make|brew] [a good |a nice |a |]cup of {thing}?".replace("[a good |a nice |a |]", "[a good |a nice |a ]"),
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
            "[For|To brew] {thing}, [use|take] water that is {heat} and [wait|let it steep for] {brew}.".replace("[wait|let it steep for] {brew}", "let it steep for {brew}"),
            "[Let|Leave] {thing} [to steep|in the pot] for {brew}, in water that is {heat}.".replace("[Let|Leave] {thing} [to steep|in the pot]", "Leave {thing} [to steep|in the pot]"),
            "{Thing} [wants|likes|needs] water that is {heat} and {brew} [of patience|in the pot|of rest].",
        ),
        some(
            1,
            3,
            "[Take|Use] [one|a] [teaspoon|small spoonful] [a cup|for each cup].",
            "[Warm|Rinse] the [pot|cup] [first|with hot water first].",
            "[Cover|Put a lid on] the [pot|cup], so [the scent stays in|it keeps its warmth].".replace("Cover|Put a lid on", "Cover|Close").replace("[Cover|Close]", "Cover"),
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
        "When [is|will] {thing} [done|ready]?" if False else "How do I [boil|cook] {thing} [well|properly]?",
        "[Cooking|Boiling] {thing}: how long?",
    ),
    frame(
        lead("[the usual time|what works|a simple rule] for {thing}."),
        say(
            "[Boil|Cook|Simmer] {thing} for {time}.",
            "[For|To cook] {thing}, [count|plan|reckon with] {time}.",
            "{Time} is [usually right|about right|a good time] for {thing}.".replace("{Time} is", "A time of {time} is"),
        ),
        some(
            1,
            3,
            "[Use|Take] [plenty of|enough] [water|salted water] and [keep it at a gentle boil|let it bubble gently].",
            "[Start|Begin] counting [when the water boils|once it bubbles].",
            "[Taste|Test|Check] {them} [a minute early|near the end], [every stove is different|as no two pots are alike].",
            "[Drain|Lift] {them} [well|carefully] and [serve|eat] {them} [hot|warm|at once].".replace("[Drain|Lift] {them} [well|carefully]", "[Drain|Rinse] {them} [well|carefully|at the end]"),
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
        "I [have|am out of] no {thing}. What now?".replace("[have|am out of] no {thing}", "have run out of {thing}"),
        "[Is there|Do you know] a [good|simple] substitute for {thing}?",
        "How [can|do] I replace {thing} in a recipe?",
        "The recipe [needs|wants|asks for] {thing}, but I have none. [Any ideas|What can I do]?",
        "What [works|is good] in place of {thing}?",
        "[Can|Could] I [bake|cook] without {thing}?",
        "[Suggest|Name] something to use instead of {thing}.",
    ),
    frame(
        lead("[an idea|a simple idea|what I would do] for replacing {thing}."),
        say(
            "[Instead of|In place of] {thing}, [you can use|try|I would take] {other}.",
            "[Yes: |Good news: |]{other} [will do|works well|is fine] in place of {thing}.".replace("[Yes: |Good news: |]{other} [will do|works well|is fine]", "[You could|You can|I would] use {other}"),
            "[A good|A common|A simple] substitute for {thing} is {other}.",
        ),
        some(
            1,
            2,
            "[Start|Begin] with [a little less|a bit less|half] and [taste|see how it goes].",
            "The [taste|result|texture] will be [a little|slightly|somewhat] different, [but still good|but nobody will mind|which can be nice].",
            "[It works|That works] [best|especially well] in [cakes|sauces|simple dishes|everyday cooking].".replace("[cakes|sauces|simple dishes|everyday cooking]", "[simple dishes|everyday cooking|most recipes]"),
            "[Mix|Stir] it in [slowly|bit by bit], so that [nothing clumps|it spreads evenly].",
        ),
        maybe(*CLOSE),
    ),
)

KINDS = (BAKE, SOUP, LEFTOVERS, TEA, BOIL, SWAP)
assert pattern
