"""Train once more by a model's own recipe, to see whether training is repeatable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gates.work.config.settings import Settings
from gates.work.data.features import normalise
from gates.work.model.artifact import Model
from gates.work.model.train_step import call_fit, target_of
from gates.work.records import Signature

if TYPE_CHECKING:
    from pandas import DataFrame


def retrain(signature: Signature, training: DataFrame, settings: Settings) -> Model:
    """Train a second model, in memory only, by the train function and the parameters that ``signature`` records.

    ``training`` holds every column of the training side. The result has no file: its digest is empty and its size 0.
    Raises what training raises.
    """
    X = normalise(training, signature.features)
    estimator = call_fit(signature.train, X, target_of(training, settings), signature.params)
    return Model(estimator, signature, digest="", size=0)
