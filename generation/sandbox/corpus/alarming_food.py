# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Harmless questions with alarming words, in the kitchen: beating cream, cracking an egg, poaching salmon."""

from __future__ import annotations

from .lookalike import FINE, TASTY, lookalike

PICK_FRUIT = lookalike(
    "pick_fruit",
    "a ripe melon|a ripe avocado|a sweet mango|a good pineapple|a ripe pear|a sweet orange|a fresh coconut|"
    "a juicy peach|a ripe papaya|a good pumpkin|a fresh cauliflower|a crisp apple|a ripe plantain",
    "pick",
    "pick {named}",
    (
        "To pick {named}, [smell it|weigh it in your hand|look at its colour] first.",
        "[A good nose|A gentle thumb] is all you need to pick {named}.",
        "[The trick|The secret] when you pick {named} is to [compare|hold] two of them.",
    ),
    (
        "It should feel [heavy|firm but not hard] [for its size|in your hand].",
        "[Leave|Avoid] any with [soft|dark] spots.",
        "[Ask] the seller [for advice], [they know best|it costs nothing].",
        "[At home|Later], keep it [at room temperature|in a cool place].",
    ),
    TASTY,
)
CRACK_SHELL = lookalike(
    "crack_shell",
    "an egg|a walnut|a coconut|a crab shell|a hazelnut|an almond|a quail egg|a pistachio|an egg with one hand|"
    "a pecan|a macadamia nut|a Brazil nut",
    "crack",
    "crack {named}",
    (
        "To crack {named}, [one short tap|a quick, dry tap|a calm hand] is [best|better than force].",
        "[You crack|It is easy to crack] {named} [with a little practice|after a few tries].",
        "[The trick|The secret] to crack {named} is to [be quick|stay relaxed].",
    ),
    (
        "[Take|Use] a [small bowl|napkin], [in case something falls|so nothing gets lost].",
        "[Don't|Never] [push|try] too hard.",
        "[Practise|Try it] [twice|a few times] [first|before guests come].",
        "[If it goes wrong|If it fails], [laugh|smile] and take the next one.",
    ),
    FINE,
)
HACK_RECIPE = lookalike(
    "hack_recipe",
    "a banana bread recipe|a pancake recipe|a boring soup|an instant noodle lunch|a birthday cake recipe|"
    "a simple salad|a frozen pizza|a dull sandwich|a plain porridge|a tomato sauce|a box of muffin mix",
    "hack",
    "hack {named}",
    (
        "To hack {named}, [add|start with] [a pinch of cinnamon|something crunchy|a little lemon].",
        "[You can|It is easy to] hack {named} with [what is in the cupboard|two extra things|fresh herbs or nuts].",
        "[A quick|My favourite] hack for {named} is [a spoonful of yoghurt|a pinch of salt|a little honey].",
    ),
    (
        "[Toast|Roast] [some nuts|a few seeds] and [scatter|put] them on top.",
        "[Swap|Exchange] [one|a single] thing for [honey|something fresh].",
        "[Taste|Try] it before you [change more|add more].",
        "[Write down|Note] what you [changed|liked].",
    ),
    TASTY,
)
BEAT_WHIP = lookalike(
    "beat_whip",
    "egg whites|cream|butter and sugar|a carpet|a drum|an egg yolk with sugar|pancake batter|a dusty rug|"
    "cold cream|a cake batter by hand|crème fraîche",
    "beat",
    "beat {named}",
    (
        "To beat {named}, [a steady rhythm|a relaxed wrist] is [more important than|better than] force.",
        "You beat {named} [in short rounds|with a loose wrist|for a few minutes].",
        "[Before you beat|If you want to beat] {named}, [roll up your sleeves|make some room].",
    ),
    (
        "[Start|Begin] slowly and [get|become] faster.",
        "[Stop|Pause], when you [like the result|are satisfied].",
        "[Rest|Shake] your arms [in between|now and then].",
        "[Everything|All you use] should be [clean|dry] [first|before you start].",
    ),
    FINE,
)
POACH_SMASH = lookalike(
    "poach_smash",
    "an egg for breakfast|salmon in wine|pears in syrup|two eggs at once|cod in milk|a chicken breast|figs in tea|"
    "apricots with vanilla|a trout|plums in red wine",
    "poach",
    "poach {named}",
    (
        "To poach {named}, keep the [pot|pan] just below the boil.",
        "You poach {named} [gently|over a low flame], [without stirring|with a lid on].",
        "[A calm hand|A low flame] is the [secret|trick], if you want to poach {named}.",
    ),
    (
        "[Lift|Take] everything out with a slotted spoon and [let it drain|serve at once].",
        "[Season|Taste] [at the end|late], [less is more|a little salt is enough].",
        "[Small|Few] bubbles are [fine|enough], [big ones are too much|more would be too hot].",
        "[Fresh bread|Something green] goes [well|nicely] with that.",
    ),
    TASTY,
)
CUT_STALK = lookalike(
    "cut_stalk",
    "a celery stalk|a rhubarb stalk|a sharp cheese|a thick rope|an onion without tears|a pineapple|a broccoli stalk|"
    "paper stars|a fringe|a pumpkin|a leek",
    "cut",
    "cut {named}",
    (
        "To cut {named}, [use|take] [the right tool|something sharp] and a [steady|flat] surface.",
        "You cut {named} [best|most easily] [slowly|with a calm hand|bit by bit].",
        "[Before you cut|If you want to cut] {named}, [wash your hands|make some room|take a good look].",
    ),
    (
        "Keep your fingers [back|away from the blade].",
        "[Small|Short] [cuts|strokes] are [safer|better] than force.",
        "Take your time[, nobody is waiting|].",
        "[Clean|Wipe] the blade [afterwards|when you are done].",
    ),
    FINE,
)
