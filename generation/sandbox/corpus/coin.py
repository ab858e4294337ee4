# ruff: noqa: E501, SIM905  (the pieces of words, as they are read best)
"""Coined words: things nobody has heard of, so that the model learns to repeat a name and not to guess it.

Half are built sound by sound, half of the pieces that real words and names are made of: a tokenizer splits these
in all the places where it would split a real name that training never met.
"""

from __future__ import annotations

import random

SHARE = 0.5
"""How often a training question is about a coined thing, where its kind allows one."""

_FIRST = (
    "b c d f g h j k l m n p r s t v w z br ch cl cr dr fl fr gl gr kl kn kr pl pr qu sc sh sk sl sm sn sp st str sw "
    "th tr tw wh"
).split()
_MIDDLE = "a e i o u a e i o u a e i o u ai au ea ee ei ie oa oi oo ou ue y".split()
_ACCENTS = "é ü ã ö ä ø å í ó á ñ ç ê ô ł ń ž ș ć ú".split()
_LAST = "b ck ct d ff g k l ll lt m mb mp n nd ng nk nt p r rd rk rm rn rt s sh sk ss st t th x z".split()
_STARTS = (
    "al am an ann ar as ash ba bar bas be bel ber bir black bo bon bor bra bran bri bro bur cal cam can car cas cat "
    "cha chi cla co col com con cor cra cu dal dan dar de del der di do dor dra du ea ed el em en er es ev ex fa fal "
    "fen fer fi fin flo for fra gal gan gar ge gen ger gi glo gold gra green gri gu ha hal ham han har haw he hel her "
    "hi hol hor hu im in ir is ja jar je jo ju ka kal kar ke kil kin ko ku la lam lan lar lau le lem len li lin lo "
    "lor lu ma mag mal man mar mas me mel mer mi mil min mo mon mor mu na nar ne ner ni nor nu ob ol or os ot pa pal "
    "pan par pas pe pen per pi pin pla po pol por pra pre pri pro pu ra ral ran re red rem ri ro ros ru sa sal sam "
    "san sar sca se sel sen ser sha she si sil sin so sol son spa spi sta ste sto stra su sun ta tal tam tan tar te "
    "tel ten ter the thi ti tim to tor tra tri tu ul un ur va val van var ve ven ver vi vil vin vo wa wal war wel wes "
    "wi wil win wo yo za zel zi"
).split()
_CENTRES = (
    "a ab ac ad al am an ap ar as at ba be bi bo ca ce ci co cu da de di do du e el em en er es et fi ga ge gi go "
    "i ia ic id il im in io ir is it la le li lo lu ma me mi mo na ne ni no nu o ol om on or os pa pe pi po ra re ri "
    "ro ru sa se si so su ta te ti to tu u ul um un ur us va ve vi vo"
).split()
_ENDS = (
    "able ace ack ade age ain air ake al ale all am ama ame an ana ance and ane ang ant ape ar ara ard are ark art "
    "ary ase ash ass ast at ate ath ation ax ay bach ber berg berry bourg bridge burg burn burgh bury by cester chen "
    "cle dale dam de den der dine do don dorf dy ea eck ed eek eer ein el ell ella elle ella en ence end ene ent er "
    "era ere erry ery es ess est et eth ette ey ez fall fast field fish ford furt gate gen ger gin grad grass ground "
    "ham haven heim hill hurst ia ian ic ice ick icle id ida ide ie ier iff ight ika ile ill im in ina ind ine ing "
    "ini ino int io ion ique is ise ish ism ist it ita ite ith ito itz ius ive ka ken kin king ko la land lar le ler "
    "let ley lia lin line ling lo lock low mann mar me men mer mine mond mont mouth my na nard ne ner ness net ney nia "
    "nik no o oak ob ock oda ol ola old ole olk om oma on ona one ong oni ont ony ook ool oon oop or ora ore ork orn "
    "ort ory os ose oss ost ot ote oth ough ound our ous out over ow owl own ox ppo port que ra rain ran re red ria "
    "rich rin ring ro rock room root ry sa sea sen ser set shire side sing son spa stad stan star stein ster stock "
    "ston stone stra sum ta tal te ted tel ten ter tern ti tic tin ting tle to ton tor town tra tree try tta tte tum "
    "ture ty ua uck ud ue uit uka ule ull um un und une ung ur ura ure urn us use ust ut ute va vale van vel ver via "
    "vic view vin ville vo wald ward water way week well wick win wood worth ya yard za zel zen zig zo"
).split()
_RUDE = (
    "anal anus arse ass bitch bum butt clit cock coon crap cum cunt dam dick dike dyke fag fuck gook hell homo jap "
    "kike nazi nig paki penis piss poo porn pube rape rapi retard semen sex shit slag slut spic tit turd twat vag "
    "wank whor"
).split()


def _sounds(rng: random.Random) -> str:
    syllables: list[str] = []
    for _ in range(rng.choice((1, 2, 2, 3))):
        middle = rng.choice(_ACCENTS if rng.random() < 0.1 else _MIDDLE)
        syllables.append(rng.choice(_FIRST) + middle + (rng.choice(_LAST) if rng.random() < 0.7 else ""))
    return "".join(syllables)


def _pieces(rng: random.Random) -> str:
    centres = rng.choice((0, 0, 1, 1, 2))
    return rng.choice(_STARTS) + "".join(rng.choice(_CENTRES) for _ in range(centres)) + rng.choice(_ENDS)


def word(rng: random.Random) -> str:
    """A word in small letters, with nothing rude in it."""
    while True:
        coined = rng.choice((_sounds, _pieces))(rng)
        if 2 < len(coined) < 15 and not any(rude in coined for rude in _RUDE):
            return coined


def name(rng: random.Random) -> str:
    return word(rng).capitalize()
