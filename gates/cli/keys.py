"""`gates keys`: list whose signatures count here, and which key signs."""

from __future__ import annotations

import argparse
import os

from gates.attest import GATE, GATEKEEPER, Keyring, take_sources
from gates.cli.options import Commands, command, home_of, policy_of
from gates.home import Home
from gates.policy.reader import read_policy
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    """Add the parser of `gates keys` to the commands."""
    parser = command(
        commands,
        "keys",
        "whose signatures count here",
        "List the ids of the keys whose signatures count here; makes the two keys of the home where there are none.",
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print the id of every key whose signature counts, by role, and return 0. Makes the keys of the home where it has none."""
    sources = take_sources(os.environ)
    policy = read_policy(policy_of(options))
    home = Home.at(home_of(options))
    keys, progress = Keyring(home.keys, sources, policy.trust), Progress()
    for role, what in ((GATE, "verdicts"), (GATEKEEPER, "decisions")):
        signs = keys.signer(role).public.id
        progress.line(f"{role}  signs {what}", "bold")
        for id in keys.trusted(role):
            progress.line(f"  {id}  {'signs now' if id == signs else 'signed before'}")
        progress.line(f"  public keys in {home.keys / 'public' / role}", "dim")
    return 0
