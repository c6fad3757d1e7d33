"""Adafactor: second moments of a matrix kept as averages of its rows and of its columns."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, Literal, NamedTuple

from adamcore.domains import Decay, Interval, NonNegative, Rate, Steps
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, is_used
from adamcore.scalars import Scalar, Scalars

Exponent = Annotated[float, Interval(-math.inf, 0, open_low=True)]
Floor = Annotated[float | None, Interval(0, math.inf, open_high=True, optional=True)]
Threshold = Annotated[float, Interval(0, math.inf, open_low=True)]

SPACING = {"float32": 2.0**-23, "float64": 2.0**-52}  # from 1 to the next number
HALVINGS = 4  # the power is computed as the 2^4th of its 2^-4th, which is not small


class AdafactorState(NamedTuple):
    r: Array  # average squares along the columns, one for each row
    c: Array  # average squares along the rows, one for each column
    v: Array  # second moment of a tensor that is not factored
    m: Array | None  # average change; None without momentum


class AdafactorCoefficients(NamedTuple):
    old: Any  # 1 - t^beta2_decay
    new: Any  # t^beta2_decay
    rho: Any  # relative step
    eps1: Any
    eps2: Any
    clip: Any  # None if nothing is clipped
    beta1: Any  # None without momentum
    w1: Any  # 1 - beta1; None without momentum


@dataclass(frozen=True)
class Adafactor(Rule):
    r"""Adafactor, for a matrix of $n$ rows and $k$ columns, with $\hat\beta_t = 1 - t^{p}$, $p$ = `beta2_decay`:

    $$r_t = \hat\beta_t r_{t-1} + (1-\hat\beta_t) \tfrac1k (g_t^2 + \epsilon_1) 1_k, \quad
    c_t = \hat\beta_t c_{t-1} + (1-\hat\beta_t) \tfrac1n 1_n^\top (g_t^2 + \epsilon_1), \quad
    \hat v_t = \frac{r_t c_t}{\mathrm{mean}(r_t)},$$

    $$u_t = \frac{g_t}{\sqrt{\hat v_t}}, \quad \hat u_t = \frac{u_t}{\max(1, \mathrm{RMS}(u_t) / d)}, \quad
    \theta_t = \theta_{t-1} - \rho_t \max(\epsilon_2, \mathrm{RMS}(\theta_{t-1}))\, \hat u_t, \quad
    \rho_t = \min(\alpha_t, 1/\sqrt t).$$

    A tensor of more axes is one matrix for each place on the others. Vectors and numbers have a full second moment
    $v_t = \hat\beta_t v_{t-1} + (1-\hat\beta_t)(g_t^2 + \epsilon_1)$.

    Args:
        lr: Relative step size $\alpha_t \ge 0$.
        beta1: $\beta_1 \in [0, 1)$ of an average of the changes, which takes their place; 0: none.
        beta2_decay: $p \le 0$.
        eps1: $\epsilon_1 \ge 0$; None: the distance from 1 to the next number of the compute dtype.
        eps2: $\epsilon_2 \ge 0$, least scale of a parameter.
        eps1_mode: `"inside"`: added to the squares; `"floor"`: the least value of $\mathrm{mean}(r_t)$ and of
            $\sqrt{\hat v_t}$.
        clip_threshold: $d > 0$; infinite: nothing is clipped.
        relative_step: Whether the step is at most $1/\sqrt t$; or $\rho_t = \alpha_t$.
        scale_parameter: Whether the step is relative to the parameter; or $\max(\epsilon_2, \mathrm{RMS})$ is 1.
        factored_axes: Which axes of a tensor are rows and columns: the `"last"` two, or the two `"largest"`, the later
            ones of equal length.
        min_dim_size_to_factor: A tensor one of whose two axes is shorter has a full second moment.
        weight_decay_mode: As in every rule; or `"first"`, decoupled, but the scale is that of what remains.
    """

    name = "adafactor"
    reference = "Shazeer & Stern (2018), arXiv:1804.04235, Algorithms 4, 5 and 6"
    State = AdafactorState
    elementwise = False
    proportional = False

    lr: Rate = 1e-2
    beta1: Decay = 0.0
    beta2_decay: Exponent = -0.8
    eps1: Floor = 1e-30
    eps2: NonNegative = 1e-3
    eps1_mode: Literal["inside", "floor"] = "inside"
    clip_threshold: Threshold = 1.0
    relative_step: bool = True
    scale_parameter: bool = True
    factored_axes: Literal["last", "largest"] = "last"
    min_dim_size_to_factor: Steps = 0
    _: KW_ONLY
    weight_decay_mode: Literal["coupled", "decoupled", "independent", "first"] = "coupled"  # type: ignore[assignment]

    def init(self, xp: Namespace, theta: Array) -> AdafactorState:
        m = xp.zeros_like(theta) if is_used(self.beta1) else None
        axes, none, shape = self._axes(theta), xp.zeros(theta, (0,)), tuple(int(n) for n in theta.shape)
        if axes is None:
            return AdafactorState(none, xp.zeros(theta, (0,)), xp.zeros_like(theta), m)
        c, r = (xp.zeros(theta, (*shape[:axis], 1, *shape[axis + 1 :])) for axis in axes)
        return AdafactorState(r, c, none, m)

    def coefficients(self, k: Scalars) -> AdafactorCoefficients:
        new = _power(k, k.round(self.beta2_decay))
        rho, least = k.rate(self.lr), 1 / k.sqrt(k.t)
        beta1 = k.round(self.beta1) if is_used(self.beta1) else None
        return AdafactorCoefficients(
            old=1 - new,
            new=new,
            rho=k.math.where(least < rho, least, rho) if self.relative_step else rho,
            eps1=SPACING[k.dtype] if self.eps1 is None else k.offset(self.eps1),
            eps2=k.round(self.eps2),
            clip=None if self.clip_threshold == math.inf else k.round(self.clip_threshold),
            beta1=beta1,
            w1=None if beta1 is None else 1 - beta1,
        )

    def step(
        self, xp: Namespace, c: AdafactorCoefficients, g: Array, s: AdafactorState, theta: Array
    ) -> tuple[Array, AdafactorState]:
        root, s = self._root(xp, c, g, s)
        u = divide(xp, g, root, self.eps1)
        if c.clip is not None:
            u = u / xp.maximum(_rms(xp, u) / c.clip, 1.0)
        q = (c.rho * xp.maximum(_rms(xp, theta), c.eps2) if self.scale_parameter else c.rho) * u
        if s.m is None:
            return -q, s
        m = c.beta1 * s.m + c.w1 * q
        return -m, s._replace(m=m)

    def _root(
        self, xp: Namespace, c: AdafactorCoefficients, g: Array, s: AdafactorState
    ) -> tuple[Array, AdafactorState]:
        """The root of the second moment, and the state with the new one."""
        floor, axes = self.eps1_mode == "floor", self._axes(g)
        squares = g * g if floor else g * g + c.eps1
        if axes is None:
            v = c.old * s.v + c.new * squares
            root, s = xp.sqrt(v), s._replace(v=v)
        else:
            rows, columns = axes
            r = c.old * s.r + c.new * _mean(xp, squares, columns)
            s = s._replace(r=r, c=c.old * s.c + c.new * _mean(xp, squares, rows))
            mean = _mean(xp, s.r, rows)
            mean = xp.maximum(mean, c.eps1) if floor else mean
            root = xp.sqrt(divide(xp, s.r, mean, self.eps1)) * xp.sqrt(s.c)
        return xp.maximum(root, c.eps1) if floor else root, s

    def _axes(self, theta: Array) -> tuple[int, int] | None:
        """The axes of rows and columns; None for a tensor that is not factored."""
        shape = tuple(int(n) for n in theta.shape)
        if len(shape) < 2 or 0 in shape:
            return None
        order = sorted(range(len(shape)), key=lambda i: shape[i] if self.factored_axes == "largest" else i)
        rows, columns = order[-2:]
        return (rows, columns) if min(shape[rows], shape[columns]) >= self.min_dim_size_to_factor else None


def _power(k: Scalars, exponent: Scalar) -> Scalar:
    """The step to a negative power."""
    x = 1 + k.math.expm1(exponent * k.math.log(k.t) / 2**HALVINGS)
    for _ in range(HALVINGS):
        x = x * x
    return x


def _mean(xp: Namespace, x: Array, axis: int) -> Array:
    return xp.sum(x, axis) / float(x.shape[axis])


def _rms(xp: Namespace, x: Array) -> Array:
    """The root of the mean square of all elements; 0 of none."""
    return xp.sqrt(xp.sum(x * x) / float(max(math.prod(int(n) for n in x.shape), 1)))
