"""The records that commands and `Model` return: frozen dataclasses.

`--format json` prints the fields of these records, so their names are a stable interface. The unit
of a quantity is in its name or in a field `unit` of the record.
"""

from rnnrepl.results.experiments import (
    Classification,
    ClassifiedText,
    Continuation,
    PairAccuracy,
    PairDifference,
    PairScore,
    RegionScore,
    SuiteAccuracy,
)
from rnnrepl.results.fields import ASKED, NATS, Axis, PerToken, Unit
from rnnrepl.results.inspection import (
    Ablation,
    Activations,
    Attribution,
    Baseline,
    Explanation,
    Feature,
    LayerProbe,
    Method,
    Place,
    Signal,
    UnitResponse,
)
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
from rnnrepl.results.session import Notice, PieceKind, Setting, TreeNode, unknown_tokens
from rnnrepl.results.tokenizers import OptionInfo, Tokenization, TokenizerInfo, TokenSpan

__all__ = [
    "ASKED",
    "NATS",
    "Ablation",
    "Activations",
    "Alternative",
    "Attribution",
    "Axis",
    "Baseline",
    "Check",
    "Classification",
    "ClassifiedText",
    "ComparedModel",
    "ComparedPart",
    "Comparison",
    "Continuation",
    "Curve",
    "Evaluation",
    "Explanation",
    "Feature",
    "LayerProbe",
    "Method",
    "ModelCard",
    "ModelInfo",
    "NextToken",
    "Notice",
    "OptionInfo",
    "PairAccuracy",
    "PairDifference",
    "PairScore",
    "PerToken",
    "Piece",
    "PieceKind",
    "Place",
    "Prediction",
    "RegionScore",
    "RunInfo",
    "RunStatus",
    "Sample",
    "SampledToken",
    "SamplerStage",
    "Score",
    "Setting",
    "Signal",
    "SpanScore",
    "SuiteAccuracy",
    "Summed",
    "TokenScore",
    "TokenSpan",
    "Tokenization",
    "TokenizerInfo",
    "TreeNode",
    "Unit",
    "UnitResponse",
    "unknown_tokens",
]
