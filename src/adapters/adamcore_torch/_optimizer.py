"""Any rule as a `torch.optim.Optimizer`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from inspect import Parameter, Signature
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from adamcore.namespace import NumPyNamespace, namespace_of
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import AVERAGE, Coefficients, coefficients, compute_dtype, init, slot_names, update
from adamcore_torch._compiled import register, trace
from adamcore_torch._naming import NAMING, STEP
from adamcore_torch._state import load


class Method(NamedTuple):
    """A rule, and its slots: core names to the keys of the state."""

    rule: Rule
    slots: Mapping[str, str]


class Work(NamedTuple):
    """What a step does to one parameter, checked, its scalars computed."""

    method: Method
    theta: Tensor
    grad: Tensor
    t: int
    coefficients: Coefficients


class RuleOptimizer(torch.optim.Optimizer):
    """A torch optimizer whose steps are those of a rule.

    Groups hold the hyperparameters under their PyTorch names; a change of a value takes effect at the next step. The
    state of each parameter holds its slots and `step`, an integer.

    Args:
        params: Parameters, named parameters, or groups, as of every torch optimizer.
        rule: The rule, a user's own or one of `adamcore`.

    >>> import adamcore
    >>> theta = torch.nn.Parameter(torch.ones(2))
    >>> opt = RuleOptimizer([theta], adamcore.SGD(lr=0.5))
    >>> theta.grad = torch.ones(2)
    >>> opt.step()
    >>> theta.tolist()
    [0.5, 0.5]
    """

    rule_type: type[Rule]
    _swapped = False  # whether the parameters hold their averages

    def __init__(self, params: ParamsT, rule: Rule) -> None:
        if not isinstance(rule, Rule):
            raise TypeError(f"RuleOptimizer: rule must be a Rule such as adamcore.Adam(), got {rule!r}")
        self.rule_type = type(rule)
        super().__init__(params, NAMING.native(rule))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, with hyperparameters of its own or the defaults.

        Raises:
            TypeError: A parameter is neither floating nor complex, or a key is a hyperparameter under another name.
            ValueError: A hyperparameter lies outside its domain.
        """
        super().add_param_group(param_group)
        try:
            self._check_group(self.param_groups[-1])
        except BaseException:
            self.param_groups.pop()
            raise

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Step every parameter that has a gradient. Everything is checked before anything is changed.

        Args:
            closure: Evaluates the model anew and returns the loss.

        Returns:
            The loss, if there is a closure.

        Raises:
            ValueError: A hyperparameter, or the shape or device of a gradient, is not allowed.
            TypeError: A gradient has another dtype than its parameter.
            RuntimeError: A gradient is sparse, or the parameters hold their averages.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        if self._swapped:
            raise RuntimeError(f"{type(self).__name__}: a step inside averaged() would be undone; leave the context")
        if torch.compiler.is_compiling():
            for group in self.param_groups:
                trace(self, group)
            return loss
        for work in [w for group in self.param_groups for w in self._plan(group)]:
            self._update(work)
        return loss

    def averages(self) -> list[Tensor]:
        """The temporal averages of all parameters, in order: the parameter itself where there is none yet.

        Raises:
            ValueError: No group keeps an average.
        """
        if all(group["average"] is None for group in self.param_groups):
            raise ValueError(f"{type(self).__name__}: average is None in every group, so no average was kept")
        thetas = [theta for group in self.param_groups for theta in group["params"]]
        return [self.state.get(x, {}).get(AVERAGE, x.detach()).to(x.dtype, copy=True) for x in thetas]

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Put the temporal averages into the parameters for the time of the context, then restore these exactly.

        Raises:
            ValueError: No group keeps an average.
            RuntimeError: The averages are in the parameters already.
        """
        if self._swapped:
            raise RuntimeError(f"{type(self).__name__}: averaged() must not be nested")
        means = self.averages()
        thetas = [theta.detach() for group in self.param_groups for theta in group["params"]]
        kept = [theta.clone() for theta in thetas]
        self._swapped = True
        try:
            _copy(thetas, means)
            yield
        finally:
            _copy(thetas, kept)
            self._swapped = False

    def state_dict(self) -> dict[str, Any]:
        """The state of all parameters and the groups, as of every torch optimizer; each group names its rule."""
        packed = super().state_dict()
        for group in packed["param_groups"]:
            group["rule"] = self.rule_type.name
        return packed

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state: ours, or that of the torch optimizer of the same rule. If it does not fit, nothing changes.

        Slots get the dtype that they have here, so that float32 moments of bfloat16 parameters stay so.

        Raises:
            ValueError: The state is another rule's, or its groups, slots or shapes do not match.
        """
        load(self, state_dict)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "rule_type": self.rule_type}

    def method(self, group: Mapping[str, Any]) -> Method:
        """The rule of a group, as its values are now.

        Raises:
            ValueError: A value lies outside its domain.
            TypeError: A value has the wrong type.
        """
        names = tuple(NAMING.columns(self.rule_type))
        values = tuple(_plain(name, group[name]) for name in names)
        method: Method = _remembered(_method, self.rule_type, names, *values)
        return method

    def fresh(self, method: Method, theta: Tensor) -> dict[str, Tensor]:
        """The slots of a parameter that has not stepped, by their keys in the state."""
        slots = init(method.rule, namespace_of(theta), theta.detach())
        return {key: slots[name] for name, key in method.slots.items()}

    def _check_group(self, group: Mapping[str, Any]) -> None:
        columns = NAMING.columns(self.rule_type)
        renamed = {core for cores in columns.values() for core in cores} - columns.keys()
        for name in sorted((renamed | {"dialect"}) & group.keys()):
            raise TypeError(f"{type(self).__name__}: {name!r} is no key of a group; its keys are {', '.join(columns)}")
        rule = self.method(group).rule
        for i, theta in enumerate(group["params"]):
            try:
                _remembered(_fits, rule, compute_dtype(_dtype(theta)))
            except TypeError as error:
                raise TypeError(f"{type(self).__name__}: parameter {i}: {error}") from None

    def _gradients(self, method: Method, group: Mapping[str, Any]) -> Iterator[tuple[Tensor, Tensor]]:
        """The parameters of a group that step, each with its gradient."""
        for i, theta in enumerate(group["params"]):
            if theta.grad is None and method.rule.missing == "skip":
                continue
            grad = torch.zeros_like(theta) if theta.grad is None else theta.grad
            _check_gradient(f"{type(self).__name__}: the gradient of parameter {i} of its group", grad, theta)
            state = self.state.get(theta, {})
            if state and AVERAGE in method.slots and AVERAGE not in state:
                raise ValueError(f"{type(self).__name__}: average must be chosen before the first step")
            yield theta, grad

    def _plan(self, group: Mapping[str, Any]) -> Iterator[Work]:
        """The work of a step on one group. Parameters with the same counter and dtype share their scalars."""
        method = self.method(group)
        shared: dict[tuple[int, str], Coefficients] = {}
        for theta, grad in self._gradients(method, group):
            state = self.state.get(theta, {})
            t = int(state[STEP].item()) + 1 if state else 1
            key = t, compute_dtype(_dtype(theta))
            if key not in shared:
                _remembered(_fits, method.rule, key[1])
                shared[key] = coefficients(method.rule, Scalars(*key))
            yield Work(method, theta, grad, t, shared[key])

    def _complete(self, method: Method, theta: Tensor) -> dict[str, Tensor]:
        """The state of a parameter, with what it lacks: everything before its first step, or a slot new to the rule."""
        state: dict[str, Tensor] = self.state[theta]
        if any(key not in state for key in (STEP, *method.slots.values())):
            state = {STEP: torch.zeros((), dtype=torch.int64), **self.fresh(method, theta)} | state
            self.state[theta] = state
        return state

    def _init_group(
        self,
        group: dict[str, Any],
        names: list[str],
        known: list[Any],
        thetas: list[Tensor],
        grads: list[Tensor],
        steps: list[Tensor],
        slots: list[Tensor],
    ) -> int:
        """Fill the lists with what a step on the group works on. `torch.compile` knows this method by its name."""
        method = self.method(group)
        names.extend(NAMING.columns(self.rule_type))
        known.extend(_constant(group[name]) for name in names)
        for theta, grad in self._gradients(method, group):
            state = self._complete(method, theta)
            thetas.append(theta)
            grads.append(grad)
            steps.append(state[STEP])
            slots.extend(state[key] for key in method.slots.values())
        return register(method)

    def _update(self, work: Work) -> None:
        method, theta = work.method, work.theta.detach()
        state = self._complete(method, work.theta)
        slots = {name: state[key] for name, key in method.slots.items()}
        done = update(method.rule, namespace_of(theta), work.coefficients, work.grad.detach(), slots, theta)
        theta.copy_(done.theta)
        for name, slot in slots.items():
            slot.copy_(done.slots[name])
        state[STEP].fill_(work.t)


class NativeOptimizer(RuleOptimizer):
    """The base of the optimizers that stand for one rule each."""

    __signature__: ClassVar[Signature]

    def __init__(self, params: ParamsT, *args: Any, dialect: str = "paper", **kwargs: Any) -> None:
        try:
            bound = self.__signature__.bind(params, *args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}: {error}") from None
        given = {name: value for name, value in bound.arguments.items() if name != "params"}
        super().__init__(params, NAMING.rule(self.rule_type, given, dialect))


def optimizer_of(rule: type[Rule], module: str) -> type[NativeOptimizer]:
    """The torch optimizer of a rule.

    Args:
        rule: The class of the rule.
        module: The module that the optimizer belongs to.
    """
    parameters = [
        Parameter("params", Parameter.POSITIONAL_OR_KEYWORD, annotation=ParamsT),
        *NAMING.parameters(rule),
        Parameter("dialect", Parameter.KEYWORD_ONLY, default="paper"),
    ]
    members = {
        "rule_type": rule,
        "__signature__": Signature(parameters),
        "__doc__": NAMING.docstring(rule),
        "__module__": module,
    }
    return type(NAMING.title(rule), (NativeOptimizer,), members)


def _method(rule_type: type[Rule], names: tuple[str, ...], *values: Any) -> Method:
    rule = NAMING.rule(rule_type, dict(zip(names, values, strict=True)))
    return Method(rule, {name: NAMING.slot(rule_type, name) for name in slot_names(rule)})


def _fits(rule: Rule, dtype: str) -> None:
    """Raise if a hyperparameter leaves its domain when it is rounded to the compute dtype."""
    init(rule, NumPyNamespace(), np.zeros((), dtype))


@lru_cache(maxsize=512, typed=True)
def _cached(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


def _remembered(function: Callable[..., Any], *args: Any) -> Any:
    """The result of a pure function, kept where its arguments can be hashed (a user's projection may not)."""
    try:
        hash(args)
    except TypeError:
        return function(*args)
    return _cached(function, *args)


def _plain(name: str, value: Any) -> Any:
    """A hyperparameter on the host: tensors of one element as numbers."""
    if isinstance(value, tuple | list):
        return tuple(_plain(name, v) for v in value)
    if not isinstance(value, Tensor):
        return value
    if value.numel() != 1:
        raise ValueError(f"{name} must be a number or a tensor of one element, got shape {tuple(value.shape)}")
    return value.item()


def _constant(value: Any) -> Any:
    """A hyperparameter as a constant of traced code; None for what is no number or string."""
    if isinstance(value, tuple | list):
        return tuple(_constant(v) for v in value)
    return value if isinstance(value, float | int | str) else None


def _dtype(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


def _check_gradient(what: str, grad: Tensor, theta: Tensor) -> None:
    if grad.layout != torch.strided:
        raise RuntimeError(f"{what} is sparse ({grad.layout}); it must be dense, or use torch.optim.SparseAdam")
    if grad.dtype != theta.dtype:
        raise TypeError(f"{what} must have dtype {theta.dtype}, got {grad.dtype}")
    if grad.shape != theta.shape:
        raise ValueError(f"{what} must have shape {tuple(theta.shape)}, got {tuple(grad.shape)}")
    if grad.device != theta.device:
        raise ValueError(f"{what} must be on device {theta.device}, got {grad.device}")


def _copy(to: list[Tensor], source: list[Tensor]) -> None:
    for x, y in zip(to, source, strict=True):
        x.copy_(y)
