"""The workflow and pipeline files as data: documents, jobs, steps and the commands in their scripts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PIPELINES = sorted((ROOT / ".pipelines").glob("*.yml"))


class _Loader(yaml.SafeLoader):
    """YAML 1.2's view of truth: ``on`` is a key and not `True`. A repeated key is an error."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key is repeated in line {node.start_mark.line + 1}"
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), list("tf"))


def load(text: str) -> dict[str, Any]:
    document = yaml.load(text, _Loader)  # a SafeLoader
    assert isinstance(document, dict)
    return document


def steps_of(node: object) -> Iterator[dict[str, Any]]:
    """Every step, however deep it lies in jobs, stages and strategies."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "steps" and isinstance(value, list):
                yield from value
            else:
                yield from steps_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from steps_of(item)


def mappings_of(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from mappings_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from mappings_of(item)


def script_of(step: dict[str, Any]) -> str:
    """What a step runs, in GitHub's and in Azure's way of writing."""
    texts = [step.get("run"), step.get("script"), step.get("bash"), (step.get("inputs") or {}).get("inlineScript")]
    return "\n".join(text for text in texts if isinstance(text, str))


def commands_of(script: str) -> Iterator[list[str]]:
    """Each simple command as its words; a variable or an expression of the CI stays one word."""
    whole = re.sub(r"\\\n\s*", " ", script)
    whole = re.sub(r"\$\{\{.*?\}\}|\$\([\w.]+\)", "EXPRESSION", whole)
    for line in whole.splitlines():
        for part in re.split(r"\|\||&&|;|\|", line):
            words = shlex.split(part, comments=True)
            while words and re.match(r"\w+=", words[0]):
                words = words[1:]
            if words and words[0] in ("if", "then", "else", "!"):
                words = words[1:]
            if words:
                yield words
