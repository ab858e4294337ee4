"""The plants that are asked about, and how they want their water."""

from __future__ import annotations

from . import coin
from .grammar import Env
from .kind import Pool

THIRSTY = ["fern", "peace lily", "basil", "mint", "parsley", "hydrangea", "coriander", "papyrus"]
DRY = ["cactus", "aloe", "jade plant", "snake plant", "lavender", "rosemary", "thyme", "sedum"]
EASY = [
    "monstera",
    "ivy",
    "spider plant",
    "begonia",
    "geranium",
    "orchid",
    "rubber plant",
    "fig tree",
    "lemon tree",
    "olive tree",
    "philodendron",
    "calathea",
    "camellia",
    "azalea",
    "hibiscus",
    "jasmine",
    "dahlia",
    "fuchsia",
    "petunia",
    "primrose",
    "cyclamen",
    "dracaena",
    "palm",
    "yucca",
    "oleander",
    "bonsai",
    "clivia",
    "croton",
    "dieffenbachia",
    "gardenia",
    "hoya",
    "kumquat",
    "magnolia",
    "marigold",
    "nasturtium",
    "oregano",
    "pansy",
    "peperomia",
    "pilea",
    "pothos",
    "rhododendron",
    "sage",
    "schefflera",
    "sunflower",
    "syngonium",
    "tulip",
    "verbena",
    "viola",
    "zinnia",
    "clematis",
    "strawberry plant",
    "tomato plant",
    "chilli plant",
    "pepper plant",
    "bay tree",
    "coffee plant",
    "avocado tree",
    "money tree",
    "lily",
    "rose",
    "camomile",
    "anthurium",
    "amaryllis",
    "bromeliad",
    "caladium",
    "carnation",
    "chrysanthemum",
    "delphinium",
    "freesia",
    "hyacinth",
    "iris",
    "lantana",
    "lupin",
    "mimosa",
    "narcissus",
    "passion flower",
    "peony",
    "phlox",
    "snapdragon",
    "sweet pea",
    "wisteria",
    "jalapeño plant",
    "açaí palm",
]
COLOURS = ("", "little ", "old ", "potted ", "new ")


def _plant(name: str, when: str, how: str) -> list[Env]:
    return [{"thing": colour + name, "when": when, "how": how} for colour in COLOURS]


def _easy(name: str) -> list[Env]:
    return _plant(
        name,
        "[when the top of the soil is dry|once the top of the soil feels dry]",
        "[once|about once] a week",
    )


PLANTS = Pool(
    coined=lambda rng: rng.choice(_easy(coin.word(rng))),
    free=[env for name in EASY for env in _easy(name)],
    known=[
        *(
            env
            for name in THIRSTY
            for env in _plant(
                name,
                "[before the soil dries out|while the soil is still a little moist]",
                "[two or three times|about three times] a week",
            )
        ),
        *(
            env
            for name in DRY
            for env in _plant(
                name,
                "[only when the soil is dry all through|long after the soil has dried]",
                "[every two or three weeks|about twice a month]",
            )
        ),
    ],
)
