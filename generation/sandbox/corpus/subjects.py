"""What lies outside of the topics: real subjects, and shapes of coined ones."""

from __future__ import annotations

import random

from . import coin

_SUBJECTS = """
    football, tennis, cricket, chess, boxing, ice hockey, poker, video games, politics, elections, taxes,
    the stock market, mortgages, insurance, company law, divorce law, contracts, bitcoin, banking,
    accounting, history, the Middle Ages, ancient Egypt, the French Revolution, philosophy, religion,
    grammar, Latin, Spanish verbs, Chinese, poetry, novels, films, actors, television, fashion, jewellery,
    cars, motorbikes, lorries, aeroplanes, ships, trains, computers, programming, Python code, databases,
    spreadsheets, printers, smartphones, algebra, geometry, statistics, chemistry, biology, physics,
    genetics, dinosaurs, horses, dogs, cats, fishing, medicine, headaches, vitamins, diets, sleep,
    psychology, marriage, babies, schools, universities, job interviews, marketing, advertising,
    architecture, concrete, plumbing, electricity, robots, artificial intelligence, space rockets,
    satellites, volcanoes, earthquakes, oceans, sharks, whales, bees, birds, painting, sculpture,
    photography, dancing, theatre, opera houses, museums of art, archaeology, sociology, economics, trade,
    customs duties, agriculture, tractors, sheep, wool, knitting, sewing, carpentry, glass, steel, coal,
    solar power, nuclear power, batteries, railways, bridges, tunnels, maps of Asia, royal families,
    knights, castles of Wales, heraldry, rugby, golf, basketball, volleyball, swimming, skiing, surfing,
    hockey, wrestling, judo, fencing, cycling races, sailing, gymnastics, running shoes, card games, board
    games, dice, puzzles, riddles, crosswords, comics, fairy tales, ghosts, vampires, dragons, pirates,
    myths, legends, the Romans, the Vikings, the Aztecs, the Cold War, kings and queens, parliament, the
    police, the army, the navy, spies, secret codes, courts, judges, lawyers, rent, wages, pensions, coins,
    stamps, antiques, auctions, inflation, budgets, gold, diamonds, oil, plastic, paper, leather, silk,
    cotton, bricks, paint, furniture, lamps, clocks, watches, cameras, telephones, radios, the internet,
    websites, search engines, operating systems, keyboards, microchips, laser printers, telescopes,
    microscopes, magnets, gravity, atoms, light waves, numbers, fractions, calculus, logic, probability,
    cells, bones, muscles, the heart, the brain, blood, teeth, allergies, fevers, vaccines, hospitals,
    nurses, doctors, yoga, massage, perfume, haircuts, shoes, hats, weddings, funerals, birthdays,
    neighbours, friendship, dating, children, twins, kindergartens, homework, examinations, libraries,
    newspapers, journalism, radio plays, cinemas, cartoons, circuses, magic tricks, ballet, tango, ceramics,
    pottery, graffiti, monuments, cathedrals, mosques, pyramids, lighthouses, harbours, canals, submarines,
    helicopters, balloons, bicycles, buses, trams, traffic, motorways, deserts, jungles, glaciers, islands,
    caves, rivers, forests, wolves, bears, foxes, owls, eagles, penguins, frogs, snakes, spiders, ants,
    butterflies, snails, elephants, lions, monkeys, rabbits, hamsters, parrots, goldfish, hens, pigs, cows,
    goats, farms, mills, hunting, mining, welding, recycling, rubbish, drains, heating, lifts, locks and
    keys
"""
SUBJECTS = " ".join(_SUBJECTS.split()).split(", ")
_SHAPES = (
    "~", "~", "~s", "^", "the ~", "the ~s", "the history of ^", "the law of ^", "^ novels", "~ games",
    "~ engines", "~ and ~s", "wild ~s",
)  # fmt: skip


def coined_subject(rng: random.Random) -> str:
    shape = rng.choice(_SHAPES)
    while "~" in shape or "^" in shape:
        shape = shape.replace("~", coin.word(rng), 1).replace("^", coin.name(rng), 1)
    return shape
