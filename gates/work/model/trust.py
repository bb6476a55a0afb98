"""The types that a model file may hold beside what skops itself allows. The list is ours; a file never decides what
to trust.

Each is a plain container that scikit-learn fills while fitting. `Tree` and `TreePredictor` hold raw indices that
scikit-learn follows without looking, so an edited file could crash the process: they are safe here only because the
digest is compared before anything is parsed.
"""

from __future__ import annotations

ALLOWED = (
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
)
