"""Vectors that were published stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

from tests.oracle.published import RECORD, VECTORS, changed


def test_published_vectors_neither_change_nor_vanish() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert not changed(record), "a vector that was published is withdrawn by a new group, never edited"
    assert {p.name for p in VECTORS.glob("*.json")} - {"MANIFEST.json"} == set(record), (
        "a new file is recorded by python -m tests.oracle.published"
    )


def test_a_changed_number_a_missing_group_and_a_missing_file_are_seen_and_a_group_at_the_end_is_not(
    tmp_path: Path,
) -> None:
    record = {"sgd.json": json.loads(RECORD.read_text(encoding="utf-8"))["sgd.json"]}
    document = json.loads((VECTORS / "sgd.json").read_text(encoding="utf-8"))

    def seen() -> list[str]:
        (tmp_path / "sgd.json").write_text(json.dumps(document), encoding="utf-8")
        return changed(record, tmp_path)

    assert changed(record, tmp_path) == ["sgd.json"]
    document["groups"].append(document["groups"][0])
    assert not seen()
    document["groups"][0]["tests"][0]["theta"][0] = "3f800001"
    assert seen() == ["sgd.json"]
    document["groups"] = document["groups"][1:-1]
    assert seen() == ["sgd.json"]
