"""First steps of every rule and every knob, computed by hand in fractions; where they are floats, equality is exact."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import adamcore
from adamcore import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    AMSGrad,
    EMAMomentum,
    GenericAdaptive,
    InverseSqrt,
    Momentum,
    Nesterov,
    RMSProp,
    Rule,
)
from adamcore.rules import FOUNDING
from adamcore.rules.generic import (
    AverageGradient,
    AverageSquares,
    Gradient,
    MaxAverageSquares,
    MeanSquares,
    One,
    SumSquares,
)
from tests.core.support import run, slots_of


def halving(t: Any) -> float:
    """A rate of 1/4, then 1/8."""
    return 0.25 / t


LR = {"lr": 0.25}
HALF = {"lr": 0.25, "beta1": 0.5, "beta2": 0.75}
MU = {"lr": 0.25, "momentum": 0.5}
RHO = {"lr": 0.25, "rho": 0.75}
A, V = AverageGradient(0.5), AverageSquares(0.75)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("rule", "grads", "thetas", "slots"),
    [
        pytest.param(SGD(**LR), [8], [2], {}, marks=pytest.mark.clause("SGD-1"), id="sgd"),
        pytest.param(
            SGD(lr=InverseSqrt(0.25)), [8, 0, 0, 8], [2, 2, 2, 1], {}, marks=pytest.mark.clause("SCHED-2"), id="root"
        ),
        pytest.param(
            Momentum(**MU, dampening=0.25),
            [8, 4],
            [F(5, 2), 1],
            {"b": F(-3, 2)},
            marks=pytest.mark.clause("MOM-1", "MOM-2"),
            id="momentum",
        ),
        pytest.param(
            Momentum(lr=halving, momentum=0.5, dampening=0.25),
            [8, 4],
            [F(5, 2), F(11, 8)],
            {"b": F(-9, 8)},
            marks=pytest.mark.clause("MOM-2"),
            id="momentum, schedule",
        ),
        pytest.param(
            Momentum(lr=halving, momentum=0.5, dampening=0.25, lr_in_buffer=False),
            [8, 4],
            [F(5, 2), F(7, 4)],
            {"b": 6},
            marks=pytest.mark.clause("MOM-3"),
            id="momentum outside, schedule",
        ),
        pytest.param(
            Momentum(**MU, dampening=0.25, dampen_first=False),
            [8, 4],
            [2, F(1, 4)],
            {"b": F(-7, 4)},
            marks=pytest.mark.clause("MOM-4"),
            id="momentum, first not dampened",
        ),
        pytest.param(
            Momentum(**MU, dampening=0.25, dampen_first=False, lr_in_buffer=False),
            [8, 4],
            [2, F(1, 4)],
            {"b": 7},
            marks=pytest.mark.clause("MOM-3", "MOM-4"),
            id="momentum outside, first not dampened",
        ),
        pytest.param(
            EMAMomentum(lr=0.25, beta1=0.5),
            [8],
            [2],
            {"m": 4},
            marks=pytest.mark.clause("EMA-1", "EMA-2"),
            id="ema",
        ),
        pytest.param(
            EMAMomentum(lr=0.25, beta1=0.5, bias_correction=False),
            [8, 4],
            [3, 2],
            {"m": 4},
            marks=pytest.mark.clause("EMA-1", "EMA-3"),
            id="ema, uncorrected",
        ),
        pytest.param(Nesterov(**MU), [8, 4], [1, -1], {"b": -2}, marks=pytest.mark.clause("NAG-1"), id="nesterov"),
        pytest.param(
            Nesterov(lr=halving, momentum=0.5),
            [8, 4],
            [1, F(-1, 4)],
            {"b": F(-3, 2)},
            marks=pytest.mark.clause("NAG-1"),
            id="nesterov, schedule",
        ),
        pytest.param(
            Nesterov(lr=halving, momentum=0.5, lr_in_buffer=False),
            [8, 4],
            [1, 0],
            {"b": 8},
            marks=pytest.mark.clause("NAG-2"),
            id="nesterov outside, schedule",
        ),
        pytest.param(
            AdaGrad(**LR), [3], [F(15, 4)], {"v": 9}, marks=pytest.mark.clause("ADAGRAD-2", "ADAGRAD-3"), id="adagrad"
        ),
        pytest.param(
            AdaGrad(**LR, eps=1.0), [3], [F(61, 16)], {"v": 9}, marks=pytest.mark.clause("ADAGRAD-3"), id="adagrad eps"
        ),
        pytest.param(
            AdaGrad(**LR, eps=7.0, eps_mode="inside"),
            [3],
            [F(61, 16)],
            {"v": 9},
            marks=pytest.mark.clause("ADAGRAD-4"),
            id="adagrad inside",
        ),
        pytest.param(
            AdaGrad(**LR, initial_accumulator=7.0),
            [3],
            [F(61, 16)],
            {"v": 16},
            marks=pytest.mark.clause("ADAGRAD-1"),
            id="adagrad start",
        ),
        pytest.param(
            RMSProp(**RHO, eps=4.0),
            [8],
            [F(15, 4)],
            {"v": 16},
            marks=pytest.mark.clause("RMSPROP-1", "RMSPROP-2", "RMSPROP-6"),
            id="rmsprop",
        ),
        pytest.param(
            RMSProp(**RHO, eps=48.0, eps_mode="inside"),
            [8],
            [F(15, 4)],
            {"v": 16},
            marks=pytest.mark.clause("RMSPROP-3"),
            id="rmsprop inside",
        ),
        pytest.param(
            RMSProp(**RHO, eps=8.0, bias_correction=True),
            [8],
            [F(31, 8)],
            {"v": 16},
            marks=pytest.mark.clause("RMSPROP-5"),
            id="rmsprop corrected",
        ),
        pytest.param(
            RMSProp(**RHO, eps=192.0, bias_correction=True, eps_mode="inside"),
            [8],
            [F(31, 8)],
            {"v": 16},
            marks=pytest.mark.clause("RMSPROP-3", "RMSPROP-5"),
            id="rmsprop corrected inside",
        ),
        pytest.param(
            RMSProp(**RHO, eps=4.0, centered=True, eps_mode="inside"),
            [8],
            [F(7, 2)],
            {"v": 16, "m": 2},
            marks=pytest.mark.clause("RMSPROP-4"),
            id="rmsprop centered",
        ),
        pytest.param(
            RMSProp(**RHO, eps=4.0, centered=True, bias_correction=True),
            [8],
            [F(7, 2)],
            {"v": 16, "m": 2},
            marks=pytest.mark.clause("RMSPROP-4", "RMSPROP-5"),
            id="rmsprop centered corrected",
        ),
        pytest.param(
            RMSProp(lr=halving, rho=0.75, eps=4.0, momentum=0.5),
            [8, 0],
            [F(15, 4), F(29, 8)],
            {"v": 12, "b": F(-1, 8)},
            marks=pytest.mark.clause("RMSPROP-7"),
            id="rmsprop momentum",
        ),
        pytest.param(
            RMSProp(lr=halving, rho=0.75, eps=4.0, momentum=0.5, lr_in_buffer=False),
            [8, 0],
            [F(15, 4), F(59, 16)],
            {"v": 12, "b": F(1, 2)},
            marks=pytest.mark.clause("RMSPROP-8"),
            id="rmsprop momentum outside",
        ),
        pytest.param(
            RMSProp(**RHO, eps=8.0, initial_accumulator=64.0),
            [8],
            [F(31, 8)],
            {"v": 64},
            marks=pytest.mark.clause("RMSPROP-13"),
            id="rmsprop start",
        ),
        pytest.param(
            RMSProp(lr=halving, rho=0.75, eps=4.0, momentum=0.5, nesterov=True),
            [8, 0],
            [F(29, 8), F(57, 16)],
            {"v": 12, "b": F(-1, 8)},
            marks=pytest.mark.clause("RMSPROP-14"),
            id="rmsprop nesterov",
        ),
        pytest.param(
            RMSProp(lr=halving, rho=0.75, eps=4.0, momentum=0.5, lr_in_buffer=False, nesterov=True),
            [8, 0],
            [F(29, 8), F(115, 32)],
            {"v": 12, "b": F(1, 2)},
            marks=pytest.mark.clause("RMSPROP-14"),
            id="rmsprop nesterov outside",
        ),
        pytest.param(
            Adam(**HALF, eps=8.0),
            [8],
            [F(31, 8)],
            {"m": 4, "v": 16},
            marks=pytest.mark.clause("ADAM-1", "ADAM-2", "ADAM-3", "ADAM-4"),
            id="adam",
        ),
        pytest.param(
            Adam(**HALF, eps=12.0, eps_mode="hat"), [8], [F(63, 16)], {}, marks=pytest.mark.clause("ADAM-5"), id="hat"
        ),
        pytest.param(
            Adam(**HALF, eps=192.0, eps_mode="inside"),
            [8],
            [F(31, 8)],
            {},
            marks=pytest.mark.clause("ADAM-6"),
            id="adam inside",
        ),
        pytest.param(
            Adam(**HALF, eps=4.0, eps_root=80.0),  # 8 / (sqrt(64 + 80) + 4)
            [8],
            [F(31, 8)],
            {"m": 4, "v": 16},
            marks=pytest.mark.clause("ADAM-16"),
            id="adam root",
        ),
        pytest.param(
            AdaMax(**HALF),
            [8],
            [F(15, 4)],
            {"m": 4, "u": 8},
            marks=pytest.mark.clause("ADAMAX-1", "ADAMAX-2", "ADAMAX-3"),
            id="adamax",
        ),
        pytest.param(
            AdaMax(**HALF, eps=8.0), [8], [F(31, 8)], {"u": 8}, marks=pytest.mark.clause("ADAMAX-3"), id="adamax eps"
        ),
        pytest.param(
            AdaMax(**HALF, eps=8.0, eps_mode="max"),
            [8],
            [F(31, 8)],
            {"u": 16},
            marks=pytest.mark.clause("ADAMAX-4"),
            id="adamax max",
        ),
        pytest.param(
            AMSGrad(**HALF),
            [8, 0],
            [F(15, 4), F(29, 8)],
            {"m": 2, "v": 12, "v_hat": 16},
            marks=pytest.mark.clause("AMSGRAD-1", "AMSGRAD-2", "AMSGRAD-3", "AMSGRAD-4"),
            id="amsgrad",
        ),
        pytest.param(
            AMSGrad(**HALF, beta1_decay=0.5),
            [8, 0],
            [F(15, 4), F(59, 16)],
            {"m": 1},
            marks=pytest.mark.clause("AMSGRAD-1"),
            id="amsgrad decay",
        ),
        pytest.param(
            AMSGrad(**HALF, eps=4.0), [8], [F(31, 8)], {}, marks=pytest.mark.clause("AMSGRAD-4"), id="amsgrad eps"
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=8.0),
            [8],
            [F(31, 8)],
            {"v": 16, "v_hat": 16},
            marks=pytest.mark.clause("AMSGRAD-5"),
            id="amsgrad raw",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=8.0, maximum="corrected"),
            [8],
            [F(31, 8)],
            {"v": 16, "v_hat": 64},
            marks=pytest.mark.clause("AMSGRAD-6"),
            id="amsgrad corrected",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=4.0, eps_mode="hat"),
            [8],
            [F(31, 8)],
            {"v_hat": 16},
            marks=pytest.mark.clause("AMSGRAD-7"),
            id="amsgrad hat",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=192.0, eps_mode="inside"),
            [8],
            [F(31, 8)],
            {"v_hat": 16},
            marks=pytest.mark.clause("AMSGRAD-8"),
            id="amsgrad inside raw",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=192.0, eps_mode="inside", maximum="corrected"),
            [8],
            [F(31, 8)],
            {"v_hat": 64},
            marks=pytest.mark.clause("AMSGRAD-8"),
            id="amsgrad inside corrected",
        ),
        pytest.param(
            AMSGrad(**HALF, eps=48.0, eps_mode="inside"),
            [8],
            [F(31, 8)],
            {"v_hat": 16},
            marks=pytest.mark.clause("AMSGRAD-8"),
            id="amsgrad inside uncorrected",
        ),
        pytest.param(
            AMSGrad(**HALF, eps=2.0, eps_root=20.0),  # 4 / (sqrt(16 + 20) + 2)
            [8],
            [F(31, 8)],
            {"v_hat": 16},
            marks=pytest.mark.clause("AMSGRAD-18"),
            id="amsgrad root uncorrected",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=4.0, eps_root=80.0),
            [8],
            [F(31, 8)],
            {"v_hat": 16},
            marks=pytest.mark.clause("AMSGRAD-18"),
            id="amsgrad root raw",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=4.0, eps_root=80.0, maximum="corrected"),
            [8],
            [F(31, 8)],
            {"v_hat": 64},
            marks=pytest.mark.clause("AMSGRAD-18"),
            id="amsgrad root corrected",
        ),
        pytest.param(
            AdamNC(lr=0.25, beta1=0.5),
            [8, 8],
            [F(31, 8), F(59, 16)],
            {"m": 6, "v": 64},
            marks=pytest.mark.clause("ADAMNC-1", "ADAMNC-2", "ADAMNC-3"),
            id="adamnc",
        ),
        pytest.param(
            AdamNC(lr=0.25, beta1=0.5, beta1_decay=0.5),
            [8, 8],
            [F(31, 8), F(117, 32)],
            {"m": 7},
            marks=pytest.mark.clause("ADAMNC-2"),
            id="adamnc decay",
        ),
        pytest.param(
            AdamNC(lr=0.25, beta1=0.5, eps=8.0),
            [8, 0],
            [F(63, 16), None],
            {"v": 32},
            marks=pytest.mark.clause("ADAMNC-1", "ADAMNC-3"),
            id="adamnc eps",
        ),
        pytest.param(
            GenericAdaptive(lr=0.25, phi=Gradient(), psi=One()),
            [8],
            [2],
            {},
            marks=pytest.mark.clause("GENERIC-1"),
            id="generic plain",
        ),
        pytest.param(
            GenericAdaptive(lr=0.25, phi=A, psi=V),
            [8],
            [F(15, 4)],
            {"m": 4, "v": 16},
            marks=pytest.mark.clause("GENERIC-1"),
            id="generic averages",
        ),
        pytest.param(
            GenericAdaptive(lr=0.25, phi=AverageGradient(0.5, bias_correction=True), psi=AverageSquares(0.75, True)),
            [8],
            [F(15, 4)],
            {"m": 4, "v": 16},
            marks=pytest.mark.clause("GENERIC-1"),
            id="generic corrected",
        ),
        pytest.param(
            GenericAdaptive(lr=0.25, phi=Gradient(), psi=SumSquares()),
            [3],
            [F(15, 4)],
            {"v": 9},
            marks=pytest.mark.clause("GENERIC-1"),
            id="generic sum",
        ),
        pytest.param(
            GenericAdaptive(lr=0.25, phi=Gradient(), psi=MeanSquares()),
            [8, 8],
            [F(15, 4), F(7, 2)],
            {"v": 64},
            marks=pytest.mark.clause("GENERIC-1"),
            id="generic mean",
        ),
        pytest.param(
            GenericAdaptive(lr=0.25, phi=A, psi=MaxAverageSquares(0.75)),
            [8, 0],
            [F(15, 4), F(29, 8)],
            {"v": 12, "v_hat": 16},
            marks=pytest.mark.clause("GENERIC-1"),
            id="generic maximum",
        ),
        pytest.param(
            GenericAdaptive(lr=0.25, phi=AverageGradient(0.5, 0.5), psi=MaxAverageSquares(0.75)),
            [8, 0],
            [F(15, 4), F(59, 16)],
            {"m": 1},
            marks=pytest.mark.clause("GENERIC-1"),
            id="generic decay",
        ),
    ],
)
def test_steps_by_hand_are_exact(
    rule: Rule, grads: list[float], thetas: list[Any], slots: dict[str, Any], dtype: str
) -> None:
    for sign in (1, -1):
        start = np.array([4.0, 4.0], dtype)
        for t in range(1, len(grads) + 1):
            theta, state = run(rule, start, [np.array([sign * g, 0], dtype) for g in grads[:t]])
            if thetas[t - 1] is not None:
                assert F(float(theta[0])) == 4 + sign * (thetas[t - 1] - 4)
            assert theta[1] == 4
        for name, value in slots.items():
            odd = sign if name in ("m", "b") else 1
            assert F(float(slots_of(state)[name][0])) == odd * value


def root(x: F) -> float:
    return float(x) ** 0.5


@pytest.mark.parametrize(
    ("rule", "grads", "theta"),
    [
        pytest.param(
            EMAMomentum(lr=0.25, beta1=0.5), [8, 4], F(2, 3), marks=pytest.mark.clause("EMA-2"), id="ema corrected"
        ),
        pytest.param(AdaGrad(**LR), [3, 4], F(71, 20), marks=pytest.mark.clause("ADAGRAD-2"), id="adagrad"),
        # m = 4, v = 13, corrected by 3/4 and 7/16
        pytest.param(
            Adam(**HALF, eps=0.5),
            [8, 4 / 2],
            4 - 0.25 * 8 / 8.5 - 0.25 * (3 / 0.75) / (root(F(13) * 16 / 7) + 0.5),
            marks=pytest.mark.clause("ADAM-4"),
            id="adam",
        ),
        pytest.param(
            Adam(**HALF, eps=0.5, eps_mode="hat"),
            [8, 2],
            4 - 0.25 * 4 / 4.5 - 0.25 * root(F(7, 16)) / 0.75 * 3 / (root(F(13)) + 0.5),
            marks=pytest.mark.clause("ADAM-5"),
            id="adam hat",
        ),
        pytest.param(
            Adam(**HALF, eps=0.5, eps_mode="inside"),
            [8, 2],
            4 - 0.25 * 8 / root(F(129, 2)) - 0.25 * 4 / root(F(13) * 16 / 7 + F(1, 2)),
            marks=pytest.mark.clause("ADAM-6"),
            id="adam inside",
        ),
        pytest.param(
            Adam(**HALF, eps=0.5, eps_root=2.0),
            [8, 2],
            4 - 0.25 * 8 / (root(F(66)) + 0.5) - 0.25 * 4 / (root(F(13) * 16 / 7 + 2) + 0.5),
            marks=pytest.mark.clause("ADAM-16"),
            id="adam root",
        ),
        pytest.param(
            AdaMax(**HALF, eps=0.5, eps_mode="max"),
            [8, 2],
            4 - 0.5 * 4 / 8.5 - 0.25 / 0.75 * 3 / 6.375,
            marks=pytest.mark.clause("ADAMAX-4"),
            id="adamax max",
        ),
        pytest.param(
            AdaMax(**HALF, eps=0.5),
            [8, 2],
            4 - 0.5 * 4 / 8.5 - 0.25 / 0.75 * 3 / 6.5,
            marks=pytest.mark.clause("ADAMAX-2", "ADAMAX-3"),
            id="adamax",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=0.5),
            [8, 0],
            4 - 0.25 * 8 / 8.5 - 0.25 / 0.75 * 2 / (4 / root(F(7, 16)) + 0.5),
            marks=pytest.mark.clause("AMSGRAD-5"),
            id="amsgrad raw",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=0.5, maximum="corrected"),
            [8, 0],
            4 - 0.25 * 8 / 8.5 - 0.25 / 0.75 * 2 / 8.5,
            marks=pytest.mark.clause("AMSGRAD-6"),
            id="amsgrad corrected",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=0.5, eps_mode="hat"),
            [8, 0],
            4 - 0.25 * 4 / 4.5 - 0.25 * root(F(7, 16)) / 0.75 * 2 / 4.5,
            marks=pytest.mark.clause("AMSGRAD-7"),
            id="amsgrad hat",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=0.5, eps_mode="inside"),
            [8, 0],
            4 - 0.25 * 8 / root(F(129, 2)) - 0.25 / 0.75 * 2 / root(F(16) * 16 / 7 + F(1, 2)),
            marks=pytest.mark.clause("AMSGRAD-8"),
            id="amsgrad inside",
        ),
        pytest.param(
            AMSGrad(**HALF, bias_correction=True, eps=0.5, eps_root=2.0),
            [8, 0],
            4 - 0.25 * 8 / (root(F(66)) + 0.5) - 0.25 / 0.75 * 2 / (root(F(16) * 16 / 7 + 2) + 0.5),
            marks=pytest.mark.clause("AMSGRAD-18"),
            id="amsgrad root",
        ),
        pytest.param(
            RMSProp(**RHO, eps=0.5, centered=True, bias_correction=True),
            [8, 0],
            4 - 0.25 * 8 / 0.5,
            marks=pytest.mark.clause("RMSPROP-4", "RMSPROP-5"),
            id="rmsprop centered",
        ),
        pytest.param(
            RMSProp(**RHO, eps=0.5, bias_correction=True),
            [8, 2],
            4 - 0.25 * 8 / 8.5 - 0.25 * 2 / (root(F(13) * 16 / 7) + 0.5),
            marks=pytest.mark.clause("RMSPROP-5"),
            id="rmsprop corrected",
        ),
    ],
)
def test_second_steps_by_hand(rule: Rule, grads: list[float], theta: Any) -> None:
    got, _ = run(rule, np.array([4.0]), [np.array([float(g)]) for g in grads])
    assert got[0] == pytest.approx(float(theta), rel=1e-15)


DEFAULTS = {
    "sgd": {"lr": 0.01},
    "momentum": {"lr": 0.01, "momentum": 0.9, "dampening": 0.0, "lr_in_buffer": True, "dampen_first": True},
    "ema_momentum": {"lr": 0.01, "beta1": 0.9, "bias_correction": True},
    "nesterov": {"lr": 0.01, "momentum": 0.9, "lr_in_buffer": True},
    "adagrad": {"lr": 0.01, "eps": 0.0, "eps_mode": "outside", "initial_accumulator": 0.0},
    "rmsprop": {
        "lr": 1e-3,
        "rho": 0.9,
        "eps": 1e-8,
        "momentum": 0.0,
        "centered": False,
        "bias_correction": False,
        "eps_mode": "outside",
        "lr_in_buffer": True,
        "initial_accumulator": 0.0,
        "nesterov": False,
    },
    "adam": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "eps_mode": "outside", "eps_root": 0.0},
    "adamw": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "eps_mode": "outside", "eps_root": 0.0},
    "adamax": {"lr": 2e-3, "beta1": 0.9, "beta2": 0.999, "eps": 0.0, "eps_mode": "outside"},
    "amsgrad": {
        "lr": 1e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "eps": 0.0,
        "beta1_decay": 1.0,
        "bias_correction": False,
        "maximum": "raw",
        "eps_mode": "outside",
        "eps_root": 0.0,
    },
    "adamnc": {"lr": 1e-3, "beta1": 0.9, "eps": 0.0, "beta1_decay": 1.0},
    "generic": {"lr": 1e-3, "phi": AverageGradient(0.9), "psi": AverageSquares(0.999)},
}
COMMON = {
    "weight_decay": 0.0,
    "weight_decay_mode": "coupled",
    "maximize": False,
    "projection": None,
    "average": None,
    "state_dtype": "float32",
    "rounding": "nearest",
    "seed": 0,
    "missing": "skip",
    "complex": "pairs",
}


@pytest.mark.parametrize("rule", FOUNDING, ids=lambda r: r.name)
def test_names_and_defaults_are_those_of_the_contract(rule: type[Rule]) -> None:
    made = {f.name: getattr(rule(), f.name) for f in fields(rule)}
    decay = {"weight_decay": 0.01, "weight_decay_mode": "decoupled"} if rule is AdamW else {}
    assert made == {**COMMON, **DEFAULTS[rule.name], **decay}
    own = [f.name for f in fields(rule) if not f.kw_only]
    assert own == list(DEFAULTS[rule.name])


@pytest.mark.clause("GENERIC-1")
@pytest.mark.parametrize(
    ("rule", "generic"),
    [
        (SGD(lr=0.1), GenericAdaptive(lr=0.1, phi=Gradient(), psi=One())),
        (AdaGrad(lr=0.1), GenericAdaptive(lr=0.1, phi=Gradient(), psi=SumSquares())),
        (AMSGrad(lr=0.1), GenericAdaptive(lr=0.1, psi=MaxAverageSquares())),
        (AdamNC(lr=0.1), GenericAdaptive(lr=0.1, psi=MeanSquares())),
        (
            Adam(lr=0.1, eps=0.0),
            GenericAdaptive(lr=0.1, phi=AverageGradient(bias_correction=True), psi=AverageSquares(0.999, True)),
        ),
        (RMSProp(lr=0.1, eps=0.0), GenericAdaptive(lr=0.1, phi=Gradient(), psi=AverageSquares(0.9))),
        (EMAMomentum(lr=0.1, bias_correction=False), GenericAdaptive(lr=0.1, psi=One())),
    ],
    ids=lambda rule: rule.name,
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_named_rules_are_instances_of_the_generic_method_bit_for_bit(rule: Rule, generic: Rule, dtype: str) -> None:
    rng = np.random.default_rng(0)
    theta, grads = rng.normal(size=20).astype(dtype), [rng.normal(size=20).astype(dtype) for _ in range(10)]
    assert run(rule, theta, grads)[0].tobytes() == run(generic, theta, grads)[0].tobytes()


@pytest.mark.clause("ADAMW-1", "DECAY-2")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_of_adamw_by_hand_is_exact(dtype: str) -> None:
    theta, state = run(AdamW(**HALF, eps=8.0, weight_decay=0.5), np.array([4, 4], dtype), [np.array([8, 0], dtype)])
    assert theta.tolist() == [4 - 1 / 8 - 1 / 2, 4 - 1 / 2]
    assert slots_of(state)["m"].tolist() == [4, 0]
    assert slots_of(state)["v"].tolist() == [16, 0]


@pytest.mark.clause("ADAMW-1", "DECAY-2")
def test_adamw_is_adam_with_decoupled_decay_bit_for_bit() -> None:
    theta, grads = np.linspace(-2, 2, 9), [np.linspace(3, -1, 9)] * 3
    adam = adamcore.Adam(weight_decay=0.01, weight_decay_mode="decoupled")
    assert run(AdamW(), theta, grads)[0].tobytes() == run(adam, theta, grads)[0].tobytes()
    assert run(AdamW(weight_decay=0.0), theta, grads)[0].tobytes() == run(Adam(), theta, grads)[0].tobytes()
