"""The suite can fail: wrong rules and wrong backends are rejected, each by the topic that is about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from adamcore.conformance.backend import ArrayBackend, Snapshot, Values
from adamcore.conformance.checks import (
    QUICK,
    Task,
    bias_correction,
    bits,
    relations,
    resume,
    special_values,
    tape,
    truth,
)
from adamcore.rule import Rule
from adamcore.rules import Adam, AdamW, EMAMomentum, Momentum


@dataclass(frozen=True)
class Bent(ArrayBackend):
    """NumPy, with its rule, its input or its outcome bent."""

    fault: str = ""

    def _bend(self, rule: Rule) -> Rule:
        if self.fault == "eps-hat":
            return replace(rule, eps_mode="hat", eps_root=0.0)  # type: ignore[call-arg]
        if self.fault == "beta2":
            return replace(rule, beta2=0.99)  # type: ignore[call-arg]
        if self.fault == "uncorrected":
            return replace(rule, bias_correction=False)  # type: ignore[call-arg]
        if self.fault == "coupled":
            return replace(rule, weight_decay_mode="coupled")
        return rule

    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        if self.fault == "spill":
            grads = np.where(np.isnan(grads).any(axis=-1, keepdims=True), np.nan, grads)
        if self.fault == "order":
            grads = grads + np.arange(theta.size, dtype=theta.dtype) * theta.dtype.type(1e-3)
        snapshots = super().run(self._bend(rule), theta, grads, record, device)
        if self.fault == "last-bit":
            return [Snapshot(np.nextafter(s.theta, theta.dtype.type(9)), s.slots) for s in snapshots]
        if self.fault == "creep":
            return [Snapshot(s.theta + theta.dtype.type(0.0), s.slots) for s in snapshots]
        return snapshots

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        t += self.fault == "counter"
        return super().step(self._bend(rule), t, theta, grad, slots, device)


def failed(topic: Any, fault: str, rule: type[Rule]) -> list[str]:
    return [o.id for o in topic(Task(Bent(fault=fault), rule, "float32", QUICK)) if o.status == "failed"]


@pytest.mark.parametrize(
    ("topic", "fault", "rule"),
    [
        (truth, "eps-hat", Adam),
        (truth, "beta2", Adam),
        (truth, "counter", Adam),
        (truth, "uncorrected", EMAMomentum),
        (truth, "coupled", AdamW),
        (bits, "last-bit", Momentum),
        (bits, "eps-hat", Adam),
        (tape, "last-bit", Adam),
        (bias_correction, "uncorrected", EMAMomentum),
        (bias_correction, "counter", EMAMomentum),
        (relations, "order", Adam),
        (special_values, "creep", Adam),
        (special_values, "spill", Adam),
        (resume, "counter", Adam),
    ],
)
def test_a_fault_is_found_by_its_topic(topic: Any, fault: str, rule: type[Rule]) -> None:
    assert failed(topic, fault, rule)
    assert not failed(topic, "", rule)
