"""Trains the probe: a scaler and a small network on single states, then a line that calibrates its logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitting:
    hidden: int = 32
    epochs: int = 6
    batch: int = 1024
    rate: float = 3e-3
    decay: float = 1e-2
    seed: int = 2026


def fit(states: Floats, labels: Bools, how: Fitting) -> dict[str, Floats]:
    """The tensors of an MLP artifact with a scaler. Safe and unsafe states weigh the same together.

    Guarantee: the same states, labels, settings and machine give the same tensors.
    """
    torch.manual_seed(how.seed)
    mean, scale = states.mean(0), states.std(0) + 1e-6
    x, y = torch.from_numpy((states - mean) / scale), torch.from_numpy(labels.astype(np.float32))
    first, last = torch.nn.Linear(x.shape[1], how.hidden), torch.nn.Linear(how.hidden, 1)
    network = torch.nn.Sequential(first, torch.nn.ReLU(), last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=how.rate, weight_decay=how.decay)
    steps = how.epochs * -(-len(x) // how.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, how.rate, total_steps=steps)
    share = float(y.mean())
    weight = torch.where(y > 0, 0.5 / share, 0.5 / (1 - share))
    for _ in range(how.epochs):
        for rows in torch.split(torch.randperm(len(x)), how.batch):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                network(x[rows])[:, 0], y[rows], weight[rows]
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        tensors = (first.weight, first.bias, last.weight, last.bias)
        names = ("weight.0", "bias.0", "weight.1", "bias.1")
        arrays = {name: tensor.numpy().copy() for name, tensor in zip(names, tensors, strict=True)}
    return {**arrays, "mean": mean.astype(np.float32), "scale": scale.astype(np.float32)}


def platt(logits: Floats, labels: Bools) -> tuple[float, float]:
    """Scale and shift after which the logistic function of a logit is the share of unsafe states there."""
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=1e4, max_iter=500).fit(logits[:, None], labels)
    return float(line.coef_[0, 0]), float(line.intercept_[0])
