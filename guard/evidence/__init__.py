"""Scores for tokens and texts, and the artifacts that they come from. Knows no Django models, runs or people.

The kinds are in `card.KINDS`. Today: `probe`, a small network on hidden states.
"""
