# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Small how-tos about the house: stains, tidying, cleaning."""

from __future__ import annotations

from . import coin
from .kind import Kind, Pool, coined, things
from .sentences import frame, lead, maybe, say, some, then

SPOTS = [
    "coffee",
    "tea",
    "red wine",
    "grass",
    "tomato",
    "chocolate",
    "mud",
    "berry",
    "beetroot",
    "curry",
    "juice",
    "milk",
    "ketchup",
    "mustard",
    "gravy",
    "cola",
    "ice cream",
    "cherry",
    "yoghurt",
    "jam",
    "beer",
    "cocoa",
    "soup",
    "plum",
    "jalapeño sauce",
    "purée",
]
FABRICS = [
    "shirt",
    "tablecloth",
    "carpet",
    "sofa",
    "jacket",
    "apron",
    "pillowcase",
    "scarf",
    "tie",
    "dress",
    "curtain",
    "cushion",
    "towel",
    "backpack",
    "hat",
    "blanket",
    "skirt",
    "sheet",
    "rug",
    "napkin",
    "blouse",
    "jumper",
    "tea towel",
    "coat",
]
STAINS = Pool(
    coined=lambda rng: {"thing": f"{coin.word(rng)} stain", "cloth": rng.choice([*FABRICS, coin.word(rng)])},
    free=[{"thing": f"{spot} stain", "cloth": cloth} for spot in SPOTS for cloth in FABRICS],
)
ROOMS = Pool(
    coined=coined("~ room", "small ~", "messy ~ shed", "~"),
    free=things(
        *(
            adjective + room
            for adjective in ("", "small ", "messy ", "shared ")
            for room in [
                "kitchen",
                "bedroom",
                "bathroom",
                "garage",
                "attic",
                "cellar",
                "office",
                "living room",
                "wardrobe",
                "desk",
                "pantry",
                "hallway",
                "balcony",
                "shed",
                "bookshelf",
                "toy box",
                "cupboard",
                "drawer",
                "workshop",
                "laundry room",
                "guest room",
                "playroom",
                "studio",
                "dining room",
            ]
        )
    ),
)
WASH: dict[str, tuple[str, str]] = {
    "kettle": (
        "[boil water with a little vinegar in it|fill it with water and two spoonfuls of citric acid]",
        "[rinse it well|boil fresh water once]",
    ),
    "window": (
        "[wash it with water and a drop of dish soap|wipe it with a damp cloth and a little vinegar]",
        "[dry it with a clean cloth|pull the water off with a rubber blade]",
    ),
    "mirror": (
        "[wipe it with a damp cloth|use a little water and vinegar]",
        "[polish it with a dry cloth|rub it dry with old newspaper]",
    ),
    "oven": (
        "[spread a paste of baking soda and water inside|brush it with baking soda and water]",
        "[wipe it out the next day|leave it overnight and wipe it clean]",
    ),
    "fridge": (
        "[empty it and wipe it with warm water and baking soda|take out the shelves and wash them with dish soap]",
        "[dry it well|leave the door open until it is dry]",
    ),
    "keyboard": (
        "[switch it off and shake out the crumbs|unplug it and brush between the keys]",
        "[wipe it with a barely damp cloth|let it dry before you plug it in]",
    ),
    "cutting board": (
        "[rub it with coarse salt and half a lemon|scrub it with hot water and dish soap]",
        "[let it dry upright|oil it now and then]",
    ),
    "vase": (
        "[fill it with warm water and rice and shake it|leave water with a little vinegar in it overnight]",
        "[rinse it well|let it dry upside down]",
    ),
    "shower head": (
        "[leave it in warm water with vinegar for an hour|hang a bag of vinegar around it overnight]",
        "[rinse it well|brush the holes and rinse it]",
    ),
    "washing machine": (
        "[run it empty and hot once|wipe the rubber seal and clean the filter]",
        "[leave the door open|let it dry with the door open]",
    ),
    "thermos flask": (
        "[fill it with hot water and baking soda|leave hot water and a spoonful of rice in it]",
        "[rinse it well|let it dry open]",
    ),
}
OBJECTS = Pool(known=[{"thing": name, "first": first, "last": last} for name, (first, last) in WASH.items()])
CLOSE = maybe(
    "[Good luck|You can do it|That is all][.|!| 🧹| ✨| 👍]",
    "[It takes|That takes] [a little patience|a few minutes], [but it is worth it|no more].",
    "[Next time|After that], it [goes|will go] [faster|more easily].",
    "[Put on|Play] some music[, it helps| while you work| and it is half the work][.|!]",
)

STAIN = Kind(
    "household.stain",
    STAINS,
    (
        "How do I get {a_thing} out of [{a_cloth}|my {cloth}]?",
        "[There is|I have] {a_thing} on my {cloth}. [What do I do|How do I get it out]?",
        "[Can|Could] you help me remove {a_thing} from [{a_cloth}|my {cloth}]?",
        "What [removes|helps against] {a_thing} on {a_cloth}?",
        "My {cloth} has {a_thing}. [Is it ruined|Can I save it|What now]?",
        "I have {a_thing} on my {cloth}[. What now|, what can I do|. How do I save it]?",
        "[There is|I see] {a_thing} on {a_cloth}. [What helps|What do I do]?",
        "{A_thing} on my {cloth}: [what do I do|how do I get it out]?",
        "How do I get {a_thing} out, it is on my {cloth}?",
        "[Help|Oh no], {a_thing} on my [new|best|favourite] {cloth}!",
        "[Tell me|Explain] how to treat {a_thing} on {a_cloth}.",
        "Will {a_thing} come out of my {cloth}?",
        "What should I use on {a_thing}? It is on my {cloth}.",
    ),
    frame(
        lead("[a simple way|what helps|a quick guide] against {a_thing}."),
        say(
            "[For|Against] {a_thing}, act [fast|quickly] and [dab|blot] it with [a clean cloth|kitchen paper].",
            "[Dab|Blot] the {thing} [at once|right away] with [a clean cloth|kitchen paper], and don't rub.",
            "[A fresh|A small] {thing} [comes out|goes away] [easily|quite well] with cold water.",
        ),
        then(
            "[Rinse|Wet] the {cloth} with cold water and [rub in|work in|add] a drop of [dish soap|mild soap].",
            "[Then|Next], put [mild soap|dish soap|gall soap] on the spot and [wait|leave it] for [ten|fifteen|twenty] minutes.",
        ),
        some(
            0,
            2,
            "[Wash|Clean] it as usual [afterwards|at the end].",
            "[Test|Try] the soap on a [hidden|small] spot [first|before you start].",
            "[Repeat|Do it again], if you [still see|can see] something.",
            "[Don't use|Avoid] hot water, [it fixes the stain|heat sets the stain].",
        ),
        CLOSE,
    ),
)

TIDY = Kind(
    "household.tidy",
    ROOMS,
    (
        "How do I tidy my {thing}?",
        "My {thing} is a mess. [Where do I start|What can I do]?",
        "[What is|Do you know] the best way to [tidy|organise] {a_thing}?",
        "How [can|do] I keep my {thing} [tidy|in order]?",
        "[Help me|I have to] tidy [my|our] {thing}[ today| before guests arrive|].",
        "[Give me|I need] a plan to tidy my {thing}.",
        "I have [one hour|an hour|an afternoon] to tidy my {thing}. How?",
        "Tidying {a_thing}: [any tips|where do I begin]?",
        "How do I [start to tidy|organise] my {thing}?",
        "[Tell me|Explain] how to [tidy|organise] {a_thing}.",
        "What is a good way to [tidy|organise] my {thing}?",
        "How do you [organise|tidy] {a_thing}?",
        "The best way to tidy my {thing}: [tell me|what is it]?",
    ),
    frame(
        lead("[a simple plan|a quick plan|an idea] for your {thing}."),
        say(
            "[Start|Begin] in your {thing} with one small spot and [go on|move on] from there.",
            "[To tidy|For] your {thing}, [set a timer|take three boxes|put on music] and [begin|start] [with what you see first|with the easy things].",
            "[Take|Clear] everything out of your {thing} first and [wipe|dust] it.",
        ),
        some(
            1,
            3,
            "[Make|Sort things into] three [piles|boxes]: keep, give away, throw out.",
            "What you have not used for a year [can go|may go], [be honest|be brave].",
            "[Give|Find] every [thing|object] [a place|a home] of its own.",
            "[Label|Mark] the [boxes|jars], so [you find things again|everybody knows what is inside].",
            "[Stop|Take a break] after [twenty|thirty] minutes and [have some tea|stretch].",
        ),
        CLOSE,
    ),
)

CLEAN = Kind(
    "household.clean",
    OBJECTS,
    (
        "How do I clean [{a_thing}|my {thing}]?",
        "My {thing} is [dirty|filthy|not clean any more]. What [helps|can I do]?",
        "[What is|Do you know] the best way to clean {a_thing}?",
        "[Can|Could] you explain how to clean [{a_thing}|my {thing}]?",
        "[Cleaning|Scrubbing] [{a_thing}|my {thing}]: how?",
        "What do I need to clean my {thing}?",
        "How do I get my {thing} [clean|clean again|really clean]?",
        "[I need|Give me] a trick for cleaning my {thing}.",
    ),
    frame(
        lead("[a simple way|an easy way|the usual way] to clean {a_thing}."),
        say(
            "[To clean|For] {a_thing}, {first}.",
            "[Cleaning|Looking after] {a_thing} is [easy|simple]: {first}.",
            "[With|For] a dirty {thing}, [try this|do this]: {first}.",
        ),
        then("[Then|After that|Afterwards], {last}."),
        some(
            0,
            2,
            "[Wear|Put on] [gloves|rubber gloves], if your skin is [sensitive|dry].",
            "[Do it|Repeat it] [once a month|every few weeks], [then it is quick|so it stays easy].",
            "[Don't use|Avoid] [sharp|rough] [tools|sponges], [they leave scratches|as they scratch].",
            "[Open|Tilt] a window [meanwhile|while you work].",
        ),
        CLOSE,
    ),
)

KINDS = (STAIN, TIDY, CLEAN)
