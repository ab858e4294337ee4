"""What isn't told where a guard sees something in words that somebody put into the model's mouth."""

from __future__ import annotations

from dataclasses import replace

from generation.chunks import StepRecord


def veiled(record: StepRecord) -> StepRecord:
    """Without the alternatives: they are how the model itself would go on with an unsafe text, and token by
    token that would be an answer past every guard. The token's own numbers stay."""
    return replace(
        record, top_ids=record.top_ids[:0], top_logprobs=record.top_logprobs[:0], top_p=record.top_p[:0]
    )
