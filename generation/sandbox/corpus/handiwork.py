# ruff: noqa: E501  (a sentence pattern stands on one line)
"""More about the house: squeaks, wrapping gifts, hanging things."""

from __future__ import annotations

from .household import CLOSE
from .kind import Kind, Pool, coined, things
from .sentences import frame, lead, maybe, say, some

SQUEAKS = Pool(
    coined=coined("~ door", "old ~", "~", "kitchen ~"),
    free=things(
        *(
            place + part
            for place in ("", "kitchen ", "garden ", "bedroom ", "old ", "wooden ", "bathroom ", "attic ")
            for part in [
                "door",
                "drawer",
                "hinge",
                "gate",
                "chair",
                "bed",
                "swing",
                "window",
                "cupboard",
                "stair",
                "shutter",
                "trolley",
                "hatch",
            ]
        )
    ),
)
GIFTS = Pool(
    coined=coined("~", "big ~", "small ~", "~ book"),
    free=things(
        *(
            what + thing
            for what in ("", "big ", "small ", "round ", "soft ", "heavy ")
            for thing in [
                "book",
                "ball",
                "bottle",
                "scarf",
                "teddy bear",
                "plant pot",
                "mug",
                "bicycle bell",
                "jigsaw puzzle",
                "lamp",
                "pillow",
                "vase",
                "teapot",
                "box of chocolates",
                "guitar book",
                "kite",
                "candle",
                "wooden train",
                "cactus",
                "umbrella",
                "pair of socks",
                "game",
                "basket",
                "jar",
            ]
        )
    ),
)
WALLS = Pool(
    coined=coined("~", "heavy ~", "framed ~", "old ~"),
    free=things(
        *(
            what + thing
            for what in ("", "heavy ", "small ", "old ", "framed ")
            for thing in [
                "picture",
                "mirror",
                "clock",
                "shelf",
                "map",
                "poster",
                "tapestry",
                "photograph",
                "calendar",
                "painting",
                "whiteboard",
                "plate",
                "quilt",
            ]
        )
    ),
)
SQUEAK = Kind(
    "household.squeak",
    SQUEAKS,
    (
        "My {thing} squeaks. [What can I do|How do I stop it]?",
        "How do I fix a squeaky {thing}?",
        "[Our|My] {thing} makes a [terrible|strange] noise. [Any tips|What helps]?",
        "[Can|Could] I oil {a_thing} [myself|with cooking oil]?",
        "What helps against a squeaking {thing}?",
        "The {thing} [wakes everybody|drives me mad] because it squeaks. [What now|How do I fix it]?",
        "[Tell me|Explain] how to silence a [noisy|squeaky] {thing}.",
        "[Which oil|What] do I put on a squeaky {thing}?",
    ),
    frame(
        lead("[a quick cure|a simple cure|what helps] for a squeaky {thing}."),
        say(
            "[For|With] a squeaky {thing}, [find|look for] the spot that [rubs|makes the noise].",
            "[First|To begin], [wipe|brush] the dust off the {thing}.",
            "A squeaky {thing} [needs|wants] [a drop of oil|some wax|a little oil].",
        ),
        some(
            1,
            3,
            "[Put|Rub] [candle wax|dry soap|a little wax] on the [rubbing parts|wood], [if it is wooden|where it rubs].",
            "[Tighten|Check] [all screws|the screws] [with a screwdriver|by hand].",
            "[Move|Swing] it [back and forth|to and fro] [a few times|until it is quiet].",
            "[Wipe off|Take off] [the rest|what is too much] with [a cloth|paper].",
            "[If the noise stays|If that fails], [a new screw|a felt pad] [may help|often helps].",
        ),
        CLOSE,
    ),
)

WRAP = Kind(
    "household.wrap",
    GIFTS,
    (
        "How do I wrap {a_thing}?",
        "I want to give {a_thing} as a gift. How do I wrap it?",
        "Show me a [nice|good] way to wrap {a_thing}.",
        "[Can|Could] you help me [wrap|pack] {a_thing} [for a birthday|as a present]?",
        "Wrapping {a_thing} is hard. [Any tricks|What helps]?",
        "My {thing} is a present. How do I make it look nice?",
        "What paper [do I need|is best] for wrapping {a_thing}?",
        "[Tell me|Explain] how one wraps {a_thing}.",
    ),
    frame(
        lead("[an easy way|a pretty way|a simple way] to wrap {a_thing}."),
        say(
            "[To wrap|For] {a_thing}, [take|use] [strong paper|a large sheet of paper|a piece of cloth].",
            "[Put|Lay] the {thing} in the middle of the [paper|cloth].",
            "{A_thing} looks [lovely|nice] in [plain brown paper|an old map|bright tissue paper].",
        ),
        some(
            2,
            3,
            "[Fold|Bring] the sides [over|together] and fix them with [tape|a little tape].",
            "[Tie|Bind] it with [string|ribbon|wool] and [make a bow|finish with a bow].",
            "[Add|Tuck in] a [twig|dried flower|small card].",
            "[Cut|Measure] the paper [generously|with two fingers to spare].",
            "[A gift bag|A box] [helps|is the easy way], if the shape is [odd|difficult].",
        ),
        maybe("[It will be a lovely gift|They will like it|What a nice idea][.|!| 🎁| 🎀]"),
    ),
)

HANG = Kind(
    "household.hang",
    WALLS,
    (
        "How do I hang {a_thing} [on the wall|straight]?",
        "[Where|How high] should I hang [{a_thing}|my {thing}]?",
        "I want to hang {a_thing}. [What do I need|How do I start]?",
        "[Can|Could] I hang {a_thing} without [drilling|a drill|nails]?",
        "My {thing} hangs [crooked|too high]. What [can|should] I do?",
        "[Tell me|Explain] how to put {a_thing} on [a|the] wall.",
        "What do I need to hang [{a_thing}|my {thing}]?",
        "Help me hang {a_thing}[ in the hall| over the sofa|].",
    ),
    frame(
        lead("[a simple way|an easy way] to hang {a_thing}."),
        say(
            "[Before you hang|To hang] {a_thing}, [hold it up|hold it to the wall] and [mark|note] the spot with a pencil.",
            "{A_thing} looks [best|right] with its middle at [eye level|the height of your eyes].",
            "[For|To hang] {a_thing}, you need [a pencil, a hook and a spirit level|a nail or a hook and a spirit level].",
        ),
        some(
            1,
            3,
            "[Check|Make sure] that no [pipe|cable] runs [behind the spot|there].",
            "[Use|Take] a spirit level, [so it hangs straight|it saves trouble].",
            "[Light|Small] things [hold|stay up] with [adhesive strips|a strip of adhesive].",
            "[Ask|Get] somebody to [look from afar|hold the other side].",
            "[A hard wall|A concrete wall] needs a [drill and a plug|plug and a screw].",
        ),
        CLOSE,
    ),
)

KINDS = (SQUEAK, WRAP, HANG)
