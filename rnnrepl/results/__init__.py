"""What commands return: frozen records, from the standard library alone, the same in every door.

`--format json` prints these records field by field, so a field's name is part of the contract.
Where a quantity has a unit its name says so, or a field `unit` stands beside it.
"""

from rnnrepl.results.fields import ASKED, NATS, Axis, PerToken, Unit
from rnnrepl.results.models import Check, ModelCard, ModelInfo
from rnnrepl.results.runs import Curve, RunInfo, RunStatus
from rnnrepl.results.samples import Piece, Sample, SampledToken, SamplerStage
from rnnrepl.results.scores import (
    Alternative,
    ComparedModel,
    ComparedPart,
    Comparison,
    Evaluation,
    NextToken,
    Prediction,
    Score,
    SpanScore,
    Summed,
    TokenScore,
)
from rnnrepl.results.session import Notice, PieceKind, Setting, TreeNode
from rnnrepl.results.tokenizers import OptionInfo, Tokenization, TokenizerInfo, TokenSpan

__all__ = [
    "ASKED",
    "NATS",
    "Alternative",
    "Axis",
    "Check",
    "ComparedModel",
    "ComparedPart",
    "Comparison",
    "Curve",
    "Evaluation",
    "ModelCard",
    "ModelInfo",
    "NextToken",
    "Notice",
    "OptionInfo",
    "PerToken",
    "Piece",
    "PieceKind",
    "Prediction",
    "RunInfo",
    "RunStatus",
    "Sample",
    "SampledToken",
    "SamplerStage",
    "Score",
    "Setting",
    "SpanScore",
    "Summed",
    "TokenScore",
    "TokenSpan",
    "Tokenization",
    "TokenizerInfo",
    "TreeNode",
    "Unit",
]
