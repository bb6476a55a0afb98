"""Train a model, keep it as one signed file, and load it again."""
