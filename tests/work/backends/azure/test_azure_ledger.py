"""The shared ledger in the workspace's own storage, found through the real SDK and opened with a token."""

from __future__ import annotations

from registry.ledger_acts import NAME, NOON, crown, standing

from gates.registry.shared import SharedRegistry
from gates.work.backends.azure.blob_store import PREFIX, open_store


def test_two_machines_share_the_ledger_of_a_workspace(cloud, config, tmp_path):
    one, other = (SharedRegistry(open_store(config), tmp_path / name, lambda: NOON) for name in ("one", "other"))
    first = crown(one, "A")
    assert standing(other) == (1, first.digest)
    second = crown(other, "B")
    assert standing(one) == (2, second.digest)
    assert other.blobs.read(first.digest) == b"model A"
    assert one.audit() == other.audit() == ()
    assert [entry.epoch for entry in one.log(NAME)] == [1, 2]


def test_the_store_says_where_it_is_and_nothing_else(cloud, config):
    place = open_store(config).place
    assert place.endswith(f"/{PREFIX}")
    assert "?" not in place
    assert "sig=" not in place
