# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Weather: why it happens, what to wear, what to do on such a day."""

from __future__ import annotations

from . import coin
from .grammar import Env
from .kind import Kind, Pool
from .sentences import FACTS, frame, lead, listing, maybe, say, some

WHY: dict[str, tuple[str, str]] = {
    "rain": (
        "does it rain",
        "[tiny drops in a cloud join and grow too heavy to float|water vapour cools, turns into drops and the drops fall]",
    ),
    "snow": (
        "does it snow",
        "[water vapour freezes into crystals inside a cold cloud|ice crystals grow in a cold cloud and fall before they melt]",
    ),
    "fog": (
        "is there fog",
        "[moist air cools near the ground until tiny drops form|a cloud forms right at the ground in cool, moist air]",
    ),
    "hail": (
        "does it hail",
        "[strong winds carry drops up until they freeze in layers|drops freeze again and again inside a tall storm cloud]",
    ),
    "thunder": (
        "is there thunder",
        "[lightning heats the air so fast that it bursts outwards|the air around a flash expands with a bang]",
    ),
    "lightning": (
        "is there lightning",
        "[charges in a storm cloud jump across in a giant spark|ice and drops rub together and build up electric charge]",
    ),
    "a rainbow": (
        "are there rainbows",
        "[sunlight is bent and split into colours by raindrops|raindrops break sunlight into its colours]",
    ),
    "wind": (
        "is there wind",
        "[air moves from high pressure to low pressure|the sun warms some places more than others and air flows between them]",
    ),
    "dew": (
        "is there dew",
        "[grass cools at night and moist air leaves drops on it|moist air touches cool grass and leaves drops]",
    ),
    "frost": (
        "is there frost",
        "[moist air meets a surface that is below freezing|water vapour freezes on cold grass and glass]",
    ),
}
CAUSES = Pool(known=[{"thing": name, "why": why, "cause": cause} for name, (why, cause) in WHY.items()])

OUTFITS: dict[str, str] = {
    "rainy": "[a waterproof jacket|a raincoat] and [shoes that stay dry|rubber boots]",
    "snowy": "[a thick coat|a warm coat] and [lined boots|winter boots]",
    "hot": "[a light shirt|thin cotton clothes] and [a hat|sunglasses]",
    "windy": "[a windproof jacket|a close-fitting jacket] and [a scarf|a cap that stays on]",
    "chilly": "[a jumper|a warm pullover] and [a light jacket|a scarf]",
    "freezing": "[several warm layers|a thick coat] and [gloves|a woollen hat]",
    "foggy": "[a light jacket|a bright jacket] and [something that can be seen well|a reflector]",
    "sunny": "[a light shirt|something airy] and [a hat|sunglasses]",
    "damp": "[a light raincoat|a waterproof jacket] and [dry socks|solid shoes]",
    "humid": "[loose linen clothes|thin cotton clothes] and [open shoes|sandals]",
}
OCCASIONS = [
    "walk",
    "bike ride",
    "picnic",
    "hike",
    "trip to the market",
    "evening in the park",
    "day at the lake",
    "garden party",
    "morning run",
    "football match",
    "trip to the zoo",
    "boat trip",
    "wedding",
    "school trip",
    "concert in the park",
    "walk with the dog",
    "city tour",
    "barbecue",
    "day at the beach",
    "fishing trip",
    "day in the vineyard",
    "street festival",
    "flea market",
    "night under the stars",
    "ride on the ferry",
    "afternoon in the garden",
    "day in the hills",
    "visit to the castle",
    "kite festival",
    "walk to work",
]
TRIPS = ("trip to", "walk in", "weekend in", "festival in")


def _outing(adjective: str, occasion: str) -> Env:
    return {"thing": f"{adjective} {occasion}", "wear": OUTFITS[adjective]}


OUTINGS = Pool(
    coined=lambda rng: _outing(rng.choice(list(OUTFITS)), f"{rng.choice(TRIPS)} {coin.name(rng)}"),
    free=[_outing(adjective, occasion) for adjective in OUTFITS for occasion in OCCASIONS],
)
DAYS: tuple[Env, ...] = tuple(
    {"thing": f"{adjective} {day}", "place": place}
    for adjective, place in {
        **dict.fromkeys(("rainy", "stormy", "grey", "snowy", "freezing", "foggy"), "in"),
        **dict.fromkeys(("sunny", "warm", "mild", "bright"), "out"),
    }.items()
    for day in [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "weekend",
        "afternoon",
        "evening",
        "morning",
        "holiday",
    ]
)
INDOORS = Pool(free=[env for env in DAYS if env["place"] == "in"])
OUTDOORS = Pool(free=[env for env in DAYS if env["place"] == "out"])

REASON = Kind(
    "weather.why",
    CAUSES,
    (
        "Why {why}?",
        "How does {thing} [form|come about]?",
        "What causes {thing}?",
        "[Can|Could] you explain {thing} to [me|a child|my daughter]?",
        "Where does {thing} come from?",
        "[Explain|Describe] {thing}[ in simple words| to me| briefly|].",
        "My [son|daughter|class] wants to know what {thing} is. [Can you help|How do I explain it]?",
        "I [never|don't] [really understand|quite understand] {thing}. [What is behind it|How does it work]?",
        "What [makes|is behind] {thing}?",
        "[Tell me|I wonder] where {thing} comes from.",
        "Where do we get {thing} from?",
        "[What is|How do you explain] {thing}?",
        "What is {thing} and where does it come from?",
    ),
    frame(
        lead("[a simple|a short] explanation of {thing}."),
        say(
            "[There is|We get|Nature makes] {thing} [when|because] {cause}.",
            "[In short|Put simply|In a few words], {thing} [comes about|happens] when {cause}.",
            "[The reason for|The story behind] {thing} is [simple|easy to tell]: {cause}.",
        ),
        some(
            1,
            3,
            "[Warm|Mild] air [holds|can hold] more water than [cold|cool] air.",
            "The sun [drives|powers] [all of it|almost all weather|the weather].",
            "[You|Anyone] can [watch|see] it [best|nicely] from [a window|a hill|a dry place].",
            "[It|All of this] is [a matter of air, water and heat|physics at work].",
            "[Every cloud|Every storm|Each season] is [a little different|different from the last].",
            "[People|Scientists] [have studied|have watched] the sky for [centuries|hundreds of years|a long time].",
            begin=FACTS,
        ),
        maybe(
            "Isn't that [beautiful|lovely|clever]?",
            "[Look up|Keep looking up] [now and then|from time to time][.|!| ⛅| 🌧️| 🌈]",
        ),
    ),
    again=("And why {why}?", "And what about {thing}?"),
)

WEAR = Kind(
    "weather.wear",
    OUTINGS,
    (
        "What should I wear for {a_thing}?",
        "What [clothes|shoes] do I need for {a_thing}?",
        "I am planning {a_thing}. What should I [wear|put on]?",
        "[How do I|How should I] dress for {a_thing}?",
        "We are planning {a_thing}. What [should we wear|do we put on]?",
        "[Do|Will] I need a jacket for {a_thing}?",
        "[Help me|I have to] [pick|choose] clothes for {a_thing}.",
        "[What is|Tell me] the right outfit for {a_thing}.",
        "[Give me|I need] advice on clothes for {a_thing}.",
        "I am [going to|planning] {a_thing}. What do I [wear|put on]?",
        "{A_thing}: what [should I wear|do I put on]?",
        "What do I [put on|wear] for {a_thing}?",
    ),
    frame(
        lead("[a good outfit|what I would wear|my advice] for {a_thing}."),
        say(
            "For {a_thing}, [wear|take|put on] {wear}.",
            "{A_thing} [calls for|asks for|is the time for] {wear}.",
            "[I would|You should|You could] [choose|wear|pick] {wear} for {a_thing}.",
        ),
        some(
            1,
            3,
            "[Layers|Several thin layers] [help|are best], [as you can take one off|since the weather may change].",
            "[Look at|Check] the forecast [before you leave|in the morning|once more].",
            "[Pack|Take|Bring] [a bottle of water|a snack|a small bag] [as well|too].",
            "[Comfortable|Good|Solid] shoes [matter most|are worth it|make the day].",
            "[If you are unsure|If in doubt], [take|bring] one more layer.",
        ),
        maybe(
            "[Have a lovely time|Enjoy your day|Have fun][!|.| ☀️| 🌦️]",
            "[Stay|Keep] [safe|cheerful|relaxed][!|.| 🙂]",
        ),
    ),
    again=("And what should I wear?", "What [shoes|clothes] do I need?"),
)


def _day(name: str, pool: Pool, ideas: tuple[str, ...]) -> Kind:
    return Kind(
        name,
        pool,
        (
            "What can I do on {a_thing}?",
            "[Any|Do you have] ideas for {a_thing}?",
            "It is {a_thing} and I am bored. [What now|What can I do]?",
            "How [can|do] I [spend|enjoy] {a_thing}?",
            "[Suggest|Name] something [nice|fun] for {a_thing}.",
            "The forecast says it will be {a_thing}. [What should we do|Any plans]?",
            "We have nothing planned for {a_thing}. [Any ideas|What could we do]?",
            "Help me plan {a_thing}.",
            "We are bored on {a_thing}. [Any plans|What can we do]?",
        ),
        frame(
            lead("[a plan|an idea|a small plan] for {a_thing}."),
            say(
                f"On {{a_thing}}, [I would|you could] {listing(ideas[:4])}.",
                f"{{A_thing}} is [a good|a perfect|the right] time to {listing(ideas[:5])}.",
                f"How about this for {{a_thing}}: {listing(ideas[1:5])}.",
            ),
            some(
                1,
                2,
                f"[Later|After that|In between], you [can|could] {listing(ideas[5:9])}.",
                "[Call|Invite|Ask] [a friend|your neighbours|somebody you like] to [join you|come along|keep you company].",
                f"[If you feel lazy|If you want something quiet], {listing(ideas[9:])}.",
                "[Make|Take along|Prepare] [tea|hot chocolate|lemonade|a few sandwiches] [first|for everybody|and take your time].",
                begin="",
            ),
            maybe("[Have fun|Enjoy it|Enjoy the day][!|.| 🙂| 🎲]"),
        ),
        again=("And what about {a_thing}?",),
    )


INSIDE = _day(
    "weather.indoors",
    INDOORS,
    (
        "bake something sweet", "read a thick book", "play a board game", "visit a museum", "sort old photographs",
        "watch an old film", "write a letter", "cook a big pot of soup", "draw something", "listen to records by the window",
        "take a nap", "watch the clouds",
    ),
)  # fmt: skip
OUTSIDE = _day(
    "weather.outdoors",
    OUTDOORS,
    (
        "go for a long walk", "ride a bike to a lake", "have a picnic", "work in the garden", "fly a kite",
        "eat ice cream", "play football in the park", "feed your eyes with flowers", "sketch a tree", "read in the shade",
        "lie in the grass", "sit on a bench and watch people",
    ),
)  # fmt: skip
KINDS = (REASON, WEAR, INSIDE, OUTSIDE)
