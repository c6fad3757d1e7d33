"""Known deviations: a strict list in the implementer's repository. What no longer holds of it fails the run.

```toml
[[known]]
id = "adam/late/float32"            # of a check; or clause = "EDGE-3": every failing check that tests it
reason = "the counter is a float32"
issue = "https://example.org/issues/7"
until = 2027-01-01                  # a date, or a version of the subject: "2.1"
rule = "adam"                       # with clause, if the subject is judged as several rules
```
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from adamcore.conformance.clauses import shipped
from adamcore.conformance.outcome import Outcome, Report, Row
from adamcore.conformance.subjects import DTYPES
from adamcore.conformance.vectors import rule_named, vectors
from adamcore.rules import RULES

KEYS = ("id", "clause", "reason", "issue", "until", "rule", "dtype")
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class Known:
    """One known deviation.

    Args:
        reason: Why the subject deviates.
        issue: The address where that is discussed.
        until: The last day, or the version of the subject from which on it must be gone.
        id: The check.
        clause: Or the clause, all of whose failing checks are meant.
        rule: The rule alone for which it is meant.
        dtype: The dtype alone for which it is meant.
    """

    reason: str
    issue: str
    until: date | str
    id: str = ""
    clause: str = ""
    rule: str = ""
    dtype: str = ""

    @property
    def name(self) -> str:
        """How messages call it."""
        where = " ".join(filter(None, (self.rule, self.dtype)))
        return f"{self.id or self.clause}{f' ({where})' if where else ''}"

    def means(self, row: Row, outcome: Outcome) -> bool:
        """Whether it is about a check."""
        if self.rule not in ("", row.rule) or self.dtype not in ("", row.dtype):
            return False
        return outcome.id == self.id if self.id else self.clause in outcome.clauses

    def expired(self, today: date, version: str) -> bool:
        """Whether its time is over."""
        if isinstance(self.until, date):
            return today > self.until
        return _numbers(version) >= _numbers(self.until)


def read_known(path: Path) -> list[Known]:
    """The entries of a file.

    Raises:
        ValueError: The file cannot be read, or an entry is not as it must be; the message names key and what is
            allowed.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"--known {path}: {error}") from None
    entries = data.pop("known", [])
    if data:
        raise ValueError(f"--known {path}: keys must be [[known]] alone, got {', '.join(map(repr, data))}")
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise ValueError(f"--known {path}: 'known' must be an array of tables, [[known]]")
    known = [_entry(e, f"--known {path}: entry {i}") for i, e in enumerate(entries, 1)]
    scopes = [(k.id, k.clause, k.rule, k.dtype) for k in known]
    for i, scope in enumerate(scopes):
        if (first := scopes.index(scope)) < i:
            raise ValueError(f"--known {path}: entry {i + 1} is about the same as entry {first + 1}: {known[i].name}")
    return known


def apply(known: Sequence[Known], report: Report) -> None:
    """Mark the known deviations of a report, and note in `stale` every entry that is wrong.

    Raises:
        ValueError: An entry ends at a version, and the subject tells none.
    """
    for k in known:
        if isinstance(k.until, str) and not _VERSION.match(report.version):
            raise ValueError(
                f"--known: {k.name}: 'until' is the version {k.until!r}, and the subject tells none (describe() may "
                "return 'version'); give a date"
            )
    today = datetime.now(UTC).date()
    report.stale += [f"{k.name}: expired, until {k.until}" for k in known if k.expired(today, report.version)]
    for k in known:
        report.stale += _stale(k, report)
    report.rows = [_marked(known, row) for row in report.rows]


def _marked(known: Sequence[Known], row: Row) -> Row:
    """The row with its known deviations marked as such."""
    outcomes = []
    for outcome in row.outcomes:
        entry = next((k for k in known if k.means(row, outcome)), None)
        if entry and outcome.status in ("failed", "errored"):
            message = f"{entry.reason} (until {entry.until}): {outcome.message}"
            outcome = replace(outcome, status="known", message=message, issue=entry.issue)
        outcomes.append(outcome)
    return replace(row, outcomes=tuple(outcomes))


def _stale(k: Known, report: Report) -> list[str]:
    """Why an entry must go: it matches nothing, or what it is about passes."""
    meant = [o for row in report.rows for o in row.outcomes if k.means(row, o)]
    if any(o.status in ("failed", "errored") for o in meant):
        return []
    if passed := [o for o in meant if o.status == "passed"]:
        return [f"{k.name}: passes ({len(passed)} of {len(passed)} checks); remove it"]
    if meant:
        return [f"{k.name}: matches only checks that were skipped: {meant[0].message}"]
    return [] if _elsewhere(k, report) else [f"{k.name}: matches no check"]


def _elsewhere(k: Known, report: Report) -> bool:
    """Whether what an entry is about exists, and is no part of this run: another rule or dtype, or a smaller run."""
    ran = {(row.rule, row.dtype) for row in report.rows}
    if k.clause:
        return bool(report.only) or (bool(k.rule) and k.rule not in {rule for rule, _ in ran})
    words = k.id.split("/")
    rule = next((r for r in RULES if r.name == words[0]), None)
    dtypes = [w for w in words if w in DTYPES]
    if rule is None or not dtypes:
        return False
    if (rule.name, dtypes[0]) not in ran:
        return True
    return any(v.id == k.id for v in vectors(rule)) or bool(report.only)


def _entry(entry: dict[str, Any], where: str) -> Known:
    if unknown := [key for key in entry if key not in KEYS]:
        raise ValueError(f"{where}: keys must be some of {', '.join(KEYS)}, got {unknown[0]!r}")
    if ("id" in entry) == ("clause" in entry):
        raise ValueError(f"{where}: it must have one of 'id' and 'clause'")
    for key in ("reason", "issue", "until"):
        if key not in entry:
            raise ValueError(f"{where}: {key!r} is missing")
    for key in set(entry) - {"until"}:
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise ValueError(f"{where}: {key!r} must be a text that is not empty, got {entry[key]!r}")
    if not entry["issue"].startswith(("https://", "http://")):
        raise ValueError(f"{where}: 'issue' must be an address, https://..., got {entry['issue']!r}")
    until = entry["until"].date() if isinstance(entry["until"], datetime) else entry["until"]
    if not isinstance(until, date) and not (isinstance(until, str) and _VERSION.fullmatch(until)):
        raise ValueError(
            f"{where}: 'until' must be a date such as 2027-01-31 or a version such as '2.1', got {until!r}"
        )
    _one_of(where, "dtype", entry.get("dtype"), DTYPES)
    _one_of(where, "clause", entry.get("clause"), shipped())
    if "rule" in entry:
        try:
            rule_named(entry["rule"])
        except ValueError as error:
            raise ValueError(f"{where}: 'rule': {error}") from None
    return Known(**{**entry, "until": until})


def _one_of(where: str, key: str, value: str | None, allowed: Collection[str]) -> None:
    if value is not None and value not in allowed:
        told = ", ".join(allowed) if len(allowed) < 50 else f"one of the {len(allowed)} clauses of the specification"
        raise ValueError(f"{where}: {key!r} must be {told}, got {value!r}")


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    return tuple(map(int, found[0].split("."))) if found else ()
