"""Who has no key gets no answer, and nobody is sent elsewhere."""

import pytest

pytestmark = pytest.mark.gate("endpoint")


def test_it_does_not_redirect(endpoint, rows, evidence):
    answer = endpoint.post(rows.smoke)
    evidence.violations(answer.is_redirect, n=1, detail=answer.sentence)


def test_no_key_gets_no_answer(keyless, rows, evidence):
    answer = keyless.post(rows.smoke)
    evidence.violations(not answer.is_denial, n=1, detail=f"without a key, {answer.sentence}; wanted 401")


def test_a_wrong_key_gets_no_answer(impostor, rows, evidence):
    answer = impostor.post(rows.smoke)
    evidence.violations(not answer.is_denial, n=1, detail=f"with a wrong key, {answer.sentence}; wanted 401 or 403")
