"""The records that commands and `Model` return: frozen dataclasses.

`--format json` prints the fields of these records, so their names are a stable interface. The unit
of a quantity is in its name or in a field `unit` of the record.
"""

from rnnrepl.results.experiments import Classification as Classification
from rnnrepl.results.experiments import ClassifiedText as ClassifiedText
from rnnrepl.results.experiments import Continuation as Continuation
from rnnrepl.results.experiments import PairAccuracy as PairAccuracy
from rnnrepl.results.experiments import PairDifference as PairDifference
from rnnrepl.results.experiments import PairScore as PairScore
from rnnrepl.results.experiments import RegionScore as RegionScore
from rnnrepl.results.experiments import SuiteAccuracy as SuiteAccuracy
from rnnrepl.results.fields import ASKED as ASKED
from rnnrepl.results.fields import NATS as NATS
from rnnrepl.results.fields import Axis as Axis
from rnnrepl.results.fields import PerToken as PerToken
from rnnrepl.results.fields import Unit as Unit
from rnnrepl.results.inspection import Ablation as Ablation
from rnnrepl.results.inspection import Activations as Activations
from rnnrepl.results.inspection import Feature as Feature
from rnnrepl.results.inspection import Gate as Gate
from rnnrepl.results.inspection import GateSaturation as GateSaturation
from rnnrepl.results.inspection import LayerProbe as LayerProbe
from rnnrepl.results.inspection import Place as Place
from rnnrepl.results.inspection import Signal as Signal
from rnnrepl.results.inspection import UnitResponse as UnitResponse
from rnnrepl.results.models import Check as Check
from rnnrepl.results.models import ModelCard as ModelCard
from rnnrepl.results.models import ModelInfo as ModelInfo
from rnnrepl.results.runs import Curve as Curve
from rnnrepl.results.runs import RunInfo as RunInfo
from rnnrepl.results.runs import RunStatus as RunStatus
from rnnrepl.results.samples import Piece as Piece
from rnnrepl.results.samples import Sample as Sample
from rnnrepl.results.samples import SampledToken as SampledToken
from rnnrepl.results.samples import SamplerStage as SamplerStage
from rnnrepl.results.scores import Alternative as Alternative
from rnnrepl.results.scores import ComparedModel as ComparedModel
from rnnrepl.results.scores import ComparedPart as ComparedPart
from rnnrepl.results.scores import Comparison as Comparison
from rnnrepl.results.scores import ComparisonSummary as ComparisonSummary
from rnnrepl.results.scores import Evaluation as Evaluation
from rnnrepl.results.scores import NextToken as NextToken
from rnnrepl.results.scores import Prediction as Prediction
from rnnrepl.results.scores import Score as Score
from rnnrepl.results.scores import SpanScore as SpanScore
from rnnrepl.results.scores import Summed as Summed
from rnnrepl.results.scores import TextTotals as TextTotals
from rnnrepl.results.scores import TokenScore as TokenScore
from rnnrepl.results.scores import TotalDifference as TotalDifference
from rnnrepl.results.scores import unknown_advantage as unknown_advantage
from rnnrepl.results.session import Notice as Notice
from rnnrepl.results.session import PieceKind as PieceKind
from rnnrepl.results.session import Setting as Setting
from rnnrepl.results.session import TreeNode as TreeNode
from rnnrepl.results.session import unknown_tokens as unknown_tokens
from rnnrepl.results.steps import Formula as Formula
from rnnrepl.results.steps import SignalSummary as SignalSummary
from rnnrepl.results.steps import Steps as Steps
from rnnrepl.results.steps import TimeStep as TimeStep
from rnnrepl.results.steps import TokenLogit as TokenLogit
from rnnrepl.results.tokenizers import OptionInfo as OptionInfo
from rnnrepl.results.tokenizers import Tokenization as Tokenization
from rnnrepl.results.tokenizers import TokenizerInfo as TokenizerInfo
from rnnrepl.results.tokenizers import TokenSpan as TokenSpan
