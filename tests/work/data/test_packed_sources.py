"""Archives, folders of parts and addresses of stores become one file, and nothing unpacks to more than a table may hold."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow
import pytest
from pyarrow import fs

from gates.errors import MissingExtra
from gates.work.data import stores
from gates.work.data.reading import read
from gates.work.data.source import fetch
from gates.work.errors import DataError

TABLE = pd.DataFrame({"id": ["a", "b", "c"], "x": [0.5, 1.5, 2.5]})
CSV = TABLE.to_csv(index=False).encode()


def zipped(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def zstd(content: bytes) -> bytes:
    return pyarrow.Codec("zstd").compress(content, asbytes=True)


def parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file, index=False)
    return file.getvalue()


def fetched(tmp_path: Path, content: bytes, name: str = "data", **limits: int) -> pd.DataFrame:
    (tmp_path / name).write_bytes(content)
    return read(fetch(str(tmp_path / name), tmp_path / "snapshots", **limits).path)


PACKED = {
    "gzip": gzip.compress(CSV),
    "gzip of two members": gzip.compress(CSV[:10]) + gzip.compress(CSV[10:]),
    "zip": zipped(("t.csv", CSV)),
    "zip of a Mac": zipped(("t.csv", CSV), ("__MACOSX/._t.csv", b"x")),
    "zstd": zstd(CSV),
    "Parquet in gzip": gzip.compress(parquet(TABLE)),
}


@pytest.mark.parametrize("content", PACKED.values(), ids=PACKED)
def test_an_archive_of_one_table_is_that_table(tmp_path, content):
    pd.testing.assert_frame_equal(fetched(tmp_path, content), TABLE)
    assert all(path.suffix in (".csv", ".parquet") for path in (tmp_path / "snapshots").iterdir())


BOMB = b"id,x\n" + b"1,2\n" * 300_000


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (gzip.compress(BOMB), "says that it unpacks to more than 1,000,000 bytes"),
        (gzip.compress(BOMB) + gzip.compress(b"1,2\n"), "unpacks to more than 1,000,000 bytes"),
        (zipped(("t.csv", BOMB)), "unpacks to more than 1,000,000 bytes"),
        (zstd(BOMB), "unpacks to more than 1,000,000 bytes"),
        (gzip.compress(CSV, mtime=0)[:-12], "is a damaged gzip archive|or it was cut off"),
        (b"\x1f\x8b", "is a damaged gzip archive"),
        (b"PK\x03\x04" + b"\0" * 30, "is a damaged zip archive"),
        (b"\x28\xb5\x2f\xfd" + b"\0" * 3, "is a damaged zstd archive"),
        (zipped(("a.csv", CSV), ("b.csv", CSV)), "holds 2 files: 'a.csv', 'b.csv'"),
        (zipped(("[Content_Types].xml", b"<x/>"), ("sheet.xml", b"<x/>")), "is an Office document"),
        (gzip.compress(gzip.compress(CSV)), "is a gzip archive, not CSV or Parquet"),
        (gzip.compress(b"%PDF-1.7"), "is a PDF document"),
        (gzip.compress(b""), "is empty"),
    ],
    ids=[
        "gzip",
        "gzip of two",
        "zip",
        "zstd",
        "cut off",
        "gzip head",
        "zip head",
        "zstd head",
        "two files",
        "Office",
        "twice",
        "PDF",
        "empty",
    ],
)
def test_an_archive_that_is_no_table_leaves_nothing(tmp_path, content, sentence):
    with pytest.raises(DataError, match=sentence):
        fetched(tmp_path, content, largest=1_000_000)
    assert list((tmp_path / "snapshots").iterdir()) == []


def test_an_encrypted_zip_is_refused(tmp_path):
    content = bytearray(zipped(("t.csv", CSV)))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DataError, match="is encrypted"):
        fetched(tmp_path, bytes(content))


def test_a_pin_is_that_of_the_archive(tmp_path):
    content = gzip.compress(CSV)
    (tmp_path / "t.csv.gz").write_bytes(content)
    pin = hashlib.sha256(content).hexdigest()
    assert fetch(f"{tmp_path}/t.csv.gz#sha256={pin}", tmp_path / "s").size == len(CSV)
    with pytest.raises(DataError, match="is not what its pin says"):
        fetch(f"{tmp_path}/t.csv.gz#sha256={'0' * 64}", tmp_path / "s")


def test_the_home_of_the_user_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "t.csv").write_bytes(CSV)
    assert fetch("~/t.csv", tmp_path / "s", folder=tmp_path / "elsewhere").size == len(CSV)


def folder_of(tmp_path: Path, **parts: bytes) -> Path:
    folder = tmp_path / "parts"
    for name, content in {"_SUCCESS": b"", ".crc": b"x", **parts}.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_a_folder_of_parquet_parts_is_one_table(tmp_path):
    folder = folder_of(tmp_path, b=parquet(TABLE[2:]), a=parquet(TABLE[:2].astype({"x": "float32"})))
    first = fetch(str(folder), tmp_path / "s")
    pd.testing.assert_frame_equal(read(first.path), TABLE)
    assert fetch(str(folder), tmp_path / "again").digest == first.digest


def test_hive_folders_are_columns(tmp_path):
    parts = {
        "day=2024-01%2D01__n=1__a": parquet(TABLE[:1]),
        "day=2024-01-02__n=2__b": parquet(TABLE[1:2]),
    }
    folder = folder_of(tmp_path, **parts)
    (folder / "day=__HIVE_DEFAULT_PARTITION__" / "n=3").mkdir(parents=True)
    (folder / "day=__HIVE_DEFAULT_PARTITION__" / "n=3" / "c").write_bytes(parquet(TABLE[2:]))
    table = read(fetch(str(folder), tmp_path / "s").path)
    assert table["day"].tolist() == ["2024-01-01", "2024-01-02", None]
    assert table["n"].tolist() == [1, 2, 3]
    assert table["id"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({}, "is a directory, not a file, and holds no Parquet parts"),
        ({"a": CSV}, "'a' in it is no Parquet part"),
        ({"a": parquet(TABLE), "b": parquet(TABLE.drop(columns="x"))}, "'b' and 'a' differ in 'x'"),
        ({"a": parquet(TABLE), "b": parquet(TABLE.assign(x="one"))}, "have columns of different types"),
        ({"d=1__a": parquet(TABLE), "b": parquet(TABLE)}, "name different columns"),
        ({"x=1__a": parquet(TABLE)}, "has 'x' as a folder and as a column"),
        ({"a": parquet(TABLE)[:-20]}, "cannot be read as Parquet parts"),
    ],
    ids=["nothing", "CSV", "columns", "types", "folders", "twice", "cut off"],
)
def test_a_folder_that_is_no_table_is_refused(tmp_path, parts, sentence):
    with pytest.raises(DataError, match=sentence):
        fetch(str(folder_of(tmp_path, **parts)), tmp_path / "s")
    assert list((tmp_path / "s").iterdir()) == []


def test_parts_together_are_held_to_the_budget(tmp_path, monkeypatch):
    monkeypatch.setattr("gates.work.data.budget.MOST_CELLS", 11)
    with pytest.raises(DataError, match="holds 6 rows of 2 columns, 12 values; at most 11 are read"):
        fetch(str(folder_of(tmp_path, a=parquet(TABLE), b=parquet(TABLE))), tmp_path / "s")


@pytest.mark.parametrize("address", ["s3://bucket/t.csv.gz", "abfss://data@account.dfs.core.windows.net/t.csv.gz"])
def test_a_store_is_read_by_the_library_that_knows_it(tmp_path, monkeypatch, address):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(CSV))
    opened = []

    def from_uri(uri):
        opened.append(uri)
        return fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem()), "t.csv.gz"

    monkeypatch.setattr(stores, "_from_uri", from_uri)
    pd.testing.assert_frame_equal(read(fetch(address, tmp_path / "s").path), TABLE)
    assert opened == [address]


def test_a_store_without_its_library_says_which(tmp_path):
    with pytest.raises(MissingExtra, match="a source azureml: needs azureml-fsspec, which is not installed"):
        fetch("azureml://subscriptions/1/datastores/d/paths/t.csv", tmp_path / "s")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("s3://key:secret@bucket/t.csv", "carries a user or a password"),
        ("abfss://nothing", "cannot be opened"),
        ("ftp://host/t.csv", "is not an https URL"),
    ],
)
def test_an_address_that_cannot_be_opened_keeps_its_secrets(tmp_path, address, sentence):
    with pytest.raises(DataError, match=sentence) as refusal:
        fetch(address, tmp_path / "s")
    assert "secret" not in str(refusal.value)


def test_a_store_that_fails_on_the_way_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "_from_uri", lambda _: (fs.LocalFileSystem(), str(tmp_path / "absent.csv")))
    with pytest.raises(DataError, match=r"s3://bucket/t\.csv cannot be read"):
        fetch("s3://bucket/t.csv", tmp_path / "s")
