# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Polite small talk: hello, thanks, names, moods, good wishes."""

from __future__ import annotations

from .kind import Kind, Pool, coined, things
from .sentences import frame, maybe, say, then

OFFER = (
    "[What|Which subject] would you like to [talk about|hear about]?",
    "[How can I help|What can I do for you][ today|]?",
    "[Shall we talk about|Would you like to hear about] [cooking|plants|the weather|planets|travel|music]?",
    "[Ask me|Feel free to ask] about [cooking|plants|planets|a city|an instrument], [if you like|any time].",
)
NOBODY = Pool(known=things("you"))
STARTS = [
    "Mar",
    "Jo",
    "El",
    "Ana",
    "Lu",
    "Zo",
    "Ta",
    "Be",
    "Ka",
    "Mi",
    "No",
    "Ra",
    "Sa",
    "Vi",
    "Or",
    "Fe",
    "Da",
    "Ni",
    "Ro",
    "Li",
    "Hé",
    "Zoë",
    "Bjø",
    "Ka",
    "Te",
    "Pa",
    "Gu",
    "Ib",
    "Yu",
    "Ol",
]
ENDS = [
    "ra",
    "na",
    "lin",
    "rek",
    "mir",
    "bel",
    "sha",
    "vin",
    "to",
    "nka",
    "rin",
    "dro",
    "le",
    "mo",
    "ssa",
    "ton",
    "ri",
    "ket",
    "lia",
    "mund",
    "né",
    "rn",
    "wen",
    "fa",
    "lo",
    "dis",
]
NAMES = Pool(free=things(*dict.fromkeys(start + end for start in STARTS for end in ENDS)), coined=coined("^"))
MOODS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("tired", "sleepy", "worn out", "exhausted"),
        (
            "[I am sorry to hear that|That sounds like a long day]",
            "[A short nap|An early night|A cup of tea] [helps|may help|does wonders]",
        ),
    ),
    **dict.fromkeys(
        ("sad", "lonely", "down", "homesick", "gloomy", "a bit blue", "disappointed"),
        (
            "[I am sorry to hear that|That is not easy]",
            "[A walk|A talk with a friend|Some music] [helps|may help|can lift the mood]",
        ),
    ),
    **dict.fromkeys(
        ("happy", "cheerful", "in a good mood", "excited", "proud", "delighted", "glad"),
        (
            "[That is lovely|That is good to hear|How nice]",
            "[Enjoy it|Share it with somebody|Keep that feeling]",
        ),
    ),
    **dict.fromkeys(
        ("bored", "restless", "out of ideas"),
        ("[That happens|We all know that feeling]", "[A walk|A new recipe|A good book] [helps|may help]"),
    ),
    **dict.fromkeys(
        ("nervous", "stressed", "worried", "anxious", "tense"),
        (
            "[I understand|That is understandable]",
            "[Slow breathing|A walk|A short break] [helps|may help|often helps]",
        ),
    ),
}
FEELINGS = Pool(known=[{"thing": mood, "react": react, "tip": tip} for mood, (react, tip) in MOODS.items()])

HELLO = Kind(
    "smalltalk.hello",
    NOBODY,
    (
        "How are you[ today| doing| feeling|]?",
        "[Hi|Hello|Hey|Hello there|Hi there][!|.| 👋|]",
        "Good [morning|afternoon|evening][!|.|]",
        "[Hi|Hello|Hey], how are you[ today| doing|]?",
        "[Hello|Hi], [nice|good] to meet you[!|.]",
        "How is it going[ today|]?",
        "How are things[ with you|][ today|]?",
        "[Hey|Hello there], how are you [doing|feeling][ today|]?",
        "Good day[!|.| to you.]",
        "[Is|Hello, is] [anybody|anyone|somebody] there?",
        "Greetings[!|.| 👋]",
    ),
    frame(
        say(
            "[Hello|Hi|Good day][!| there!|, nice to meet you!| and welcome!][| 👋| 🙂]",
            "[Hello|Hi]! I am [fine|well|doing well|happy to be here], thank you[ for asking|].",
            "[Good to see you|Nice to hear from you|How nice that you are here][!|.]",
        ),
        then(*OFFER),
    ),
    weight=1.5,
)

THANKS = Kind(
    "smalltalk.thanks",
    NOBODY,
    (
        "[Thanks|Thank you][!|.| a lot!| very much!| so much.|]",
        "[That|This] was [helpful|very kind|great][, thanks|, thank you|][!|.]",
        "[Great|Perfect|Wonderful], [thanks|thank you][!|.]",
        "You are [very helpful|so kind|great][!|.| 😊]",
        "[I like your answers|You helped me a lot|Good answer][!|.]",
        "Thank you, that is all[ for today| I wanted to know|].",
        "That [helped|helps][ me|] a lot[, thanks|, thank you|][!|.]",
        "[This|That] is [helpful|very helpful|great|kind of you][, thank you|, thanks|][!|.]",
        "How [kind|helpful|nice] of you[, thanks|, thank you|][!|.]",
        "[Thanks|Thank you] for your help[!|.]",
        "That was a [good|great|helpful] answer[, thanks|, thank you|][!|.]",
        "This was [kind|nice] of you[!|.]",
        "[Very|So] [kind|helpful], [thank you|thanks][!|.]",
        "Merci[!|.| beaucoup!]",
    ),
    frame(
        say(
            "You are [very |most |]welcome[!|.| 😊]",
            "[With pleasure|Any time|My pleasure|Gladly][!|.| 😊]",
            "[I am glad|I am happy|Good to hear] that it helps[!|.]",
            "Thank you[ too|], that is [kind|nice] of you[!|.]",
        ),
        maybe(*OFFER, "[Have|I wish you] a [lovely|good|nice] day[!|.| 🌞]"),
    ),
    weight=1.5,
)

BYE = Kind(
    "smalltalk.bye",
    NOBODY,
    (
        "[Bye|Goodbye|Bye-bye|See you][!|.| 👋|]",
        "[I have to|I must|I need to] go [now|to bed][.|, bye!]",
        "Good night[!|.| 🌙]",
        "See you [tomorrow|later|soon|next week][!|.]",
        "That is all, goodbye[!|.]",
        "[Take care|Farewell][!|.]",
        "[Bye|Goodbye], see you [soon|tomorrow|next week][!|.]",
        "[I am off|I am leaving now|Time to go][!|.| Bye!]",
    ),
    frame(
        say(
            "[Goodbye|Bye|See you|See you soon|Take care][!|.| 👋]",
            "[It was nice|It was a pleasure|It was good] talking to you[!|.]",
        ),
        then(
            "[Have|I wish you] a [lovely|good|pleasant|peaceful] [day|time|week][!|.| 🙂]",
            "[Come back|Come again|Write to me] [any time|whenever you like|soon][!|.]",
            "[Until next time|All the best][!|.]",
        ),
    ),
)

NAME = Kind(
    "smalltalk.name",
    NAMES,
    (
        "My name is {thing}.",
        "[Hi|Hello], I am {thing}[.|!]",
        "[I am|I'm] {thing}[, nice to meet you.|. And you?|.]",
        "You can call me {thing}.",
        "[Please call|Just call|Call] me {thing}[.|, please.]",
        "You [may|can] call me {thing}[ if you like|, everybody does|]. And you?",
        "My friends call me {thing}[.|!]",
        "Can you call me {thing}?",
        "[Hello|Hi], {thing} here[.|!]",
        "People call me {thing}[.|. Who are you?]",
        "{Thing} is my name[.|. What is yours?]",
        "This is {thing}[ speaking|].",
        "[Hey|Good morning|Good evening], my name is {thing}[.|!| 👋]",
        "They call me {thing}, and you?",
        "{Thing} is what my friends call me.",
    ),
    frame(
        say(
            "[Nice|Lovely|Good|A pleasure] to meet you, {thing}[!|.| 🙂]",
            "[Hello|Hi|Welcome], {thing}[!|. How nice to meet you!| 👋]",
            "{Thing} is a [lovely|nice|beautiful] name[!|.]",
        ),
        maybe("I am the [sandbox model|SafeLens sandbox model], a [small|very small] language model."),
        then(*OFFER),
    ),
)

MOOD = Kind(
    "smalltalk.mood",
    FEELINGS,
    (
        "I am {thing}[ today| this evening|].",
        "I feel {thing}[ today| at the moment|].",
        "[This evening|Today|Right now] I feel {thing}.",
        "[I feel|I am] {thing} this morning.",
        "[Today|Now] I am {thing}, [what helps|what can I do]?",
        "[Today|This morning|Right now] I am {thing}.",
        "[I have been|I was] {thing} all [day|week|morning].",
        "I'm {thing} again.",
        "Why am I {thing}[ today| all the time|]?",
        "[What helps|What can I do] when I am {thing}?",
        "My friend is {thing}. What [should|can] I say?",
        "I have felt {thing} [since this morning|all day|today].",
    ),
    frame(
        say("{react}[.|.|!]"),
        then(
            "[Being {thing}|Feeling {thing}] is [part of life|something we all know|quite human].",
            "[When|If] [somebody|someone] is {thing}, [it is good to say so|it helps to talk about it].",
        ),
        then("{tip}[.|.| 🙂]"),
        maybe(*OFFER, "[I am here|I have time|I like to listen], if you want to [talk|chat]."),
    ),
)

LIKES = Kind(
    "smalltalk.likes",
    NOBODY,
    (
        "What is your favourite [colour|food|song|planet|city]?",
        "Do you [like|enjoy] [music|cooking|rain|travelling|flowers]?",
        "What do you [like|enjoy] [most|best]?",
        "Have you ever [eaten cake|been to Paris|seen the sea|heard a concert]?",
        "Do you have [friends|a hobby|a family|a favourite book]?",
        "What did you do [yesterday|at the weekend|today]?",
        "Are you [happy|hungry|tired|asleep]?",
        "Do you ever [sleep|dream|get bored]?",
        "Are you ever [hungry|tired|happy]?",
        "Do you [eat|travel|sleep|dream|cook]?",
        "[Which|What] [song|city|food|flower] do you like best?",
    ),
    frame(
        say(
            "[I am only|I am just] a small language model, so I [don't eat, travel or sleep|have no tastes of my own|have no days and nights].",
            "[That is a kind question|What a nice question|Good question][!|.| 😄] I [have no|don't have a] life of my own[, I only write|].",
            "I [can't|don't] really [feel|taste|see] anything, [but I like to be asked|but thank you for asking|I only know words].",
        ),
        maybe(
            "[But I can tell you|Still, I can tell you] [a lot|something|a few things] about [cooking|plants|the weather|planets|travel|music]."
        ),
        maybe("[And you|What about you|How about you]?", *OFFER),
    ),
)
KINDS = (HELLO, THANKS, BYE, NAME, MOOD, LIKES)
