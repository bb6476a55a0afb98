"""Checks of a trained model, and the one library that they measure with."""
