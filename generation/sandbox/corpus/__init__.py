"""A seeded generator of conversations: one file a topic, each a grammar that both writes and reads answers."""
