"""Stands in for servers that can't be had here: speaks SGLang's and vLLM's documented APIs over real HTTP, in
front of a model's plain forward pass. Written from their documentation and sources, not by copying them."""
