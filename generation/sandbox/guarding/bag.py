"""The baseline that a probe has to beat: logistic regression on the words said so far, no hidden state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from generation.sandbox.guarding.answers import Answer

Floats = npt.NDArray[np.float64]
SLOTS = 1 << 16  # single tokens and pairs share them by a hash
PAIR = 1_000_003


class Bag:
    """Which tokens and pairs of neighbours the answer has had so far, whatever their order."""

    def __init__(self, answers: Sequence[Answer], every: int = 4) -> None:
        """Trained on every n-th place of the answers, and on the last one of each."""
        rows: list[list[int]] = []
        labels: list[bool] = []
        for answer in answers:
            for place, words in enumerate(_words(answer)):
                if place % every == 0 or place + 1 == answer.count:
                    rows.append(words)
                    labels.append(answer.labels[place])
        self._model = LogisticRegression(C=1.0, max_iter=200, class_weight="balanced")
        self._model.fit(_matrix(rows), labels)

    def scores(self, answer: Answer) -> list[float]:
        found: Floats = self._model.predict_proba(_matrix(_words(answer)))[:, 1]
        return [float(score) for score in found]


def _words(answer: Answer) -> list[list[int]]:
    """What was said before each score, as slots."""
    said: list[int] = []
    places: list[list[int]] = [[]]
    before = -1
    for token in answer.spoken:
        said = [*said, token, SLOTS // 2 + (before * PAIR + token) % (SLOTS // 2)]
        places.append(sorted(set(said)))
        before = token
    return places


def _matrix(rows: Sequence[Sequence[int]]) -> csr_matrix:
    columns = np.array([slot for row in rows for slot in row], np.int32)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    return csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(rows), SLOTS))
