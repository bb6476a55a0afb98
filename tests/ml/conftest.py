"""Share the trained models of the tests of the work with the tests of training."""

from __future__ import annotations

from work.conftest import make, numeric, sample_text

__all__ = ["make", "numeric", "sample_text"]
