"""Share the trained models of the tests of the work with the tests of training."""

from __future__ import annotations

from work.conftest import lab_file, make, numeric, sample_text

__all__ = ["lab_file", "make", "numeric", "sample_text"]
