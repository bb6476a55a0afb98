"""The code that a training read has to be what the digests of the suites cover, and as they say."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from promotion.small_home import SmallHome, make_small_home

from gates.digest import Digest
from gates.errors import PromotionRefused
from gates.reason import Code
from gates.workflow.pipeline import _require_code


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return make_small_home(tmp_path / "project")


def require(small: SmallHome, code: dict[str, str] | None) -> list[Code]:
    facts = {} if code is None else {"code": json.dumps(code)}
    try:
        _require_code(small.session, SimpleNamespace(facts=facts))
    except PromotionRefused as refused:
        return [reason.code for reason in refused.reasons]
    return []


def test_a_work_that_says_nothing_of_its_code_is_not_held_to_it(small):
    assert require(small, None) == require(small, {}) == []


def test_code_as_the_digests_say_passes(small):
    assert require(small, {"conftest.py": str(Digest.of(small.project.root / "conftest.py"))}) == []


def test_another_file_than_the_digests_say_is_refused(small):
    assert require(small, {"conftest.py": "sha256:" + "0" * 64}) == ["suite-changed"]
    assert require(small, {"conftest.py": "changed between two readings"}) == ["suite-changed"]


def test_code_that_no_digest_covers_is_refused(small):
    assert require(small, {"hidden.py": "sha256:" + "0" * 64}) == ["code-without-digest"]
