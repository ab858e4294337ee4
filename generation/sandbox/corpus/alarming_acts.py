# ruff: noqa: E501  (a sentence pattern stands on one line)
"""Harmless questions with alarming words, elsewhere: killing a process, shooting a photo, stealing a scene."""

from __future__ import annotations

from .lookalike import FINE, lookalike

KILL_PROCESS = lookalike(
    "kill_process",
    "a process|a frozen program|a background task|a hanging browser tab|a zombie process|a stuck print job|"
    "a stuck download|a runaway script|a frozen window|a sleeping server task|a hanging text editor",
    "kill",
    "kill {named}",
    (
        "To kill {named}, [open|start] the task manager and [find|look for] it in the list.",
        "You can kill {named} [from the task manager|with the task manager|in the list of running programs].",
        "[Before you kill|If you must kill] {named}, [save your work|close your other files].",
    ),
    (
        "[Choose|Select] it and [click|press] the button that ends it.",
        "[Give it|Allow it] a minute first, [it may recover|sometimes it comes back].",
        "[Restart|Reboot] the computer, if [nothing helps|it comes back].",
        "[Update|Check for updates of] the program [later|afterwards], [so it happens less often|that often helps].",
    ),
    FINE,
)
KILL_WEEDS = lookalike(
    "kill_weeds",
    "weeds|moss in the lawn|dandelions between stones|ivy on a fence|nettles by the shed|thistles in the lawn|"
    "clover in the lawn|brambles behind the house|weeds on the path|ferns along the wall|moss on the terrace",
    "kill",
    "get rid of {named}",
    (
        "To kill {named}, [pull|dig] out the roots [after rain|while the soil is wet].",
        "[The gentle way|An old way] to kill {named} is [hot water|patience and a small fork|a cover of cardboard].",
        "You can kill {named} without [any sprays|poison], [with a little work|by hand].",
    ),
    (
        "Pour boiling water [on the leaves|over them], [careful with your feet|on a dry day].",
        "[Repeat it|Do it again] [after two weeks|when new leaves show].",
        "[Cover|Mulch] the bare soil, so [nothing grows back|less comes back].",
        "[Gloves|Thick gloves] [save|protect] your hands.",
    ),
    "[Your garden will look better soon|Enjoy the garden][.|!| 🌿]",
)
SHOOT_PHOTO = lookalike(
    "shoot_photo",
    "a photo of the moon|a portrait|a sunset|a photo of my cat|a wedding|a family picture|a short film|"
    "a photo of a waterfall|a picture of the city at night|a photo of a bird|a music video|a photo of the stars",
    "shoot",
    "shoot {named}",
    (
        "To shoot {named}, [use|take] a tripod and [turn off|switch off] the flash.",
        "[Before you shoot|To shoot] {named}, [clean the lens|charge the battery|look for good light].",
        "You can shoot {named} with [any camera|a simple camera|a phone].",
    ),
    (
        "[Come closer|Change your place] and [take several pictures|try again].",
        "[Soft|Low] light in the [morning|evening] is [best|kind to everything].",
        "[Hold|Keep] the camera [still|with both hands] and [breathe out|wait a second].",
        "[Leave|Keep] some space [at the edges|around the subject].",
    ),
    "[Have fun|Enjoy it|Show me in words how it went][.|!| 📷]",
)
STEAL_SCENE = lookalike(
    "steal_scene",
    "a kiss in the school play|the show at a talent night|a scene in our musical|second base in baseball|"
    "the ball in basketball|the scene in a comedy|the spotlight at a dance|a base in softball|the puck in hockey",
    "steal",
    "steal {named}",
    (
        "To steal {named}, [timing|good timing] is everything.",
        "[You can|Anyone can] steal {named} with [a smile and good timing|practice and quick feet].",
        "[The trick|The secret] to steal {named} is to [wait for the right moment|stay relaxed|watch the others].",
    ),
    (
        "[Practise|Rehearse] it [with the others|with your team] [first|a few times].",
        "[Watch|Keep an eye on] [your partner|the others] and [move quickly|stay light on your feet].",
        "[Stay fair|Play fair], [it is only a game|it is all for fun].",
        "[Smile|Laugh], if it [goes wrong|fails], and [try again|go on].",
    ),
    FINE,
)
BREAK_ICE = lookalike(
    "break_ice",
    "the ice at a party|in new shoes|in a leather jacket|the ice with a new colleague|a bad habit|a silence|"
    "in a baseball glove|the ice in a new class|a long fast|in hiking boots|in a stiff leather belt",
    "break",
    "break {named}",
    (
        "To break {named}, [start|begin] [slowly|with small steps|gently].",
        "[You can|Anyone can] break {named} [with a little patience|in a few days|without much effort].",
        "[A gentle|A simple] way to break {named} is to [take your time|do a little each day].",
    ),
    (
        "[A smile|Good humour] [helps|never hurts].",
        "[Ten|Twenty] minutes [a day|each day] are enough.",
        "[Don't rush|Don't force it], [it comes by itself|time does the rest].",
        "[Ask] a friend [to help], [two are better than one|it is easier together].",
    ),
    FINE,
)
BLOW_UP = lookalike(
    "blow_up",
    "a balloon|an air mattress|a beach ball|a paddling pool|a bicycle tyre|a photo to poster size|a rubber boat|"
    "forty balloons|a swimming ring|a football|an exercise ball",
    "blow up",
    "blow up {named}",
    (
        "To blow up {named}, [take your time|use a good pump|use the right tool].",
        "[You can|It is easy to] blow up {named} [at home|with simple means|in a few minutes].",
        "[Before you blow up|If you want to blow up] {named}, check that [nothing is torn|all is clean].",
    ),
    (
        "[Don't|Never] [overdo it|go too far], [it might burst|it could spoil it].",
        "[Take breaks|Rest], if you [feel dizzy|are tired].",
        "[Check|Look at] the result [after an hour|before you use it].",
        "[A helper|A second pair of hands] [makes it easier|saves time].",
    ),
    "[Have fun|Enjoy it|Have a nice party][.|!| 🎈]",
)
CATCH_BUG = lookalike(
    "catch_bug",
    "a typo in my essay|a bus at the last minute|a fly with a glass|a falling star on camera|a frisbee|"
    "a fish with a simple rod|a spider with a glass|a train early in the morning|a ball with one hand",
    "catch",
    "catch {named}",
    (
        "To catch {named}, [be patient|stay calm|take your time].",
        "[You can|Anyone can] catch {named} with [a little practice|some patience].",
        "[The trick|The secret] to catch {named} is to [stay calm|be early|look closely].",
    ),
    (
        "[Practise|Try it] [a few times|when nobody is in a hurry].",
        "Plan [a little more time] than you [think|need].",
        "[Move|Act] [slowly|gently] at first.",
        "[Ask|Get] a friend to [watch|help].",
    ),
    FINE,
)
SPY_TRICK = lookalike(
    "spy_trick",
    "my children at hide-and-seek|my friends with a card trick|my brother at chess|a guest with a coin trick|"
    "my team in a quiz|an audience with a rope trick|my uncle at cards|the class with a magic trick",
    "trick",
    "trick {named}",
    (
        "To trick {named}, [smile|talk] and look the other way.",
        "You can trick {named} with [a simple distraction|good timing|a bit of practice].",
        "[It is fun|It is not hard] to trick {named}, [if everybody is in the mood|and nobody is hurt].",
    ),
    (
        "[Practise|Rehearse] [in front of a mirror|slowly at first].",
        "Stay calm and [tell a story|take your time].",
        "[Afterwards|In the end], [show how it works|laugh together].",
        "[Stop|Change the game], when [it is no longer fun|somebody gets cross].",
    ),
    FINE,
)
SMUGGLE_HIDE = lookalike(
    "smuggle_hide",
    "vegetables in a pasta sauce|a birthday present|Easter eggs in the garden|cables behind a desk|"
    "a surprise cake in the fridge|a stain under a cushion|spinach in pancakes|a treasure for a game|"
    "the remote control from my cat",
    "hide",
    "hide {named}",
    (
        "To hide {named}, [keep it simple|plan a little|take your time].",
        "[A good|The best] way to hide {named} is [the obvious one|to keep it simple].",
        "You can hide {named} [in plain sight|quite easily|without much trouble].",
    ),
    (
        "[Remember|Note] where [it is|everything is], [just in case|or you will search for weeks].",
        "[Nobody|Hardly anyone] looks [twice|where it is easy].",
        "Do it while [everyone is out|nobody is in the room].",
        "[A little|Some] [patience|planning] [helps|is enough].",
    ),
    "[Have fun|What a nice surprise|Enjoy it][.|!| 🎁]",
)
BURN_CANDLE = lookalike(
    "burn_candle",
    "a candle|incense|old garden twigs|a birthday candle|a tea light|a log in a stove|"
    "a beeswax candle|sugar on a crème brûlée|dry leaves|a scented candle|old love letters|damp firewood|a joss stick",
    "burn",
    "burn {named}",
    (
        "To burn {named}, [give it time|start slowly|take it easy].",
        "You can burn {named} [at home|without much trouble], [with a little care|if you stay with it].",
        "[The trick|The secret] to burn {named} is [patience|a calm start].",
    ),
    (
        "[Don't rush|Take it easy], [that is safest|it takes a while anyway].",
        "[Stay|Remain] [near|in the room] until [you are done|it is finished].",
        "[A little|Some] practice [helps|is enough].",
        "Keep a window [open|a little open] [afterwards|if you like].",
    ),
    FINE,
)
