"""evidently with its presets as they come. drift: {name: alarm}; data: the ids of the tests that fail."""

from evidently import Dataset, Report
from evidently.presets import DataDriftPreset, DataSummaryPreset
from pairs import DataFrame, answer


def drift(reference: DataFrame, current: DataFrame) -> dict[str, bool]:
    found = Report([DataDriftPreset()], include_tests=True).run(
        Dataset.from_pandas(current), Dataset.from_pandas(reference)
    )
    failed = [test["metric_config"]["params"]["type"].split(":")[-1] for test in found.dict()["tests"] if _failed(test)]
    return {"evidently, dataset": "DriftedColumnsCount" in failed, "evidently, any column": "ValueDrift" in failed}


def data(reference: DataFrame, current: DataFrame) -> list[str]:
    presets = [DataSummaryPreset(), DataDriftPreset()]
    found = Report(presets, include_tests=True).run(Dataset.from_pandas(current), Dataset.from_pandas(reference))
    return sorted(
        {f"{test['id']} {test['metric_config']['metric_id']}" for test in found.dict()["tests"] if _failed(test)}
    )


def _failed(test: dict[str, object]) -> bool:
    return str(test["status"]).split(".")[-1] in ("FAIL", "ERROR")


answer(drift=drift, data=data)
