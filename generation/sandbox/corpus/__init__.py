"""A seeded generator of conversations: one file a topic, each a grammar that writes and reads answers."""
