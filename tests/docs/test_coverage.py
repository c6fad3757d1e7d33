"""Every clause with MUST has a vector that kills a mutant, or stands in a list with the reason why none can."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adamcore.conformance import clauses as spec
from adamcore.conformance.clauses import Clause

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "src" / "adamcore" / "conformance" / "vectors"
BEYOND = Path(__file__).with_name("beyond_vectors.toml")


def shipped_vectors() -> Iterator[dict[str, Any]]:
    for path in sorted(VECTORS.glob("[!A-Z]*.json")):
        for group in json.loads(path.read_text())["groups"]:
            yield from group["tests"]


@pytest.fixture(scope="module")
def clauses() -> dict[str, Clause]:
    return {clause.id: clause for clause in spec.load(ROOT / "docs" / "spec")}


@pytest.fixture(scope="module")
def vectors() -> list[dict[str, Any]]:
    return list(shipped_vectors())


def test_every_vector_names_clauses_that_stand(vectors: list[dict[str, Any]], clauses: dict[str, Clause]) -> None:
    assert not [v["id"] for v in vectors if not v["clauses"] or not set(v["clauses"]) <= clauses.keys()]


def test_no_id_of_a_vector_is_used_twice(vectors: list[dict[str, Any]]) -> None:
    ids = [v["id"] for v in vectors]
    assert len(ids) == len(set(ids)) > 4000


def test_every_must_has_a_vector_that_kills_a_mutant_or_a_reason(
    vectors: list[dict[str, Any]], clauses: dict[str, Clause]
) -> None:
    sharp = {clause for v in vectors if v["kills"] for clause in v["clauses"]}
    beyond = tomllib.loads(BEYOND.read_text())
    listed = [id for group in beyond["clauses"].values() for id in group["ids"]]
    excused = {c.id for c in clauses.values() if c.page in beyond["pages"]["names"]} | set(listed)
    bare = [c.id for c in clauses.values() if c.level == "MUST" and c.id not in sharp | excused]
    assert not bare, (
        f"no vector that kills a mutant tests {' '.join(bare)}; make one, or give the reason in {BEYOND.name}"
    )
    assert len(listed) == len(set(listed)) and set(listed) <= clauses.keys()
    assert not set(listed) & sharp, f"these have a vector by now; take them off {BEYOND.name}: {set(listed) & sharp}"
    pages = {clauses[id].page for id in sharp}
    assert not pages & set(beyond["pages"]["names"]), "these pages have vectors by now"
