"""The checks of a deployed endpoint, and the one library that they use: standard library, pytest and requests only."""
