"""Telling people and machines what was decided."""
