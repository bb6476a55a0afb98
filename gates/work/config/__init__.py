"""Read ``[tool.ml]``, strictly."""
