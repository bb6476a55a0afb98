"""Scoring services that Gates did not build, one for each usual form of requests: small, but with a real model behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

Predict = Callable[[pd.DataFrame], list]


def train(*, texts: bool) -> tuple[SimpleNamespace, Predict]:
    """Return the golden rows of a model and its ``predict``; with ``texts`` one of its columns holds words and one is Unicode."""
    random = np.random.default_rng(3)
    table = pd.DataFrame({"a": random.normal(size=60), "größe": random.integers(0, 9, size=60)})
    if texts:
        table["=colour"] = random.choice(["red", "blue"], size=60)
    truth = np.where(table["a"] + (table["größe"] > 4) > 0.5, "high", "low")
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["=colour"] if texts else []), remainder="passthrough"
    )
    model = make_pipeline(encoder, LogisticRegression()).fit(table, truth)

    def predict(rows: pd.DataFrame) -> list:
        if not len(rows) or set(rows.columns) != set(table.columns):
            raise ValueError(f"wanted the columns {list(table.columns)}")
        rows = rows.astype({name: table[name].dtype for name in table.columns})
        return model.predict(rows[table.columns]).tolist()

    few = table.head(6)
    golden = SimpleNamespace(
        rows=json.loads(few.to_json(orient="records")),
        matrix=None if texts else few.to_numpy(float).tolist(),
        predictions=predict(few),
        probabilities=model.predict_proba(few).tolist(),
    )
    predict.columns = list(table.columns)  # type: ignore[attr-defined]
    assert set(golden.predictions) == {"high", "low"}
    return golden, predict


def rows(content, predict):
    return predict(pd.DataFrame(content["data"], columns=predict.columns))


def mlflow(content, predict):
    return {"predictions": predict(pd.DataFrame(**content["dataframe_split"]))}


def azure(content, predict):
    return predict(pd.DataFrame(**content["input_data"]))


def records(content, predict):
    return {"answers": [{"labels": predict(pd.DataFrame(content["instances"]))}]}


def kserve(content, predict):
    (tensor,) = content["inputs"]
    table = np.array(tensor["data"], dtype=float).reshape(tensor["shape"])
    return tensors(predict(pd.DataFrame(table, columns=predict.columns)))


def kserve_columns(content, predict):
    columns = {}
    for tensor in content["inputs"]:
        kind = {"FP64": float, "INT64": np.int64, "BYTES": object}[tensor["datatype"]]
        columns[tensor["name"]] = np.array(tensor["data"], dtype=kind).reshape(tensor["shape"])[:, 0]
    return tensors(predict(pd.DataFrame(columns)))


def tensors(labels):
    output = {"name": "predict", "shape": [len(labels), 1], "datatype": "BYTES", "data": labels}
    return {"model_name": "toy", "outputs": [output]}


SERVERS = {
    "rows": rows,
    "mlflow": mlflow,
    "azure": azure,
    "kserve-v2": kserve,
    "kserve-v2-columns": kserve_columns,
    '{"instances": "$records", "version": 2}': records,
}


def serve(form: str, predict: Predict, toys, change: Callable[[object], object] = lambda answer: answer):
    """Return what a service of a form responds; ``change`` bends its sound answers."""

    def respond(asked):
        if asked.method == "GET":
            return toys.Reply(200, b"ok")
        try:
            content = json.loads(asked.body, parse_constant=lambda name: 1 / 0)
            answer = SERVERS[form](content, predict)
        except Exception as error:  # whatever pandas, numpy or the model says of the request
            return toys.Reply(400, json.dumps({"error": type(error).__name__}).encode())
        return toys.Reply(200, json.dumps(change(answer)).encode(), {"Content-Type": "application/json"})

    return respond
