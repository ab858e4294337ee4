"""Where a model's layers are, counted as in Hugging Face's `hidden_states`: 0 the embeddings, n after the
n-th layer, the last one after the final norm (what the output head is given)."""

from __future__ import annotations

import torch


class Layers:
    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        self.count = int(model.config.get_text_config().num_hidden_layers)  # type: ignore[operator, union-attr]

    def index(self, layer: int) -> int:
        """Counted from the front. Raises ValueError for a layer that isn't there or can't be reached."""
        index = layer + self.count + 1 if layer < 0 else layer
        if not 0 <= index <= self.count:
            raise ValueError(f"There is no layer {layer}: this model has {self.count}.")
        if index != self.count:
            self.blocks()
        return index

    def blocks(self) -> torch.nn.ModuleList:
        for module in self._model.modules():
            if isinstance(module, torch.nn.ModuleList) and len(module) == self.count:
                return module
        raise ValueError("Its layers can't be found, so nothing can read or steer between them.")

    def head(self) -> torch.nn.Module:
        head: torch.nn.Module = self._model.get_output_embeddings()  # type: ignore[operator]
        return head
