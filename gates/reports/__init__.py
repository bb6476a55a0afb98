"""Report to people and machines what was decided."""
