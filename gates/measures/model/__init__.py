"""Measure a model: metrics, paired comparison, slices, calibration, invariance and behaviours."""
