"""Measurements: each prints a table with a bare lower bound or a peer beside ours, in one run."""
