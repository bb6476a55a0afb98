"""pandera with the schema that it infers from the reference. data: the checks that fail, by column."""

import pandera.pandas as pa
from pairs import DataFrame, answer


def data(reference: DataFrame, current: DataFrame) -> list[str]:
    schema = pa.infer_schema(reference)
    try:
        schema.validate(current, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        return sorted(
            {f"{column} {check}"[:120] for column, check in zip(cases["column"], cases["check"], strict=True)}
        )
    return []


answer(data=data)
