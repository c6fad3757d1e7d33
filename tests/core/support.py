"""What the tests of the core share: every rule with every knob, and comparisons of bits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import adamcore
from adamcore.rule import Rule
from adamcore.rules.generic import (
    AverageGradient,
    AverageSquares,
    Gradient,
    MaxAverageSquares,
    MeanSquares,
    One,
    SumSquares,
)

VARIANTS: dict[str, Rule] = {
    "sgd": adamcore.SGD(),
    "momentum": adamcore.Momentum(dampening=0.25),
    "momentum outside": adamcore.Momentum(dampening=0.25, lr_in_buffer=False, dampen_first=False),
    "ema": adamcore.EMAMomentum(),
    "ema uncorrected": adamcore.EMAMomentum(bias_correction=False),
    "nesterov": adamcore.Nesterov(),
    "nesterov outside": adamcore.Nesterov(lr_in_buffer=False),
    "adagrad": adamcore.AdaGrad(),
    "adagrad inside": adamcore.AdaGrad(eps=1e-7, eps_mode="inside", initial_accumulator=0.1),
    "rmsprop": adamcore.RMSProp(),
    "rmsprop all": adamcore.RMSProp(centered=True, momentum=0.9, bias_correction=True),
    "rmsprop inside": adamcore.RMSProp(eps_mode="inside", centered=True, momentum=0.9, lr_in_buffer=False),
    "adam": adamcore.Adam(),
    "adam hat": adamcore.Adam(eps_mode="hat"),
    "adam inside": adamcore.Adam(eps_mode="inside"),
    "adam without eps": adamcore.Adam(eps=0.0),
    "adam root": adamcore.Adam(eps=1e-4, eps_root=1e-8),
    "adamw": adamcore.AdamW(weight_decay=0.0),
    "adamax": adamcore.AdaMax(),
    "adamax max": adamcore.AdaMax(eps=1e-8, eps_mode="max"),
    "amsgrad": adamcore.AMSGrad(beta1_decay=0.99),
    "amsgrad raw": adamcore.AMSGrad(bias_correction=True, eps=1e-8),
    "amsgrad hat": adamcore.AMSGrad(bias_correction=True, eps=1e-8, eps_mode="hat"),
    "amsgrad inside": adamcore.AMSGrad(bias_correction=True, eps=1e-8, eps_mode="inside"),
    "amsgrad corrected": adamcore.AMSGrad(bias_correction=True, eps=1e-8, maximum="corrected"),
    "amsgrad root": adamcore.AMSGrad(bias_correction=True, eps=1e-4, eps_root=1e-8),
    "adamnc": adamcore.AdamNC(lr=adamcore.InverseSqrt(0.01), beta1_decay=0.99),
    "generic": adamcore.GenericAdaptive(),
    "generic plain": adamcore.GenericAdaptive(phi=Gradient(), psi=One()),
    "generic sum": adamcore.GenericAdaptive(phi=AverageGradient(bias_correction=True), psi=SumSquares()),
    "generic mean": adamcore.GenericAdaptive(phi=Gradient(), psi=MeanSquares()),
    "generic corrected": adamcore.GenericAdaptive(psi=AverageSquares(bias_correction=True)),
    "generic max": adamcore.GenericAdaptive(psi=MaxAverageSquares()),
}
"""Every rule and every knob, without weight decay."""


def words(x: Any) -> list[int]:
    """The bits of an array, NaNs made one."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        x = np.stack([x.real, x.imag])
    x = np.where(np.isnan(x), np.asarray(np.nan, x.dtype), x)
    return np.ascontiguousarray(x).view(f"u{x.dtype.itemsize}").ravel().tolist()


def same_bits(x: Any, y: Any) -> bool:
    """Whether two arrays have one dtype, one shape and the same bits."""
    x, y = np.asarray(x), np.asarray(y)
    return x.dtype == y.dtype and x.shape == y.shape and words(x) == words(y)


def arrays_of(tree: Any) -> Iterator[Any]:
    """The arrays of a tree or of a state."""
    if isinstance(tree, adamcore.optimizer.State):
        for parameter in tree.parameters.values():
            yield from parameter.slots.values()
    elif isinstance(tree, dict):
        for child in tree.values():
            yield from arrays_of(child)
    elif isinstance(tree, list | tuple):
        for child in tree:
            yield from arrays_of(child)
    elif tree is not None:
        yield tree


def read_only(tree: Any) -> Any:
    """The same NumPy arrays, which from now on refuse to be written to."""
    for x in arrays_of(tree):
        x.flags.writeable = False
    return tree


def run(rule: Rule, theta: Any, grads: list[Any]) -> tuple[Any, Any]:
    """The parameters and the state after a step with each gradient."""
    opt = adamcore.Optimizer(rule)
    state = opt.init(theta)
    for g in grads:
        theta, state = opt.step(theta, g, state)
    return theta, state


def slots_of(state: Any, path: str = "") -> dict[str, Any]:
    """The slots of one parameter."""
    slots: dict[str, Any] = state.parameters[path].slots
    return slots
