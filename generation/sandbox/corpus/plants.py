# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Plants: water, light, repotting, yellow leaves, cuttings."""

from __future__ import annotations

from .greenery import PLANTS
from .kind import Kind
from .sentences import frame, lead, maybe, say, some, then

CLOSE = (
    "[Plants|Most plants|Leaves] [forgive a lot|recover quickly|are patient], so [don't worry|take it easy].",
    "[It|Your plant] will [thank you|be happy|soon look better][.|!| 🌱| 🌿| 🌸]",
    "[Have fun|Good luck|Enjoy it][!|.| 🌱| 🪴]",
    "[Look at it|Check on it] [every few days|now and then], [that is the whole secret|and you will see what it needs].",
)

WATER = Kind(
    "plants.water",
    PLANTS,
    (
        "How often should I water my {thing}?",
        "How much water does my {thing} need?",
        "When [do|should] I water my {thing}?",
        "[Can|Could] you tell me how to water my {thing}?",
        "My {thing} looks [dry|thirsty]. [Should I water it|How much water does it want]?",
        "I think I am watering my {thing} too [much|often]. [What is right|How often is good]?",
        "[What is|Tell me] the best way to water my {thing}.",
        "Does my {thing} need [a lot of|much] water?",
        "Watering my {thing}: [how often|how much]?",
        "I am new to plants. How do I water my {thing}?",
    ),
    frame(
        lead("[a simple rule|what works|a short guide] for watering your {thing}."),
        say(
            "Water your {thing} {how}, {when}.",
            "Your {thing} [likes|wants|needs] water {how}, {when}.",
            "[Give|I would give] your {thing} water {when}, [so|which means] {how}.",
        ),
        some(
            1,
            3,
            "[Push|Stick|Put] a finger into the soil [first|before you water|to check].",
            "[Pour|Tip] away [the water|what is left] in the saucer after [ten|twenty|thirty] minutes.",
            "In [winter|the cold months], it needs [less|much less|a little less].",
            "[Use|Take] water [at room temperature|that is not too cold|from the rain barrel].",
            "[Water it|Do it] in the [morning|early morning], [so the leaves dry|when it is cool].",
            "Too much water [harms the roots|is worse than too little|makes the roots rot].",
        ),
        maybe(*CLOSE),
    ),
    again=(
        "And how often should I water it?",
        "[And how|How] much water does it need?",
        "When do I water it?",
    ),
)

LIGHT = Kind(
    "plants.light",
    PLANTS,
    (
        "How much light does my {thing} need?",
        "Where should I [put|place|keep] my {thing}?",
        "Does my {thing} [like|need] [sun|direct sun|a sunny window]?",
        "[What is|Do you know] the [best|right] place for my {thing}?",
        "Is a [north|dark|south] window good for my {thing}?",
        "My flat is [dark|not very bright]. Can I keep my {thing} there?",
        "[Can|Could] my {thing} stand in the sun?",
        "I don't know where to put my {thing}. [Any advice|Is light important]?",
        "[Tell me|Explain] how much light my {thing} wants.",
    ),
    frame(
        lead("[some good advice|a short answer|what I know] about light for your {thing}."),
        say(
            "Your {thing} [does|grows|feels] best [near|close to|beside] a bright window.",
            "[Put|Place|Keep] your {thing} [near a window|in a bright spot|where it gets morning light].",
            "[A bright room|A bright spot|Plenty of light] is [what your {thing} likes|best for your {thing}|good for your {thing}].",
        ),
        some(
            1,
            3,
            "[Turn|Rotate] it [a little|by a quarter] [every week|each week|now and then], so [it grows straight|all sides get light].",
            "[Strong|Hot] midday sun can [burn|bleach|harm] the leaves [in summer|behind glass|of many plants].",
            "[Pale leaves|Long thin stems|Few leaves] are a sign [that it wants more light|of too little light].",
            "[Keep it away from|Don't put it beside] [heaters|cold draughts|the radiator].",
            "[Dust|Wipe] the leaves [now and then|once a month], [so they catch more light|as dust takes light away].",
        ),
        maybe(*CLOSE),
    ),
    again=("And how much light does it need?", "[And where|Where] should I put it?", "Does it like the sun?"),
)

REPOT = Kind(
    "plants.repot",
    PLANTS,
    (
        "How do I repot my {thing}?",
        "When should I repot my {thing}?",
        "[Does|When does] my {thing} need a [bigger|new] pot?",
        "The roots of my {thing} are growing out of the pot. [What now|What should I do]?",
        "[Explain|Show me|Tell me] how to repot my {thing}.",
        "My {thing} has outgrown its pot. [How do I move it|Any tips]?",
        "[What|Which] pot [is good|is right] for my {thing}?",
        "I [want|would like] to repot my {thing} [today|this weekend]. How [do I start|does it work]?",
        "Help me [repot|move] my {thing} into a [bigger|new] pot.",
    ),
    frame(
        lead("[a short guide|a word of advice] on repotting your {thing}."),
        say(
            "[Repot|Move] your {thing} in [spring|early spring], [when it starts to grow|before it grows again].",
            "Your {thing} [needs|wants] a [new|bigger] pot [every two years or so|when roots come out of the bottom].",
            "[Take|Choose|Use] a pot [one size|a little|two fingers] wider for your {thing}.",
        ),
        then(
            "[Loosen|Tap] the pot [gently|carefully], [lift the plant out|ease the plant out] and [shake off|brush off] the old soil.",
            "[First|To begin], [water it|give it a drink] [an hour|a few hours] before, so [the roots come out easily|it slides out].",
        ),
        some(
            1,
            2,
            "[Put|Lay] [some gravel|a few stones|a broken shard] [at the bottom|over the hole], so water [can drain|runs off].",
            "[Fill up|Fill the gaps] with fresh soil and press it [lightly|gently] with your [fingers|hands].",
            "[Water it|Give it water] [well|a little] [afterwards|at the end] and keep it out of the sun for [a week|a few days].",
        ),
        maybe(*CLOSE),
    ),
    again=("And [when|how] should I repot it?", "Does it need a bigger pot?"),
)

YELLOW = Kind(
    "plants.yellow",
    PLANTS,
    (
        "Why is my {thing} turning [yellow|brown]?",
        "My {thing} has [yellow|brown|limp] leaves. [What is wrong|What can I do|Why]?",
        "The leaves of my {thing} are [falling off|going yellow|drooping]. [What is it|What is wrong|What should I do]?",
        "What is wrong with my {thing}? [It looks sad|Its leaves are yellow|It loses leaves].",
        "My {thing} looks [sick|unwell|sad]. [What can I do|How do I save it]?",
        "How [do|can] I save my {thing}? It looks [sick|sad].",
        "What [should|can] I do about the [yellow|brown|limp] leaves of my {thing}?",
        "Can my {thing} be saved? It is losing leaves.",
        "[Help|Please help], my {thing} is losing [its|all its] leaves!",
        "Is my {thing} [ill|sick]? The leaves are [yellow|brown|spotted].",
    ),
    frame(
        lead("[what I would check|a short checklist|an idea] for your {thing}."),
        say(
            "[Yellow|Limp|Sad] leaves on your {thing} [often|usually|mostly] mean too much water.",
            "[Most often|Usually|Mostly], your {thing} [gets|has had] too much water [or too little light|when its leaves change].",
            "[Don't worry|No panic], your {thing} can [recover|be saved]. [Check|Feel] the soil first.",
        ),
        some(
            1,
            3,
            "Let the soil dry [out|a little] [for a week|for a few days|before you water again].",
            "[Cut off|Remove|Pick off] the [worst|damaged|dead] leaves with [clean|sharp] scissors.",
            "[Look|Check] under the leaves for [small insects|tiny webs|little flies].",
            "[Move it|Put it] to a [brighter|warmer|quieter] place [for a while|and wait two weeks].",
            "[A little|A weak dose of] fertiliser [in spring|in summer|every few weeks] [helps|does it good].",
            "[Old leaves|The lowest leaves] [fall|turn yellow] [now and then|with age], which is [normal|no problem].",
        ),
        maybe(*CLOSE),
    ),
    again=(
        "[And why|Why] are its leaves [yellow|brown]?",
        "Its leaves look [yellow|sad]. [Why|What is wrong]?",
    ),
)

CUTTING = Kind(
    "plants.cutting",
    PLANTS,
    (
        "How do I take a cutting from my {thing}?",
        "[Can|How can] I [propagate|multiply] my {thing}?",
        "I want to give a friend a cutting of my {thing}. [How|What do I do]?",
        "What is the [best|easiest] way to propagate my {thing}?",
        "[Tell me|Explain] how to grow [another|a second] {thing} from a cutting.",
        "Will cuttings of my {thing} root in water?",
        "How can I [get|grow] young plants from my {thing}?",
        "When is a good time to take cuttings from my {thing}?",
    ),
    frame(
        lead("[a simple way|an easy way] to take a cutting from your {thing}."),
        say(
            "[For a new plant|To propagate it], [cut|take] a [healthy|strong|young] shoot from your {thing} [in spring|in early summer].",
            "[Cut|Snip] a [healthy|young|green] shoot of your {thing} just below a leaf.",
            "[Take|Choose] a shoot of your {thing} as long as [a finger|your hand|a pencil].",
        ),
        some(
            1,
            3,
            "[Remove|Pick off] the lower leaves and [stand it|put it] in [moist soil|a glass of water|light soil].",
            "[Keep|Leave] it [warm|in a warm place] and [bright|in soft light], but out of the [midday|strong] sun.",
            "Roots [appear|show|come] after [two to four|about three|a few] weeks.",
            "Cover it with a [clear bag|glass jar], [so the air stays moist|to keep the air moist].",
            "[Use|Take] a [sharp|clean] knife, [so the cut heals well|as a clean cut heals faster].",
        ),
        maybe(*CLOSE),
    ),
    again=("[And how|How] do I take a cutting from it?", "Can I propagate it?"),
)

KINDS = (WATER, LIGHT, REPOT, YELLOW, CUTTING)
