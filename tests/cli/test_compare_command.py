"""`gates compare`: files of predictions from anywhere, aligned or refused, and an exit code for each answer."""

import json

import numpy as np
import pandas as pd
import pytest

from gates.cli import main

N = 400
RNG = np.random.default_rng(5)
Y = RNG.choice(["cat", "dog", "eel"], N, p=[0.5, 0.3, 0.2])
IDS = [f"row{place:04}" for place in range(N)]


def answers(share, seed, y=Y):
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(y)) < share, y, rng.choice(np.unique(y), len(y)))


def shares(strength, seed):
    raised = np.exp(np.random.default_rng(seed).normal(0, 1, (N, 3)) + strength * (Y[:, None] == ["cat", "dog", "eel"]))
    return pd.DataFrame(raised / raised.sum(axis=1, keepdims=True), columns=["cat", "dog", "eel"])


GOOD, POOR = answers(0.9, 1), answers(0.5, 2)


@pytest.fixture
def ask(tmp_path, capsys):
    """Write three tables and ask; gives the exit code, everything that was printed, and the JSON document."""

    def go(truth, champion, challenger, *options, metric="accuracy", margin="0.05", suffix=".csv", raw=()):
        said = []
        for name, held in (("truth", truth), ("champion", champion), ("challenger", challenger)):
            path = tmp_path / f"{name}{suffix}"
            if isinstance(held, (str, bytes)):
                path.write_bytes(held.encode() if isinstance(held, str) else held)
            elif held is not None:
                frame = held if isinstance(held, pd.DataFrame) else pd.DataFrame({name: held})
                frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
            said += [f"--{name}", str(path)]
        account = tmp_path / "found.json"
        asked = ["compare", *said, "--metric", metric, "--margin", margin, "--json", str(account), *options]
        try:
            code = main(asked)
        except SystemExit as stopped:
            code = stopped.code
        told = capsys.readouterr()
        document = json.loads(account.read_text(encoding="utf-8")) if account.exists() else {}
        return code, " ".join((told.out + told.err).split()), document

    return go


def test_several_columns_may_identify_a_row_together(ask):
    key = pd.DataFrame({"store": [f"S{place % 20}" for place in range(N)], "day": [place // 20 for place in range(N)]})
    shuffled = key.assign(p=GOOD).sample(frac=1, random_state=1)
    code, text, document = ask(key.assign(y=Y), key.assign(p=POOR), shuffled, "--id", "store,day")
    assert (code, document["id"]) == (0, "store + day"), text
    code, text, _ = ask(key.assign(y=Y), key.assign(p=POOR), shuffled.assign(day=0), "--id", "store,day")
    assert code == 3
    assert "names 20 ids more than once: S0|0, S10|0" in text
    code, text, _ = ask(key.assign(y=Y), key.assign(p=POOR), shuffled, "--id", "store,hour")
    assert code == 3
    assert "has no column 'hour'" in text


def test_better_and_no_worse_end_with_0(ask):
    code, text, document = ask(Y, POOR, GOOD)
    assert code == 0
    assert "n = 400" in text
    assert "better; rows taken in their order" in text
    assert (document["schema"], document["decision"], document["passed"], document["n"]) == (1, "better", True, N)
    assert document["files"]["truth"]["digest"].startswith("sha256:")
    assert ask(Y, GOOD, GOOD)[2]["decision"] == "no_worse"


def test_worse_ends_with_1_and_says_proved(ask):
    code, text, document = ask(Y, GOOD, POOR)
    assert (code, document["decision"]) == (1, "worse")
    assert "proved worse" in text


def test_too_few_rows_end_with_1_and_say_how_many_it_needs(ask):
    code, text, document = ask(Y[:40], answers(0.7, 1)[:40], answers(0.7, 2)[:40], margin="0.01")
    assert (code, document["decision"]) == (1, "inconclusive")
    assert f"too few rows to tell, it needs n >= {document['needed_n']:,}" in text


def test_codes_that_are_the_same_number_stay_different_labels(ask):
    codes = np.where(Y == "cat", "010", np.where(Y == "dog", "10", "11"))
    confused = np.where(codes == "010", "10", codes)
    code, _, document = ask(codes, codes, confused, margin="0.05")
    assert (code, document["decision"]) == (1, "worse")
    twice = np.where(Y == "cat", "100000", np.where(Y == "dog", "1e5", "11"))
    assert ask(twice, twice, np.where(twice == "1e5", "100000", twice))[2]["decision"] == "worse"
    joined = np.where(Y == "cat", "1_0", np.where(Y == "dog", "10", "11"))
    assert ask(joined, joined, np.where(joined == "1_0", "10", joined))[2]["decision"] == "worse"


def test_whole_numbers_are_the_same_label_with_and_without_a_point(ask):
    whole = np.where(Y == "cat", "1", np.where(Y == "dog", "2", "3"))
    pointed = np.char.add(whole, ".0")
    assert ask(whole, pointed, whole)[2]["difference"] == 0


@pytest.mark.parametrize("name", ["truth", "champion", "challenger"])
def test_the_answer_never_overwrites_a_file_that_was_asked_about(ask, tmp_path, name):
    assert ask(Y, POOR, GOOD)[0] == 0
    held = (tmp_path / f"{name}.csv").read_bytes()
    code, text, _ = ask(Y, POOR, GOOD, "--json", str(tmp_path / "." / f"{name}.csv"))
    assert code == 2
    assert f"is the file of --{name}, which it would overwrite name another file" in text
    assert (tmp_path / f"{name}.csv").read_bytes() == held


def test_of_several_shared_columns_the_one_that_never_repeats_is_the_id(ask):
    order = np.random.default_rng(0).permutation(N)
    tables = [pd.DataFrame({"key": IDS, "label": held}) for held in (Y, POOR, GOOD)]
    code, text, document = ask(tables[0], tables[1].iloc[order], tables[2])
    assert code == 0
    assert "rows aligned by 'key'" in text
    assert document["difference"] == ask(Y, POOR, GOOD)[2]["difference"]


def test_rows_are_aligned_by_the_column_that_the_files_share(ask):
    order = np.random.default_rng(0).permutation(N)
    named = [pd.DataFrame({"key": IDS, name: held}) for name, held in (("y", Y), ("old", POOR), ("new", GOOD))]
    shuffled = ask(named[0], named[1].iloc[order], named[2].iloc[order[::-1]])
    assert shuffled[0] == 0
    assert "rows aligned by 'key'" in shuffled[1]
    assert shuffled[2]["difference"] == ask(Y, POOR, GOOD)[2]["difference"]


def test_ids_of_parquet_and_csv_are_spelt_alike_and_numbers_are_labels(ask, tmp_path):
    y = RNG.integers(0, 3, N)
    frames = [
        pd.DataFrame({"id": np.arange(N), "label": y}),
        pd.DataFrame({"id": np.arange(N, dtype=float), "label": y * 1.0}),
    ]
    frames[1].to_parquet(tmp_path / "old.parquet")
    frames[1].to_parquet(tmp_path / "new.pq")
    code, text, _ = ask(
        frames[0],
        None,
        None,
        "--id",
        "id",
        "--champion",
        str(tmp_path / "old.parquet"),
        "--challenger",
        str(tmp_path / "new.pq"),
    )
    assert code == 0
    assert "0 rows differ; a fault in under 0.75% of the rows may be in none of these: no worse" in text


@pytest.mark.parametrize("metric", ["log_loss", "brier", "roc_auc_ovr", "average_precision", "accuracy", "macro_f1"])
def test_probability_columns_carry_class_names_in_any_order(ask, metric):
    code, _, straight = ask(Y, shares(0.5, 1), shares(3, 2), metric=metric)
    assert (code, straight["decision"]) == (0, "better")
    turned = ask(Y, shares(0.5, 1), shares(3, 2)[["eel", "cat", "dog"]], metric=metric)
    assert turned[2]["difference"] == straight["difference"]


def test_labels_and_probabilities_may_meet_where_labels_are_asked_for(ask):
    assert ask(Y, POOR, shares(3, 2))[0] == 0


def test_one_column_of_probabilities_is_that_of_the_second_of_two_classes(ask):
    y = RNG.integers(0, 2, N)
    old, new = RNG.random(N), np.clip(y * 0.6 + RNG.random(N) * 0.4, 0, 1)
    code, _, document = ask(y, old, new, metric="log_loss")
    assert (code, document["decision"]) == (0, "better")


def test_numbers_are_compared_by_a_metric_of_regression(ask):
    y = RNG.normal(10, 3, N)
    assert ask(y, y + RNG.normal(0, 2, N), y + RNG.normal(0, 1, N), metric="mae")[0] == 0


def test_groups_and_target_are_columns_of_truth(ask):
    truth = pd.DataFrame({"x": RNG.random(N), "label": Y, "patient": np.arange(N) // 4})
    code, text, document = ask(truth, POOR, GOOD, "--target", "label", "--groups", "patient")
    assert (code, document["groups"]) == (0, "patient")
    assert "paired bootstrap of 100 groups" in text


def with_ids(values, ids=IDS):
    return pd.DataFrame({"key": ids, "said": values})


TRUTH = pd.DataFrame({"key": IDS, "y": Y})
TWICE_KEYED = TRUTH.assign(row=range(N))[["key", "row", "y"]]
REPEATED = pd.DataFrame({"day": [f"day{place // 2}" for place in range(N)], "y": Y})
REFUSED = {
    "other ids": (
        (TRUTH, with_ids(POOR), with_ids(GOOD, [*IDS[:-1], "row9999"])),
        (),
        "lacks 1 ids of it: row0399 and has 1 that it does not have: row9999",
    ),
    "a missing row": (
        (TRUTH, with_ids(POOR), with_ids(GOOD[:-2], IDS[:-2])),
        (),
        "lacks 2 ids of it: row0398, row0399",
    ),
    "a doubled id": (
        (TRUTH, with_ids(POOR), with_ids(GOOD, [*IDS[:-1], IDS[0]])),
        (),
        "names 1 ids more than once: row0000",
    ),
    "an id that is missing": (
        (TRUTH, with_ids(POOR), with_ids(GOOD, [*IDS[:-1], None])),
        (),
        "lacks 1 of 400 entries of 'key'",
    ),
    "another length": (
        (Y, POOR, GOOD[:-1]),
        (),
        "the rows differ: truth truth.csv has 400, champion champion.csv has 400, challenger challenger.csv has 399",
    ),
    "a prediction that is missing": ((Y, POOR, [*GOOD[:-1], None]), (), "lacks 1 of 400 entries of 'challenger'"),
    "two shared columns that could be the id": (
        (TWICE_KEYED, TWICE_KEYED, TWICE_KEYED),
        (),
        "the files share the columns key, row, y; say with --id which one is the id",
    ),
    "shared columns that all repeat": (
        (REPEATED, REPEATED, REPEATED),
        (),
        "the files share the columns day, y; say with --id which one is the id",
    ),
    "no such id": ((TRUTH, with_ids(POOR), with_ids(GOOD)), ("--id", "uid"), "has no column 'uid'; it has key, y"),
    "no such target": ((Y, POOR, GOOD), ("--target", "z"), "has no column 'z'; it has truth"),
    "no such group": ((TRUTH, with_ids(POOR), with_ids(GOOD)), ("--groups", "z"), "has no column 'z'"),
    "two truths": ((TRUTH, POOR, GOOD), (), "has 2 columns that could be the truth: key, y; say which with --target"),
    "ids alone": ((TRUTH, with_ids(POOR), pd.DataFrame({"key": IDS})), ("--id", "key"), "has no column beside 'key'"),
    "labels of something else": (
        (Y, POOR, np.where(GOOD == "cat", "oak", "elm")),
        (),
        "no answer of challenger challenger.csv is a label of the truth: it says 'elm', 'oak'",
    ),
    "another spelling": (
        (Y, POOR, np.char.upper(GOOD)),
        (),
        "challenger challenger.csv spells 3 labels of the truth otherwise ('CAT' for 'cat', 'DOG' for 'dog', 'EEL' for 'eel')",
    ),
    "no header": (("\n".join(Y), POOR, GOOD), (), "has no header: its first line is"),
    "semicolons": (
        ("id;y\n" + "\n".join(f"{i};{y}" for i, y in zip(IDS, Y, strict=True)), POOR, GOOD),
        (),
        "wanted columns parted by commas",
    ),
    "a doubled header": (("y,y\n" + "a,b\n" * N, POOR, GOOD), (), "names y more than once in its header"),
    "ragged rows": (("y\n" + "a,b\n" * N, POOR, GOOD), (), "rows with more entries than its header"),
    "an empty file": (("", POOR, GOOD), (), "truth truth.csv is empty"),
    "no rows": (("y\n", POOR, GOOD), (), "truth truth.csv has no rows"),
    "no text": ((b"y\n\xff\xfe\x00\x01\n", POOR, GOOD), (), "truth truth.csv cannot be read"),
    "one row": ((Y[:1], POOR[:1], GOOD[:1]), (), "a comparison needs at least two"),
    "one class": ((["cat"] * N, ["cat"] * N, ["cat"] * N), (), "needs at least two classes"),
    "labels for a score": ((Y, POOR, GOOD), ("--metric", "log_loss"), "are no numbers"),
    "shares that do not add up": ((Y, shares(1, 1), shares(1, 1) / 2), ("--metric", "brier"), "do not add up to 1"),
    "a class without a column": (
        (Y, shares(1, 1), shares(1, 1).rename(columns={"eel": "fox"})),
        ("--metric", "r2"),
        "has 3 columns of predictions; r2 wants one",
    ),
    "one file with shares": (
        (Y, shares(1, 1), RNG.random(N)),
        ("--metric", "brier"),
        "has one column; brier wants a probability for each class",
    ),
    "a share that is missing": (
        (Y, shares(1, 1), shares(1, 1).mask(shares(1, 1) > 0.99, None).assign(cat=np.nan)),
        ("--metric", "brier"),
        "missing or infinite",
    ),
    "infinite numbers": (
        (np.arange(N) + 0.5, np.arange(N) + 0.5, [*(np.arange(N - 1) + 0.5), np.inf]),
        ("--metric", "mae"),
        "missing or infinite",
    ),
    "text for numbers": (
        (np.arange(N) + 0.5, np.arange(N) + 0.5, ["much"] * N),
        ("--metric", "mae"),
        "400 entries of 'challenger' that are no numbers",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_compared_ends_with_3_and_a_sentence(ask, fault):
    tables, options, sentence = REFUSED[fault]
    code, text, document = ask(*tables, *options)
    assert sentence in text
    assert (code, document) == (3, {})
    assert "Traceback" not in text


def test_a_file_that_is_absent_or_of_another_kind_ends_with_3(ask, tmp_path):
    code, text, _ = ask(Y, POOR, None)
    assert (code, "No such file" in text) == (3, True)
    code, text, _ = ask(Y, POOR, GOOD, "--challenger", str(tmp_path / "model.pkl"))
    assert (code, "model.pkl is no .csv or .parquet or .pq file" in text) == (3, True)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing else")
    code, text, _ = ask(Y, POOR, GOOD, "--challenger", str(tmp_path / "bad.parquet"))
    assert (code, "bad.parquet cannot be read" in text) == (3, True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--metric", "acuracy"), "did you mean 'accuracy'?"),
        (("--margin", "-0.1"), "is no margin"),
        (("--margin", "nan"), "is no margin"),
        (("--margin", "much"), "invalid"),
        (("--level", "0.4"), "is no level"),
        (("--level", "95"), "is no level"),
        (("--with", "nowhere:at_all"), "--with nowhere:at_all cannot be imported"),
        (("--with", "json"), "cannot be imported"),
    ],
)
def test_a_question_that_makes_no_sense_ends_with_2(ask, options, sentence):
    code, text, _ = ask(Y, POOR, GOOD, *options)
    assert (code, sentence in text) == (2, True), text


def test_class_numbers_are_no_quantities(ask):
    y = RNG.integers(0, 3, N)
    code, text, _ = ask(y, y, (y + 1) % 3, metric="mse")
    assert code == 2
    assert "computes with the numbers of the classes" in text


def test_a_document_that_cannot_be_written_ends_with_3_and_tells_the_decision(ask, tmp_path):
    code, text, _ = ask(Y, POOR, GOOD, "--json", str(tmp_path / "no" / "where.json"))
    assert code == 3
    assert "the decision was: better" in text


UMLAUT = np.where(Y == "cat", "j\u00e4", Y)  # composed, as keyboards write it


@pytest.mark.parametrize(
    "spelt",
    ["ja\u0308", " j\u00e4", "j\u00e4\u00a0", "J\u00c4", " JA\u0308 "],
    ids=["decomposed", "space", "nbsp", "case", "all"],
)
@pytest.mark.parametrize("side", ["champion", "challenger"])
def test_a_label_in_another_spelling_is_no_wrong_answer(ask, spelt, side):
    """A champion whose labels are decomposed counted as wrong there, and a model 21 points worse was better."""
    right, worse = np.where(UMLAUT == "j\u00e4", spelt, UMLAUT), np.where(RNG.random(N) < 0.21, "eel", UMLAUT)
    pair = (right, worse) if side == "champion" else (worse, right)
    code, text, _ = ask(UMLAUT, *pair)
    assert code == 3
    assert f"{side} {side}.csv spells 1 labels of the truth otherwise ({spelt!a} for 'j\\xe4')" in text


def test_a_column_of_probabilities_in_another_spelling_is_refused(ask):
    frame = shares(2, 1).rename(columns={"cat": "CAT"})
    code, text, _ = ask(Y, frame, shares(2, 2), metric="log_loss")
    assert (code, "spells 1 labels of the truth otherwise ('CAT' for 'cat')" in text) == (3, True)


def test_answers_that_are_no_label_of_the_truth_are_counted(ask):
    code, text, document = ask(Y, GOOD, np.where(np.arange(N) < 7, "gnu", GOOD))
    assert (code, document["decision"]) == (0, "no_worse")
    assert "7 answers of the challenger are no label of the truth" in text


def test_a_group_makes_rows_one_piece_of_evidence(ask):
    truth = pd.DataFrame({"y": np.repeat(Y[:60], 5), "patient": np.repeat(np.arange(60), 5)})
    champion, challenger = np.repeat(answers(0.7, 1)[:60], 5), np.repeat(answers(0.7, 2)[:60], 5)
    _, text, document = ask(truth, champion, challenger, "--group", "patient")
    assert (document["n"], document["rows"], document["groups"], document["clusters"]) == (60, 300, "patient", 60)
    assert "n = 60 groups of 300 rows" in text
    few = ask(truth[:50], champion[:50], challenger[:50], "--groups", "patient")
    assert (few[0], few[2]["decision"]) == (1, "inconclusive")
    assert "10 groups are too few for an interval, wanted 20" in few[1]


def test_a_weight_says_how_much_a_row_counts(ask):
    lost = np.where(np.arange(N) < 10, "gnu", Y)
    truth = pd.DataFrame({"y": Y, "w": np.where(np.arange(N) < 10, 40, 1)})
    assert ask(truth[["y"]], Y, lost)[2]["decision"] == "no_worse"
    code, _, document = ask(truth, Y, lost, "--weight", "w")
    assert (code, document["decision"], document["weight"]) == (1, "worse", "w")
    assert document["challenger"] == pytest.approx(390 / 790)


def test_weights_that_are_missing_or_negative_end_with_3(ask):
    assert "lacks 400 of 400 entries of 'w'" in ask(pd.DataFrame({"y": Y, "w": np.nan}), Y, Y, "--weight", "w")[1]
    code, text, _ = ask(pd.DataFrame({"y": Y, "w": -1}), Y, Y, "--weight", "w")
    assert (code, "weights holds 400 negative entries" in text) == (3, True)


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "N/A"])
def test_a_label_that_reads_as_missing_is_missing_here_as_in_training(ask, tmp_path, word):
    named = np.where(Y == "cat", word, Y)
    code, text, _ = ask(named, named, named)
    assert code == 3
    assert (
        "; read as missing are '', 'NaN', 'nan', 'null', 'NULL', 'NA', 'N/A', '#N/A', 'None' ([tool.ml] missing says otherwise)"
        in text
    )
    policy = tmp_path / "own.toml"
    policy.write_text('[tool.ml]\nmissing = [""]\n', encoding="utf-8")
    assert ask(named, named, named, "--policy", str(policy))[0] == 0


def test_a_spelling_of_missing_that_is_none_ends_with_2(ask, tmp_path):
    policy = tmp_path / "own.toml"
    policy.write_text('[tool.ml]\nmissing = "NA"\n', encoding="utf-8")
    code, text, _ = ask(Y, Y, Y, "--policy", str(policy))
    assert (code, "[tool.ml] missing is 'NA', wanted a list of texts" in text) == (2, True)


def test_a_typed_file_knows_missing_values_by_itself(ask):
    named = np.where(Y == "cat", "NA", Y)
    assert ask(named, named, named, suffix=".parquet")[0] == 0
