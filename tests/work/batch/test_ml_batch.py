"""Batch scoring answers as the endpoint does, whatever the form of the file, with the model that was meant."""

import json
from dataclasses import replace

import pandas
import pytest
from batch_files import endpoint, read

from gates.work.batch import reading
from gates.work.batch.__main__ import main
from gates.work.batch.models import open_model
from gates.work.batch.rows import read_rows
from gates.work.batch.scoring import score
from gates.work.errors import ArtifactError
from gates.work.model.artifact import load
from gates.work.records import Spelling
from gates.work.serving.scorer import write_identity


def test_every_row_gets_the_answer_of_the_endpoint(model, mixed, tmp_path):
    out = tmp_path / "out.csv"
    done = score(model, mixed.batch, out)
    header, *rows = read(out)
    assert header == ["row", "plant", "prediction"]
    given = pandas.read_csv(mixed.batch, dtype={"plant": str})
    assert done.rows == len(rows) == len(given)
    for (row, plant, prediction), (place, record) in zip(rows, given.iterrows(), strict=True):
        values = {
            "height": record.height,
            "width": None if pandas.isna(record.width) else record.width,
            "wild": bool(record.wild),
            "soil": record.soil,
        }
        assert (int(row), plant, prediction) == (place + 1, record.plant, endpoint(model, values))


def test_rows_without_a_key_are_numbered_and_have_no_id(make, plants, tmp_path):
    made = make(plants, id="")
    model, out = load(made.model, made.digest), tmp_path / "out.csv"
    assert model.signature.identified_by == ("height", "plant", "remark", "seen", "soil", "width", "wild")
    assert "rows are identified by their content" in made.facts["notes"]
    done = score(model, made.batch, out)
    header, *rows = read(out)
    assert header == ["row", "prediction"]
    assert [int(row) for row, _ in rows] == list(range(1, done.rows + 1))


def test_probabilities_are_those_of_the_model(model, mixed, tmp_path):
    out = tmp_path / "out.parquet"
    score(model, mixed.batch, out, probabilities=True)
    found = pandas.read_parquet(out)
    assert list(found.columns) == ["row", "plant", "prediction", "probability_fern", "probability_moss"]
    shares = found[["probability_fern", "probability_moss"]]
    assert (abs(shares.sum(axis=1) - 1) < 1e-9).all()
    assert list(shares.idxmax(axis=1).str.removeprefix("probability_")) == list(found["prediction"])


def test_csv_and_parquet_give_the_same(model, mixed, tmp_path):
    frame = pandas.read_csv(mixed.batch, dtype={"plant": str})
    frame.to_parquet(tmp_path / "in.parquet")
    score(model, mixed.batch, tmp_path / "a.csv")
    score(model, tmp_path / "in.parquet", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_the_size_of_the_pieces_makes_no_difference(model, mixed, tmp_path, monkeypatch):
    score(model, mixed.batch, tmp_path / "whole.csv")
    monkeypatch.setattr(reading, "BLOCK", 600)
    assert sum(1 for _ in reading.chunks_of(mixed.batch, model.signature)) > 10
    score(model, mixed.batch, tmp_path / "pieces.csv")
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_other_columns_and_their_order_make_no_difference(model, write, tmp_path):
    score(model, write("a,0.5,1,true,clay"), tmp_path / "a.csv")
    score(
        model,
        write("x,clay,true,1,0.5,a", header="other,soil,wild,width,height,plant", name="b.in"),
        tmp_path / "b.csv",
    )
    assert read(tmp_path / "a.csv") == read(tmp_path / "b.csv")


def test_rows_without_an_id_are_known_by_their_number(model, write, tmp_path):
    score(model, write("0.5,1,true,clay", header="height,width,wild,soil"), tmp_path / "out.csv")
    assert read(tmp_path / "out.csv")[1][:2] == ["1", ""]


def test_an_account_names_model_data_and_output(model, mixed, digest_of, tmp_path):
    done = score(model, mixed.batch, tmp_path / "out.csv")
    account = json.loads((tmp_path / "out.csv.json").read_text())
    assert account["digest"] == mixed.digest
    assert account["data"] == digest_of(mixed.batch)
    assert account["output"] == digest_of(tmp_path / "out.csv") == done.output
    assert (account["rows"], account["refused"]) == (240, 0)


def test_a_model_is_found_as_a_file_and_as_a_folder(mixed, tmp_path):
    assert open_model(str(mixed.model), tmp_path).digest == mixed.digest
    folder = tmp_path / "deployment"
    folder.mkdir()
    (folder / "model.skops").write_bytes(mixed.model.read_bytes())
    write_identity(folder, mixed.identity, max_rows=1)
    assert open_model(str(folder), tmp_path).digest == mixed.digest


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("nowhere.skops", "cannot be read"),
        ("plants@7", "is not in the ledger of .*holds no registry"),
        ("data.pkl", "pickle"),
    ],
)
def test_a_model_that_is_not_there_or_is_none_is_told(tmp_path, monkeypatch, which, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.pkl").write_bytes(b"\x80\x04model")
    with pytest.raises(ArtifactError, match=expected):
        open_model(which, tmp_path / "home")


def test_a_model_with_another_digest_is_refused(mixed, tmp_path):
    with pytest.raises(ArtifactError, match="does not hold the model that was meant"):
        open_model(str(mixed.model), tmp_path, digest="sha256:" + "0" * 64)


def test_the_command_scores_and_says_so(mixed, tmp_path, capsys):
    options = ["--model", str(mixed.model), "--data", str(mixed.batch), "--out", str(tmp_path / "out.csv")]
    assert main(options) == 0
    assert f"240 rows scored with plants {mixed.digest[7:19]}" in capsys.readouterr().out
    assert main(options) == 3
    assert "is there already" in capsys.readouterr().err


def test_rows_carry_the_ids_of_a_key_of_several_columns(model, write):
    signature = replace(model.signature, id="shop + plant", key=("shop", "plant"))
    path = write("S1,007,1,2,true,clay", "S1,,1,2,true,clay", header="shop,plant,height,width,wild,soil")
    (chunk,) = reading.chunks_of(path, signature)
    assert read_rows(chunk, signature).ids == ["S1|007", None]
    (chunk,) = reading.chunks_of(write("1,2,true,clay", header="height,width,wild,soil"), signature)
    assert read_rows(chunk, signature).ids == [None]


def test_numbers_are_spelt_as_when_the_model_was_trained(model, write):
    path = write('"1.234,5",2,true,clay', header="height,width,wild,soil")
    signature = replace(model.signature, spelling=Spelling(decimal=",", thousands="."))
    (chunk,) = reading.chunks_of(path, signature)
    assert read_rows(chunk, signature).frame["height"].tolist() == [1234.5]
    (chunk,) = reading.chunks_of(write('"1,234.5",2,true,clay', header="height,width,wild,soil"), model.signature)
    assert read_rows(chunk, model.signature).frame["height"].tolist() == [1234.5]


def test_missing_is_spelt_as_when_the_model_was_trained(model, write):
    path = write("1,2,true,NA", header="height,width,wild,soil")
    for missing, soil in ((model.signature.missing, None), (("",), "NA")):
        (chunk,) = reading.chunks_of(path, replace(model.signature, missing=missing))
        assert chunk.rows.column("soil").to_pylist() == [soil]
