"""The ledger in a blob container keeps the contract of every ledger, races included, on Azurite with Azure's own client."""

from __future__ import annotations

import itertools
import uuid
from threading import Thread

import pytest
from registry.ledger_acts import NAME, NOON, crown, judge, promote, register, standing
from registry.registry_contract import LedgerContract
from standin.azurite import KEY, find_azurite, running_azurite
from standin.certificate import make_certificate
from standin.names import localhost_names

from gates.errors import PromotionRefused
from gates.registry.shared import SharedRegistry

URL = "https://papers.blob.core.windows.net/training/papers.csv"


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    pytest.importorskip("azure.storage.blob", reason="the extra is not installed: pip install '.[azure]'")
    program = find_azurite()
    if program is None:
        pytest.skip("Azurite is not installed: npm install --prefix ~/.cache/gates/node azurite")
    certificate = make_certificate(tmp_path_factory.mktemp("certificate"))
    with localhost_names(), running_azurite(program, tmp_path_factory.mktemp("azurite"), certificate) as running:
        yield running.url, str(certificate[0])


@pytest.fixture
def container(azurite):
    """A container of its own for each test, opened as often as asked."""
    from azure.storage.blob import ContainerClient

    name = f"test-{uuid.uuid4().hex}"
    url, certificate = azurite

    def reach():
        return ContainerClient(url, name, credential=KEY, connection_verify=certificate, retry_total=0)

    reach().create_container()
    yield reach
    reach().delete_container()


@pytest.fixture
def store(container):
    from gates.work.backends.azure.blob_store import ContainerStore

    return lambda: ContainerStore(container())


class TestLedgerInAContainer(LedgerContract):
    @pytest.fixture
    def open_ledger(self, tmp_path, store):
        opened: list[SharedRegistry] = []
        numbers = itertools.count()

        def open_once_more():
            opened.append(SharedRegistry(store(), tmp_path / f"machine-{next(numbers)}", lambda: NOON))
            return opened[-1]

        yield open_once_more
        for registry in opened:
            registry.close()


def test_a_tag_changes_with_each_write_and_a_stale_one_writes_nothing(store):
    one = store()
    assert (one.tag("a"), one.read("a")) == ("", None)
    first = one.write("a", b"1", tag="")
    assert first
    assert one.write("a", b"2", tag="") == "", "it is there already"
    second = one.write("a", b"2", tag=first)
    assert second not in ("", first)
    assert one.write("a", b"3", tag=first) == ""
    assert one.write("b", b"3", tag=first) == "", "it is not there any more"
    assert store().read("a") == (b"2", second)
    assert one.tag("a") == second


def test_files_are_put_once_and_fetched_whole(store, tmp_path):
    one = store()
    source, other, copy = tmp_path / "source", tmp_path / "other", tmp_path / "copy"
    source.write_bytes(b"x" * 100_000)
    other.write_bytes(b"y")
    one.put("blobs/aa/1", source)
    one.put("blobs/aa/1", other)
    assert one.fetch("blobs/aa/1", copy)
    assert copy.read_bytes() == source.read_bytes()
    assert not one.fetch("blobs/aa/2", tmp_path / "none")
    assert list(one.names("blobs/")) == ["blobs/aa/1"]


def test_machines_that_promote_at_once_have_one_winner_in_every_round(store, tmp_path):
    machines = [SharedRegistry(store(), tmp_path / str(number), lambda: NOON) for number in range(3)]
    for round in range(3):
        versions = [register(one, f"{round} {number}") for number, one in enumerate(machines)]
        verdicts = [judge(one, version) for one, version in zip(machines, versions, strict=True)]
        expected = standing(machines[0])
        ended = []

        def race(one, version, verdict, expected=expected, ended=ended):
            try:
                ended.append(promote(one, version, verdict, expected=expected))
            except PromotionRefused as refused:
                ended.append(refused)

        runners = [Thread(target=race, args=each) for each in zip(machines, versions, verdicts, strict=True)]
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join()
        assert sorted(type(end).__name__ for end in ended) == ["PromotionRefused", "PromotionRefused", "int"]
        assert {one.champion(NAME).epoch for one in machines} == {round + 1}
    assert machines[0].audit() == ()


def test_what_azure_refuses_is_told_without_the_key(azurite, tmp_path):
    from azure.storage.blob import ContainerClient

    from gates.work.backends.azure.blob_store import ContainerStore
    from gates.work.backends.azure.errors import AzureError

    wrong = "A" * 86 + "=="
    client = ContainerClient(azurite[0], "nobody", credential=wrong, connection_verify=azurite[1], retry_total=0)
    with pytest.raises(AzureError) as caught:
        SharedRegistry(ContainerStore(client), tmp_path)
    assert caught.value.status in (400, 403), "Azurite says 400 to a key that fits nobody, Azure 403"
    assert wrong not in caught.value.message + caught.value.remedy
    assert KEY not in caught.value.message


def test_a_container_that_is_not_there_is_told(azurite, tmp_path):
    from azure.storage.blob import ContainerClient

    from gates.work.backends.azure.blob_store import ContainerStore
    from gates.work.backends.azure.errors import AzureError

    client = ContainerClient(azurite[0], "nowhere", credential=KEY, connection_verify=azurite[1], retry_total=0)
    with pytest.raises(AzureError, match=r"404|not exist|ContainerNotFound"):
        crown(SharedRegistry(ContainerStore(client), tmp_path))


# --- marks of a trigger


def test_a_mark_is_held_by_a_lease_and_remembers(container):
    from gates.work.backends.azure.marks import BlobMarks

    one, other = BlobMarks(container()), BlobMarks(container())
    with one.hold(URL) as mark:
        assert mark.seen == ()
        with other.hold(URL) as second:
            assert second is None
        mark.add("0x1")
        mark.add("0x2")
    with other.hold(URL) as mark:
        assert mark.seen == ("0x1", "0x2")
    with one.hold(URL + "2") as mark:
        assert mark.seen == ()


def test_a_mark_cannot_be_written_without_its_lease(container):
    from azure.core.exceptions import HttpResponseError

    from gates.work.backends.azure.marks import BlobMarks
    from gates.work.mark_documents import as_bytes, name_of_mark

    with BlobMarks(container()).hold(URL), pytest.raises(HttpResponseError, match="lease"):
        container().upload_blob(f"marks/{name_of_mark(URL)}.json", as_bytes(URL, ("0x1",)), overwrite=True)


def test_a_damaged_mark_is_an_error_and_lets_go(container):
    from gates.work.backends.azure.marks import BlobMarks
    from gates.work.errors import TriggerError
    from gates.work.mark_documents import name_of_mark

    container().upload_blob(f"marks/{name_of_mark(URL)}.json", b"{}")
    with pytest.raises(TriggerError, match="cannot be read"), BlobMarks(container()).hold(URL) as mark:
        _ = mark.seen
    with BlobMarks(container()).hold(URL) as mark:
        assert mark is not None
