"""No part of the holdout may collapse: no class, and no value of a declared column.

The evidence is the smallest p-value of a collapse, after Holm.
"""

import pytest

from gates.measures.model.slices import classes_against_champion, slices_against_champion, slices_against_rest

pytestmark = pytest.mark.gate("model")


@pytest.mark.usefixtures("classes_only")
def test_no_class_collapses(champion, challenger, holdout, roles, settings, evidence):
    slices = classes_against_champion(
        champion, challenger, holdout, roles, margin=settings["slice_margin"], minimum=settings["slice_minimum"]
    )
    evidence.p_value("p_value", slices.worst, n=slices.n, detail=slices.describe(), needed_n=slices.needed_n)


@pytest.mark.usefixtures("slices_only")
def test_no_slice_collapses(champion, challenger, holdout, roles, settings, evidence):
    slices = slices_against_champion(
        champion, challenger, holdout, roles, margin=settings["slice_margin"], minimum=settings["slice_minimum"]
    )
    evidence.p_value("p_value", slices.worst, n=slices.n, detail=slices.describe(), needed_n=slices.needed_n)


@pytest.mark.usefixtures("slices_only")
def test_no_slice_falls_behind(challenger, holdout, roles, settings, evidence):
    slices = slices_against_rest(
        challenger, holdout, roles, margin=settings["slice_gap"], minimum=settings["slice_minimum"]
    )
    evidence.p_value("p_value", slices.worst, n=slices.n, detail=slices.describe(), needed_n=slices.needed_n)
