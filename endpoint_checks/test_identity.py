"""The deployed endpoint serves the model that was judged, and no other."""

import pytest

pytestmark = pytest.mark.gate("endpoint")


def test_it_serves_the_judged_model(endpoint, rows, subject):
    served = endpoint.score(rows.smoke).served
    assert served.digest == str(subject.digest), f"it serves {served.digest}, but {subject.digest} was judged"


def test_it_names_the_judged_version(endpoint, rows, subject):
    served = endpoint.score(rows.smoke).served
    assert (served.name, served.version) == (subject.name, subject.version), (
        f"it calls its model {served.name!r} version {served.version}, but {subject.name!r} version {subject.version} was judged"
    )


def test_no_other_model_answers_under_load(load, subject):
    assert load.digests == {str(subject.digest)}, f"{len(load.digests)} models answered: {sorted(load.digests)}"
