"""The sandbox model: what runs when nobody brought a model. Corpus, tokenizer, training, weights, card."""
