"""The names for those who write work, checks or tools of their own: everything else may change without notice.

The protocols `Work`, `Batch`, `Trained`, `Served` and `Deployment` are what the engine needs from the work that it gates;
`Serving` is what `gates verify` needs besides, `ChecksParams` what `gates run` uses where it is there. `Evidence`, `Bound`,
`CheckResult` and `Reason` are what a verdict is made of. The errors say by their class how a command ends: see
`GatesError.exit_code`. Importing this module loads no data library.
"""

from __future__ import annotations

from gates.errors import (
    BackendError,
    ConfigError,
    DigestMismatch,
    GatesError,
    MissingExtra,
    NothingKept,
    PromotionRefused,
    SubjectError,
)
from gates.evidence import Bound, Evidence, Kind
from gates.judgement.judge import CheckResult
from gates.ports import Batch, ChecksParams, Deployment, Served, Serving, Trained, Work
from gates.reason import Code, Reason
from gates.run import Outcome

__all__ = [
    "BackendError",
    "Batch",
    "Bound",
    "CheckResult",
    "ChecksParams",
    "Code",
    "ConfigError",
    "Deployment",
    "DigestMismatch",
    "Evidence",
    "GatesError",
    "Kind",
    "MissingExtra",
    "NothingKept",
    "Outcome",
    "PromotionRefused",
    "Reason",
    "Served",
    "Serving",
    "SubjectError",
    "Trained",
    "Work",
]
