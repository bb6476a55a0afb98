"""`gates policy`: print the policy that decides, with everything that it extends, and the origin of each line."""

from __future__ import annotations

import argparse
import json

from gates.cli.options import Commands, command, policy_of
from gates.policy.layers import Effective, read_effective
from gates.policy.reader import build_policy
from gates.policy.records import Policy
from gates.policy.rendering import render_effective
from gates.policy.schema import SHIPPED
from gates.printing import printable_json

SCHEMA = 1


def add(commands: Commands) -> None:
    """Add the parser of `gates policy` to the commands."""
    parser = command(commands, "policy", "print the policy that decides, and where each line of it comes from")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--schema",
        action="store_true",
        help="print the JSON Schema of [tool.gates] and [tool.ml], for editors and tools",
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print the effective policy, or the JSON Schema, and return 0. Raises `ConfigError` with every fault of the policy."""
    if options.schema:
        print(SHIPPED.read_text(encoding="utf-8"), end="")
        return 0
    effective = read_effective(policy_of(options))
    policy = build_policy(effective)
    if options.json:
        print(printable_json(json.dumps(_describe(effective, policy), indent=2, ensure_ascii=False, default=str)))
    else:
        print(f"# What {effective.source.name} and all that it extends decide together: policy {policy.digest}\n")
        print(printable_json(render_effective(effective)), end="")
    return 0


def _describe(effective: Effective, policy: Policy) -> dict[str, object]:
    origins = [{"path": list(path), "origin": origin} for path, origin in effective.origins.items()]
    return {
        "schema": SCHEMA,
        "file": effective.source.name,
        "digest": str(policy.digest),
        "gates": effective.gates,
        "ml": effective.tool.get("ml", {}),
        "origins": origins,
    }
