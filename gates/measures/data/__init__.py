"""Measure a table: profile a reference, hold a batch to it, and describe what it breaks."""
