"""alibi-detect's MMDDrift, which needs torch. drift: {name: alarm} at its default level and at 1 %."""

import warnings

import torch
from alibi_detect.cd import MMDDrift
from pairs import DataFrame, answer

warnings.simplefilter("ignore")
torch.set_num_threads(1)


def drift(reference: DataFrame, current: DataFrame) -> dict[str, bool]:
    torch.manual_seed(0)
    x, z = reference.to_numpy(dtype="float32"), current.to_numpy(dtype="float32")
    p = float(MMDDrift(x, backend="pytorch", n_permutations=500).predict(z)["data"]["p_val"])
    return {"alibi MMD, 5 %": p < 0.05, "alibi MMD, 1 %": p < 0.01}


answer(drift=drift)
