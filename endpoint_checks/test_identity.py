"""The deployed endpoint serves the model that was judged, and no other."""

import pytest

pytestmark = [pytest.mark.gate("endpoint"), pytest.mark.usefixtures("it_names_its_model")]


def test_it_serves_the_judged_model(endpoint, rows, subject, evidence):
    served = endpoint.score(rows.smoke).served
    other = served.digest != str(subject.digest)
    evidence.violations(other, n=1, detail=f"it serves {served.digest}, and {subject.digest} was judged")


def test_it_names_the_judged_version(endpoint, rows, subject, evidence):
    served = endpoint.score(rows.smoke).served
    other = (served.name, served.version) != (subject.name, subject.version)
    judged = f"{subject.name!r} version {subject.version}"
    evidence.violations(
        other, n=1, detail=f"it calls its model {served.name!r} version {served.version}; {judged} was judged"
    )


def test_no_other_model_answers_under_load(load, subject, evidence):
    others = load.digests ^ {str(subject.digest)}
    evidence.violations(len(others), n=load.n, detail=f"{len(load.digests)} models answered: {sorted(load.digests)}")
