"""Train once more by a model's own recipe, to see whether training is repeatable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.work.config.settings import Settings
from gates.work.data.features import normalise
from gates.work.data.weights import weights_of
from gates.work.model.artifact import LoadedModel
from gates.work.model.train_step import call_fit, target_of
from gates.work.records import ModelSignature

if TYPE_CHECKING:
    from pandas import DataFrame


def retrain(signature: ModelSignature, training: DataFrame, settings: Settings) -> LoadedModel:
    """Train a second model, in memory only, by the train function and the parameters that ``signature`` records.

    ``training`` holds every column of the training side. The result has no file: its digest is empty and its size 0.
    Raises what training raises.
    """
    X = normalise(training, signature.features)
    weights = weights_of(training, settings.roles)
    estimator = call_fit(signature.train, X, target_of(training, settings), signature.params, weights)
    return LoadedModel(estimator, signature, digest="", size=0)
