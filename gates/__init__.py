"""Gates: four pytest suites between a trained model and the customers it would serve."""

__version__ = "0.1.0"
