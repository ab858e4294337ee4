# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Travel: what to see, to eat, to pack, how to get around, how long to stay."""

from __future__ import annotations

from .cities import PLACES
from .kind import Kind
from .sentences import frame, lead, maybe, say, some

CLOSE = maybe(
    "[Have|Enjoy] a [good|lovely|safe] trip[.|!| ✈️| 🧳]",
    "[Have fun|Enjoy it|Bon voyage][.|!| 🌍| 🚆]",
    "[Ask|Talk to] the people who live there, [they know best|they often know a better place].",
    "[Leave|Keep] some time [free|for surprises], [that is often the best part|it pays off].",
)

SEE = Kind(
    "travel.see",
    PLACES,
    (
        "What should I see in {thing}?",
        "What [can|could] I do in {thing}?",
        "I am going to {thing}. [What should I see|What is worth a visit|Any tips]?",
        "[Any|Do you have] tips for [a visit to|a day in|a weekend in] {thing}?",
        "[Any|I need] tips for {thing}[, please|].",
        "I have a [day|weekend] in {thing}. [Any tips|What should I see]?",
        "[Give me|I need] tips for my [visit to|trip to|day in] {thing}.",
        "Tips for [a day|two days|a weekend] in {thing}?",
        "[Plan|Suggest] a [day|weekend] in {thing}[ for me|].",
        "We have [two days|one day|a free afternoon] in {thing}. What [should|can] we [visit|look at]?",
        "What are the [best|nicest] places in {thing}?",
        "Is {thing} worth a [visit|trip]?",
        "Tell me about {thing} [as a place to visit|for tourists].",
        "My [sister|uncle|friend] wants to visit {thing}. What should [they|we] see?",
    ),
    frame(
        lead("[a plan|an idea|a short list] for {thing}."),
        say(
            "In {thing}, [start|begin] with a [slow|long] walk through the [old|oldest] streets.",
            "{Thing} is [best|nicest] seen [on foot|slowly], [so bring good shoes|with no fixed plan|one quarter at a time].",
            "[For|On] a [first|short] visit to {thing}, [choose|pick] [two or three places|one quarter] and [take your time|enjoy them].",
            "{Thing} [has something for everybody|is well worth a visit|will not bore you].",
        ),
        some(
            1,
            3,
            "[Look for|Visit|Go to] a [market|covered market] in the [morning|early morning], when [it is lively|everything is fresh].",
            "[Find|Look for] a [hill, tower or bridge|high place] with a [good|wide] view [at sunset|in the evening].",
            "[One|A good] museum is [enough|plenty] for [a day|one day].",
            "[Sit down|Rest] in a [small café|park|quiet square] and [watch the people|write a postcard].",
            "[The tourist office|Your hotel] [has|will have] a free map and [good|honest] tips.",
            "[Take|Ride] a [tram, bus or boat|bus] to the [last stop|end of the line], just to look around.",
        ),
        CLOSE,
    ),
    again=("And what should I see there?", "What can I do there?", "And what about {thing}?"),
)

EAT = Kind(
    "travel.eat",
    PLACES,
    (
        "What should I eat in {thing}?",
        "Where can I eat [well|cheaply] in {thing}?",
        "What is the food like in {thing}?",
        "I love [good |]food and I am going to {thing}. [Any tips|What should I try]?",
        "How do I find a good restaurant in {thing}?",
        "[Can|Could] you suggest where to have [lunch|dinner|breakfast] in {thing}?",
        "[Lunch|Dinner|Breakfast] in {thing}: [any ideas|where do I go]?",
        "I am hungry in {thing}. Where should I [go|eat]?",
        "Where [do|should] I go for [lunch|dinner|breakfast] in {thing}?",
        "[Dinner|Lunch|Breakfast] in {thing}, [please|any tips|where is it good]?",
        "[Any ideas|Do you have ideas] for [lunch|dinner|breakfast] in {thing}?",
        "{Thing}: where do I eat [well|cheaply|lunch]?",
        "I want to [have|eat] [lunch|dinner|breakfast] in {thing}. Where?",
    ),
    frame(
        lead("[some good advice|a useful tip] on food in {thing}."),
        say(
            "[To eat well in|For good food in] {thing}, [go|look] where the [locals|people from the quarter] eat.",
            "In {thing}, the [best|nicest] [meals|places] are often [small|in side streets|a little hidden].",
            "[Good food|A good meal] in {thing} [need not cost much|is easy to find], [if you walk a few streets|away from the big squares].",
        ),
        some(
            1,
            3,
            "[A short menu|A full room|A handwritten menu] is a good sign.",
            "[Try|Taste|Order] the dish of the day [at noon|at lunch], [it is often cheaper|it is usually fresh].",
            "[Market halls|Bakeries] are [good|great] for a [quick|small|cheap] [lunch|bite].",
            "[Ask|You can ask] the waiter what is [fresh|best] today.",
            "[Leave|Save] [room|some space] for something sweet, [perhaps a crème brûlée|like a slice of cake|and a coffee].",
            "[If you don't eat meat|If you have an allergy], [say so early|write it on a card].",
        ),
        CLOSE,
    ),
    again=("And what should I eat there?", "Where can I eat well there?"),
)

MOVE = Kind(
    "travel.move",
    PLACES,
    (
        "How do I get around in {thing}?",
        "[Do I need|Should I rent] a car in {thing}?",
        "What is the [best|cheapest] way to get around {thing}?",
        "[Can|Could] I [walk|cycle] everywhere in {thing}?",
        "Is [the bus|public transport] good in {thing}?",
        "How do [people|visitors] get from place to place in {thing}?",
        "I don't want to drive in {thing}. [What else is there|How do I move around]?",
        "[Explain|Tell me] how to get around {thing} without a car.",
        "Can I get around {thing} [by bus|without a car]?",
        "How do I get around {thing} without a car?",
        "[Getting around|Moving around] in {thing}: how [does it work|do I do it]?",
        "I have no car in {thing}. How do I get around?",
        "[Explain|Tell me] how [people|visitors] get around in {thing}.",
    ),
    frame(
        lead("[some good advice|a useful tip] on getting around {thing}."),
        say(
            "[To get around|For getting around] {thing}, [walk|go on foot] as much as you can and [take|use] [the bus or the train|public transport] for the rest.",
            "In {thing}, you [seldom need|hardly need|don't need] a car [in the centre|for a short visit].",
            "[Buses, trains and your own feet|Your feet and a day ticket] will take you [nearly everywhere|almost everywhere] in {thing}.",
        ),
        some(
            1,
            3,
            "[A day ticket|A pass for a few days] [often|usually] [saves money|pays off|is cheaper].",
            "[Buy|Get] [tickets|your ticket] [before you get on|at a machine], [that saves time|to be on the safe side].",
            "[Save|Download] a map [on your phone|before you leave], [in case there is no network|it works without a network].",
            "[A rented bike|A bicycle] is [nice|a good idea] [when the weather is dry|on quiet streets].",
            "[Avoid|Leave out] the rush hour, if you [can|like it quiet].",
            "[At night|Late at night], [a licensed taxi|a taxi] is [worth it|a good choice].",
        ),
        CLOSE,
    ),
    again=("And how do I get around there?", "Do I need a car there?"),
)

PACK = Kind(
    "travel.pack",
    PLACES,
    (
        "What should I pack for {thing}?",
        "What do I need to [take|bring] to {thing}?",
        "I am packing for {thing}. [What should I not forget|Any tips]?",
        "Help me pack for [a trip to|a week in] {thing}[.|, please.]",
        "How do I pack [light|a small bag] for {thing}?",
        "[Give me|Make] a packing list for {thing}.",
        "My suitcase for {thing} is [empty|still empty]. What goes in?",
        "What [clothes|things] should I take along to {thing}?",
        "What do I [pack|take along] for [a week in|a trip to] {thing}?",
        "What do I pack for {thing}?",
        "[I have|We have] a [week in|trip to] {thing}. What do I pack?",
        "[A week in|A trip to] {thing}: what goes into my [bag|suitcase]?",
    ),
    frame(
        lead("[a short list|a packing list|what I would pack] for {thing}."),
        say(
            "For {thing}, pack [light clothes in layers|clothes in layers] and [one pair of good shoes|comfortable shoes].",
            "[Check|Look at] the forecast for {thing} [first|before you pack], then choose [layers|clothes you can layer].",
            "[A small bag|One small suitcase|Less than you think] is enough for {thing}.",
        ),
        some(
            2,
            3,
            "[Put in|Don't forget|Take] [a charger|an adapter] and [a bottle of water|your medicine].",
            "[Roll|Fold] your clothes [tightly|loosely], [it saves space|they crease less].",
            "[Keep|Carry] [your papers|passport and money] [close to you|in an inside pocket].",
            "[A thin raincoat|A scarf] is [always|often] [useful|worth the space].",
            "[Leave|Keep] a little room for [souvenirs|a gift|a good book].",
        ),
        CLOSE,
    ),
    again=("And what should I pack?", "What do I need to take along?"),
)

STAY = Kind(
    "travel.stay",
    PLACES,
    (
        "How many days do I need [in|for] {thing}?",
        "How long should I stay in {thing}?",
        "Is [one day|a weekend|a week] enough for {thing}?",
        "When is a good time to [visit|go to] {thing}?",
        "[Which|What] [month|season] is best for {thing}?",
        "Should I go to {thing} in [spring|autumn|summer|winter]?",
        "[Tell me|I wonder] how long to stay in {thing}.",
        "How much time should we plan for {thing}?",
        "How long should we [stay in|plan for] {thing}?",
        "How long [is enough|do people stay] in {thing}?",
        "[One day|Two days|A week] in {thing}: is that enough?",
        "How [long|many days] would you stay in {thing}?",
    ),
    frame(
        lead("[a rough idea|my advice|a simple answer] about the time for {thing}."),
        say(
            "[Two to three|Three|Three or four] days are [a good start|enough for a first visit|a good length] for {thing}.",
            "[Stay|Plan] [two to three|at least two|three or four] days in {thing}, [if you can|so you need not hurry].",
            "[For|To get a feeling for] {thing}, [I would plan|plan] [a long weekend|three days|about three days].",
        ),
        some(
            1,
            2,
            "[Spring and autumn|The weeks outside the school holidays] are [often|usually] [quieter|calmer] and [cheaper|more pleasant].",
            "[One day|A day] for the [sights|centre], one for [the surroundings|a trip out of town|the markets], one for [doing nothing|sitting in cafés].",
            "[With children|If you travel with children], [plan less|do less] and [rest|stop] more often.",
            "[Book|Look for] a room [early|a few weeks before], [the good ones go fast|prices rise later].",
        ),
        CLOSE,
    ),
    again=("And how long should I stay?", "When is a good time to go there?"),
)

KINDS = (SEE, EAT, MOVE, PACK, STAY)
