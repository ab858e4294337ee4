# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Music: starting an instrument, practising, caring for it, buying it, playing for others."""

from __future__ import annotations

from . import coin
from .kind import Kind, Pool
from .sentences import frame, lead, maybe, say, some

STRINGS = [
    "violin",
    "viola",
    "cello",
    "guitar",
    "ukulele",
    "mandolin",
    "banjo",
    "lute",
    "double bass",
    "bass guitar",
    "fiddle",
]
WINDS = [
    "flute",
    "clarinet",
    "oboe",
    "recorder",
    "saxophone",
    "trumpet",
    "trombone",
    "tuba",
    "French horn",
    "bassoon",
    "piccolo",
    "cornet",
]
KEYS = ["piano", "organ", "harpsichord", "keyboard", "accordion", "spinet"]
OTHERS = [
    "harp",
    "zither",
    "sitar",
    "balalaika",
    "lyre",
    "dulcimer",
    "psaltery",
    "kalimba",
    "marimba",
    "xylophone",
    "glockenspiel",
    "cajón",
    "bandoneón",
    "harmonica",
    "bagpipes",
    "theremin",
    "djembe",
    "vibraphone",
    "steel drum",
    "hurdy-gurdy",
    "concertina",
    "bouzouki",
    "charango",
    "koto",
    "shamisen",
    "erhu",
    "oud",
    "kora",
    "autoharp",
    "melodica",
    "ocarina",
    "tin whistle",
    "didgeridoo",
    "tambourine",
    "drum kit",
    "nyckelharpa",
    "hang",
    "santur",
    "lap steel",
    "tenor horn",
    "berimbau",
    "guitarrón",
    "güiro",
    "tiple",
    "cuatro",
    "vihuela",
    "rebec",
    "saz",
    "sarod",
    "veena",
    "tabla",
    "bongo",
    "conga",
]
KINDS_OF = ("", "old ", "second-hand ", "new ")
CARE = {
    "strings": "[wipe the strings after playing|loosen the strings a little before a flight]",
    "winds": "[dry the inside after playing|swab it out after every session]",
    "keys": "[dust the keys with a dry cloth|close the lid when you stop]",
    "others": "[wipe it with a soft, dry cloth|dust it with a soft brush]",
}
GROUPS = {"strings": STRINGS, "winds": WINDS, "keys": KEYS}
INSTRUMENTS = Pool(
    coined=lambda rng: {"thing": rng.choice(KINDS_OF) + coin.word(rng), "care": CARE["others"]},
    free=[{"thing": adjective + name, "care": CARE["others"]} for name in OTHERS for adjective in KINDS_OF],
    known=[
        {"thing": adjective + name, "care": CARE[group]}
        for group, names in GROUPS.items()
        for name in names
        for adjective in KINDS_OF
    ],
)
CLOSE = maybe(
    "[Have fun|Enjoy it|Enjoy the music][.|!| 🎵| 🎶| 🎻]",
    "[Music|Every tune|Playing] [takes time|needs patience], [and that is fine|but it gives a lot back].",
    "[Play|Listen to] something [you love|cheerful|new] [every day|now and then], [it keeps you going|just for yourself].",
    "[Your ears|Your friends|Your family] will [notice|hear] the difference [soon|in a few weeks].",
)

START = Kind(
    "music.start",
    INSTRUMENTS,
    (
        "How do I start to play the {thing}?",
        "I want to learn the {thing}. [How do I begin|Where do I start|Any tips]?",
        "Is the {thing} [hard|difficult|easy] to learn?",
        "[Can|Could] I learn the {thing} as an adult?",
        "Am I too old for the {thing}?",
        "What do I need to [learn|begin with] the {thing}?",
        "My [daughter|son|niece] wants to learn the {thing}. [How does one start|Any advice]?",
        "[Tell me|Explain] how to begin with the {thing}.",
        "How long does it take to learn the {thing}?",
    ),
    frame(
        lead("[a plan|some good advice|a first step] for the {thing}."),
        say(
            "[To start with|To begin with|For a start with] the {thing}, [find|look for] a [patient|good] teacher [near you|for the first months].",
            "[Anyone|Everybody|You] can learn the {thing}, [with time|with a little patience|at any age].",
            "The {thing} is [a lovely choice|a good choice|great fun], and the [first|easy] [tunes|songs] come [quickly|soon].",
        ),
        some(
            1,
            3,
            "[Play|Practise] [ten|fifteen|twenty] minutes [every day|a day] [rather than|instead of] two hours on Sunday.",
            "[Borrow|Rent] one [first|for a few months], before you [buy|spend money].",
            "[Begin|Start] with [slow|short|simple] [tunes|pieces] that you [like|know].",
            "[Listen to|Look for] [good players|recordings] and [hum along|tap along|copy what you like].",
            "After [three months|half a year|a few months], you will play [simple tunes|your first songs].",
        ),
        CLOSE,
    ),
    again=("And how do I start?", "Is it hard to learn?"),
)

PRACTISE = Kind(
    "music.practise",
    INSTRUMENTS,
    (
        "How should I practise the {thing}?",
        "How [often|long|much] should I practise the {thing}?",
        "I [don't get better|make no progress] on the {thing}. What can I do?",
        "[Give me|I need] a practice plan for the {thing}.",
        "How can I [improve|get better] on the {thing}?",
        "Practising the {thing} [bores me|is boring]. [Any ideas|What helps]?",
        "[What is|Tell me] a good way to practise the {thing}.",
        "How do I find time to practise the {thing}?",
    ),
    frame(
        lead("[a plan|some good advice|an idea] for practising the {thing}."),
        say(
            "[Practise|Play] the {thing} [a little every day|for fifteen minutes a day|at the same time each day].",
            "[Short|Regular|Daily] practice [helps|works] [best|most] with the {thing}.",
            "[With|On] the {thing}, [slow practice|playing slowly] [wins|is the quickest way].",
        ),
        some(
            1,
            3,
            "[Choose|Pick] [one|a single] hard [bar|spot|line] and play it [slowly|softly] [five times|ten times].",
            "[Use|Try] a metronome and [raise|increase] the speed [bit by bit|slowly].",
            "[Record|Film] yourself [once a week|now and then] and [listen|look] for [one thing|something] to improve.",
            "[End|Finish] with [a piece|a song] that [you love|makes you smile].",
            "[Rest|Take a break] [when your hands get tired|after twenty minutes], [breaks are part of it|your head goes on learning].",
        ),
        CLOSE,
    ),
    again=("And how should I practise?", "How often should I practise?"),
)

CARE_FOR = Kind(
    "music.care",
    INSTRUMENTS,
    (
        "How do I [take care of|look after] my {thing}?",
        "How [do|should] I clean my {thing}?",
        "What [is good for|should I do for] my {thing} [in winter|on a journey|over the years]?",
        "[Where|How] should I [keep|store] my {thing}?",
        "[Can|Could] you tell me how to care for my {thing}?",
        "My {thing} is [dusty|dirty]. What [can|should] I do?",
        "I got a nice {thing}. How do I keep it in good shape?",
        "Does my {thing} need special care?",
    ),
    frame(
        lead("[a simple rule|a short guide|some good advice] for your {thing}."),
        say(
            "[To take care of|To look after] your {thing}, {care}.",
            "Your {thing} [will last|lasts] [longer|many years], if you [treat it gently|look after it].",
            "[Care|Caring] for your {thing} is [simple|easy]: {care}.",
        ),
        some(
            1,
            3,
            "[Keep|Store] it [away from|far from] [heaters|damp walls|direct sun].",
            "[Have it checked|Let an expert look at it] [once a year|every year or two].",
            "[Wash|Clean] your hands before you play, [it keeps dirt away|that is half the work].",
            "[Play|Use] it [often|regularly], [that keeps it healthy|that is good for it].",
            "[Use|Take] only [soft cloths|a soft cloth] and no [strong|sharp] [cleaners|sprays].",
        ),
        CLOSE,
    ),
    again=("And how do I take care of it?", "How should I clean it?"),
)

BUY = Kind(
    "music.buy",
    INSTRUMENTS,
    (
        "How do I [choose|buy] a good {thing}?",
        "How do I find a [good|cheap] {thing} to buy?",
        "What should I look for in a good {thing}?",
        "[Should I|Is it better to] buy or rent [my first|a good] {thing}?",
        "How much should I [spend on|pay for] my first {thing}?",
        "I saw a cheap {thing} [at a market|online]. [Is it any good|Should I buy it]?",
        "[Give me|I need] tips for buying [my first|a used|a good] {thing}.",
        "Where can I find a good {thing}?",
        "Is a cheap {thing} good enough for [me|a beginner]?",
    ),
    frame(
        lead("[some good advice|a useful tip] on choosing a good {thing}."),
        say(
            "[Before you buy|If you want] a good {thing}, [try|play] [several|at least three] and [compare|listen to] them.",
            "A good {thing} [need not be expensive|feels right in your hands|is one that makes you want to play].",
            "[Take|Bring] [a teacher|a friend who plays] along when you [choose|buy] a good {thing}.",
        ),
        some(
            1,
            3,
            "[Renting|Borrowing] one [first|for a while] is [cheap|wise|a good start].",
            "[Look for|Check for] [cracks|loose parts|odd sounds] [in good light|before you pay].",
            "[A used|An older] one in good shape [often beats|is often better than] a [very cheap|shiny] new one.",
            "[A small shop|A good shop] [lets|will let] you try it [in peace|for a week].",
            "[Set|Keep] aside [some money|a little money] for a [case|tuning|first repair].",
        ),
        CLOSE,
    ),
    again=("And how do I choose a good one?", "Should I buy or rent one?"),
)

STAGE = Kind(
    "music.stage",
    INSTRUMENTS,
    (
        "I am nervous about playing the {thing} [at a concert|for an audience]. What helps?",
        "How do I [calm down|stay calm] before I play the {thing} in public?",
        "[Tomorrow|On Sunday] I play the {thing} [in front of people|on stage]. [Any tips?|I am afraid.]",
        "My hands shake when I play the {thing} for others. What can I do?",
        "I have stage fright with my {thing}. [Please help.|What helps?]",
        "How do I prepare a concert with my {thing}?",
        "How do I stay calm on stage with my {thing}?",
        "What [should|do] I play on the {thing} at a [wedding|birthday party]?",
    ),
    frame(
        lead("[a little|some] help for your concert with the {thing}."),
        say(
            "[Before you play|Before a concert with] the {thing}, [breathe|breathe out] [slowly|deeply] and [loosen|drop] your shoulders.",
            "[Choose|Pick|Play] a piece for the {thing} that you [know well|could play in your sleep].",
            "[Being nervous|Stage fright] is [normal|part of it], [even for|also for] people who [have played|have loved] the {thing} [for years|all their lives].",
        ),
        some(
            1,
            3,
            "[Play|Try] it for [a friend|your family|your cat] [first|the day before].",
            "[Go on|Keep playing], if you make a mistake, [most people won't notice|nobody will mind].",
            "[Arrive|Be there] early and [get used to|listen to] the room.",
            "[Start|Begin] a little slower than [at home|usual].",
            "[Smile|Look up] [once|before the first note], [the audience is on your side|everybody wants you to do well].",
        ),
        CLOSE,
    ),
    again=("And what if I am nervous on stage?", "What helps against stage fright?"),
)

KINDS = (START, PRACTISE, CARE_FOR, BUY, STAGE)
