"""Any rule as a `torch.optim.Optimizer`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from inspect import Parameter, Signature
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from adamcore.dialects import knobs
from adamcore.namespace import namespace_of
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import (
    AVERAGE,
    Coefficients,
    check_rounded,
    coefficients,
    compute_dtype,
    evaluates,
    evaluation,
    init,
    slot_names,
    slot_shapes,
)
from adamcore_torch._compiled import FREE, register, trace, unrounded
from adamcore_torch._engines import Method, Work, engine_of, run, start_of, unscale
from adamcore_torch._memory import entangled, overlaps_itself
from adamcore_torch._naming import NAMING, START, STEP
from adamcore_torch._options import (
    EXECUTION,
    OPTIONS,
    agreed,
    check_tensors,
    columns,
    defaults,
    docstring,
    keys,
    made,
    written,
)
from adamcore_torch._options import parameters as native_parameters
from adamcore_torch._plain import decode
from adamcore_torch._plan import Plan, planned
from adamcore_torch._sharding import aligned, check_alike, check_placed, is_zero, operand, placed
from adamcore_torch._state import load, packed


class RuleOptimizer(torch.optim.Optimizer):
    """A torch optimizer whose steps are those of a rule.

    Groups hold the hyperparameters and options under their PyTorch names; a change of a value takes effect at the next
    step. The state of each parameter holds its slots and `step`, an integer. However a step is executed (`foreach`,
    `fused`, `capturable`, `torch.compile`), it gives the same bits. Of a DTensor each process steps its shard; a rule
    or projection that is not elementwise is given the whole tensor, gathered.

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
    _kept: list[tuple[Tensor, Tensor]] | None = None  # the parameters, and what they held before their averages
    _evaluating = False
    _ran: tuple[str, ...] = ()
    _next: Plan | None = None  # of the next step, where it may be like the last one

    def __init__(self, params: ParamsT, rule: Rule, **execution: bool | None) -> None:
        if not isinstance(rule, Rule):
            raise TypeError(f"RuleOptimizer: rule must be a Rule such as adamcore.Adam(), got {rule!r}")
        for name in execution.keys() - EXECUTION.keys():
            raise TypeError(f"RuleOptimizer: unknown argument {name!r}; it has {', '.join(EXECUTION)}")
        self.rule_type = type(rule)
        self._start(params, defaults(type(rule), {**NAMING.native(rule), **execution}))

    def _start(self, params: ParamsT, values: dict[str, Any]) -> None:
        check_tensors(type(self).__name__, values)
        self.method({**values})
        super().__init__(params, values)

    @property
    def engine(self) -> str:
        """What the last step outside `torch.compile` was run by: `"plain"`, `"foreach"`, `"fused"` or `"capturable"`.

        Several, joined by commas, where the groups or the parameters differ; empty before the first step.
        """
        return ", ".join(self._ran)

    @property
    def _step_supports_amp_scaling(self) -> bool:
        """Whether `torch.amp.GradScaler` leaves it to `step` to unscale gradients, and to skip infinite ones."""
        return any(group["fused"] for group in self.param_groups)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, with hyperparameters of its own or the defaults.

        Raises:
            TypeError: A parameter is neither floating nor complex, or a key is a hyperparameter under another name.
            ValueError: A hyperparameter lies outside its domain.
        """
        if isinstance(param_group, dict):
            param_group.update(agreed(self.rule_type, param_group))
        super().add_param_group(param_group)
        try:
            self._check_group(self.param_groups[-1])
        except BaseException:
            self.param_groups.pop()
            raise

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Step every parameter that has a gradient. Everything is checked before anything is changed.

        With lr = 0 and gradients of zeros, a fresh optimizer makes the state and nothing else, in every mode of weight
        decay: `torch.distributed.checkpoint` takes such a step to have a state that it can load into.

        Args:
            closure: Evaluates the model anew and returns the loss.

        Returns:
            The loss, if there is a closure.

        Raises:
            ValueError: A hyperparameter, or the shape or device of a gradient, is not allowed.
            TypeError: A gradient has another dtype than its parameter.
            RuntimeError: A gradient is sparse, a parameter cannot be written, or the parameters hold their averages.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        if self._kept is not None:
            raise RuntimeError(
                f"{type(self).__name__}: a step inside averaged() or after eval() would be undone; leave it by train()"
            )
        if torch.compiler.is_compiling():
            self._trace()
            return loss
        _check_capture(self)
        if self._next is None or not self._next.run(self):
            self._next = None
            self._step()
        return loss

    @torch.no_grad()
    def _trace(self) -> None:
        """A step for `torch.compile` to follow."""
        for to, value in [pair for group in self.param_groups for pair in trace(self, group)]:
            to.copy_(value).detach()  # unused, torch 2.13 leaves out the copy into a 0-d float64 tensor

    @torch.no_grad()
    def _step(self) -> None:
        """A step that checks everything."""
        idle = not self.state and all(group["lr"] == 0 for group in self.param_groups)
        works = self._works(scalars=not idle)
        if not unscale(works, getattr(self, "grad_scale", None), getattr(self, "found_inf", None)):
            return
        only_state = idle and all(is_zero(work.grad) for work in works)
        if idle and not only_state:
            works = self._works()
        states = [self._complete(work.method, work.theta, work.engine == "capturable") for work in works]
        if not only_state:
            with torch.set_grad_enabled(self.defaults["differentiable"]):
                self._ran = run(works, states)
            if self._ran == ("fused",):
                self._next = planned(self, works)

    def share_memory(self) -> None:
        """Make the state of all parameters and move its slots to shared memory, where other processes step them too."""
        for group in self.param_groups:
            method = self.method(group)
            for theta in group["params"]:
                state = self._complete(method, theta, group["capturable"])
                for key in method.slots.values():
                    state[key].share_memory_()

    def averages(self) -> list[Tensor]:
        """The temporal averages of all parameters, in order: the parameter itself where there is none yet.

        A rule that has another point at which the model is to be evaluated, such as Schedule-Free, gives that. Inside
        `averaged()` and after `eval()` they are what the parameters hold.

        Raises:
            ValueError: No group keeps an average.
        """
        methods = [self.method(group) for group in self.param_groups]
        if not any(evaluates(method.rule) for method in methods):
            raise ValueError(f"{type(self).__name__}: average is None in every group, so no average was kept")
        owned = [(m, x) for m, group in zip(methods, self.param_groups, strict=True) for x in group["params"]]
        found = ((x.detach() if self._is_kept(x) else self._average(method, x), x.dtype) for method, x in owned)
        return [mean.to(dtype, copy=True) for mean, dtype in found]

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Put the temporal averages into the parameters for the time of the context, then restore these exactly.

        Raises:
            ValueError: No group keeps an average.
            RuntimeError: The averages are in the parameters already.
        """
        self._swap()
        try:
            yield
        finally:
            self._restore()

    def eval(self) -> None:
        """Put the points at which the model is to be evaluated into the parameters, until `train()`.

        Raises:
            ValueError: No group keeps an average, and no rule has such points of its own.
        """
        if not self._evaluating:
            self._swap()
            self._evaluating = True

    def train(self) -> None:
        """Put the parameters back as they were before `eval()`."""
        if self._evaluating:
            self._restore()

    def state_dict(self) -> dict[str, Any]:
        """The state of all parameters and the groups, as of every torch optimizer; each group names its rule.

        It is plain data that `torch.load(weights_only=True)` reads, and under the keys that torch's optimizers load.
        One that is saved after `eval()`, beside a model of averages, holds what the parameters held before: an
        optimizer that loads it waits for `train()`.
        """
        return packed(self, super().state_dict())

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state: ours, or that of the torch optimizer of the same rule. If it does not fit, nothing changes.

        Slots get the dtype that they have here, so that float32 moments of bfloat16 parameters stay so;
        `state_dtype="param"` makes them follow the parameter, as torch does. A group of torch brings torch's formula
        along, whatever the dialect was.

        Raises:
            ValueError: The state is another rule's, or its groups, slots, counters or shapes do not match.
            RuntimeError: The parameters hold their averages.
        """
        if self._kept is not None:
            raise RuntimeError(
                f"{type(self).__name__}: what is loaded inside averaged() or after eval() would be undone; call train()"
            )
        load(self, state_dict)

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles hold. One made inside `averaged()` or after `eval()` is to be sent to `train()`."""
        swapped = {} if self._kept is None else {"_kept": self._kept, "_evaluating": True}
        return {**super().__getstate__(), "rule_type": self.rule_type, **swapped}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        known = defaults(self.rule_type, {})
        for group in (self.defaults, *self.param_groups):
            for name, value in agreed(self.rule_type, known | group).items():
                group.setdefault(name, value)
        for entry in self.state.values():
            if not isinstance(entry.get(STEP, 0), Tensor):
                entry[STEP] = torch.tensor(int(entry[STEP]), dtype=torch.int64)

    def method(self, group: Mapping[str, Any], keep: bool = False) -> Method:
        """The rule of a group, as its values are now.

        Args:
            group: The group.
            keep: Whether tensors stay what they are; else they become the numbers that they hold.

        Raises:
            ValueError: A value lies outside its domain.
            TypeError: A value has the wrong type.
        """
        names = keys(self.rule_type)
        group = {name: decode(group[name]) for name in names}  # ZeroRedundancyOptimizer keeps what it loads
        values = tuple((_scalars if keep else _plain)(group[name]) for name in names)
        values = tuple(unrounded(value) if name == "lr" else value for name, value in zip(names, values, strict=True))
        method: Method = _remembered(_method, self.rule_type, names, *values)
        return method

    def fresh(self, method: Method, theta: Tensor) -> dict[str, Tensor]:
        """The slots of a parameter that has not stepped, by their keys in the state."""
        x = operand(method.rule, theta.detach())
        slots = init(method.rule, namespace_of(x), x)
        return {key: placed(method.rule, slots[name], theta) for name, key in method.slots.items()}

    def _swap(self) -> None:
        """Put the averages into the parameters."""
        if self._kept is not None:
            raise RuntimeError(f"{type(self).__name__}: averaged() must not be nested")
        means = self.averages()
        thetas = [theta for group in self.param_groups for theta in group["params"]]
        self._kept = [(theta, theta.detach().clone()) for theta in thetas]
        _copy(thetas, means)

    def _restore(self) -> None:
        """Put back what the parameters held before."""
        kept, self._kept, self._evaluating = self._kept or [], None, False
        _copy([theta for theta, _ in kept], [before for _, before in kept])

    def _is_kept(self, theta: Tensor) -> bool:
        return any(theta is kept for kept, _ in self._kept or ())

    def _average(self, method: Method, theta: Tensor) -> Tensor:
        state, x = self.state.get(theta, {}), theta.detach()
        if not evaluates(method.rule) or not state.keys() >= {*method.slots.values()} or state[STEP] == 0:
            return x
        c = coefficients(method.rule, Scalars(int(state[STEP].item()), compute_dtype(_dtype(theta))))
        slots = {name: operand(method.rule, state[key]) for name, key in method.slots.items()}
        whole = operand(method.rule, x)
        return placed(method.rule, evaluation(method.rule, namespace_of(whole), c, slots, whole), x)

    def _check_group(self, group: Mapping[str, Any]) -> None:
        known = columns(self.rule_type)
        renamed = {core for cores in known.values() for core in cores} - known.keys()
        for name in sorted((renamed | {"dialect"}) & group.keys()):
            raise TypeError(f"{type(self).__name__}: {name!r} is no key of a group; its keys are {', '.join(known)}")
        check_tensors(type(self).__name__, group)
        rule = self.method(group).rule
        for i, theta in enumerate(group["params"]):
            try:
                _remembered(_fits, rule, compute_dtype(_dtype(theta)))
                check_placed("it", theta)
            except TypeError as error:
                raise TypeError(f"{type(self).__name__}: parameter {i}: {error}") from None

    def _gradients(self, method: Method, group: Mapping[str, Any]) -> Iterator[tuple[Tensor, Tensor]]:
        """The parameters of a group that step, each with its gradient."""
        for i, theta in enumerate(group["params"]):
            if theta.grad is None and method.rule.missing == "skip":
                continue
            what = f"parameter {i} of its group"
            _check_writable(f"{type(self).__name__}: {what}", theta, group)
            grad = torch.zeros_like(theta) if theta.grad is None else theta.grad
            _check_gradient(f"{type(self).__name__}: the gradient of {what}", grad, theta)
            _remembered(_fits, method.rule, compute_dtype(_dtype(theta)))
            state = self.state.get(theta, {})
            if state and AVERAGE in method.slots and AVERAGE not in state:
                raise ValueError(f"{type(self).__name__}: average must be chosen before the first step")
            for name, key in method.slots.items():
                if key in state:
                    title = f"{type(self).__name__}: the slot {key!r} of {what}"
                    _check_slot(title, name, state[key], theta, method.rule)
            yield theta, aligned(grad, theta)

    def _works(self, scalars: bool = True) -> list[Work]:
        """The work of a step; `scalars` are not needed where only the state is made."""
        return [work for group in self.param_groups for work in self._plan(group, scalars)]

    def _plan(self, group: Mapping[str, Any], scalars: bool) -> Iterator[Work]:
        """The work of a step on one group. Parameters with the same counter and dtype share their scalars."""
        check_tensors(type(self).__name__, group)
        method = self.method(group, keep=group["capturable"])
        if method.rule.joint and group["capturable"]:
            raise RuntimeError(f"{type(self).__name__}: capturable must be False, as its steps join all parameters")
        shared: dict[tuple[int, int, str], Coefficients | None] = {}
        again: Counter[Tensor] = Counter()  # torch warns of a parameter that is there twice, and steps it twice
        for theta, grad in self._gradients(method, group):
            engine, state = engine_of(method.rule, group, theta), self.state.get(theta, {})
            if engine == "capturable":  # the host must not wait for a value
                yield Work(engine, method, theta, grad, 0, None)
                continue
            again[theta] += 1
            t = (int(state[STEP].item()) if state else 0) + again[theta]
            start, work = int(start_of(method, state)), compute_dtype(_dtype(theta))
            if (t, start, work) not in shared:
                found = coefficients(method.rule, Scalars(t, work, start=start)) if scalars else None
                shared[t, start, work] = found
            yield Work(engine, method, theta, grad, t, shared[t, start, work])

    def _complete(self, method: Method, theta: Tensor, capturable: bool = False) -> dict[str, Tensor]:
        """The state of a parameter, with what it lacks: everything before its first step, or a slot new to the rule."""
        state: dict[str, Tensor] = self.state[theta]
        if any(key not in state for key in (STEP, *method.slots.values())):
            device, start = theta.device if capturable else torch.device("cpu"), start_of(method, state)
            state = {STEP: torch.zeros((), dtype=torch.int64, device=device), **self.fresh(method, theta)} | state
            if isinstance(start, Tensor):
                state[START] = start.clone()
            self.state[theta] = state
        return state

    def _init_group(
        self,
        group: dict[str, Any],
        free: list[str],
        names: list[str],
        known: list[Any],
        thetas: list[Tensor],
        grads: list[Tensor],
        steps: list[Tensor],
        slots: list[Tensor],
        starts: list[Tensor],
    ) -> str:
        """Fill the lists with what a step on the group works on. `torch.compile` knows this method by its name."""
        method = self.method(group)
        if method.rule.joint:
            raise RuntimeError(
                f"{type(self).__name__}: its steps join all parameters, which torch.compile cannot trace"
            )
        cores = {name: found for name, found in columns(self.rule_type).items() if hasattr(method.rule, found[0])}
        free.extend(name for name, found in cores.items() if set(found) <= {*FREE} and _is_free(name, group[name]))
        names.extend(
            name for name in (*columns(self.rule_type), *OPTIONS.get(self.rule_type.name, {})) if name not in free
        )
        known.extend(_constant(group[name]) for name in names)
        states = []
        for theta, grad in self._gradients(method, group):
            state = self._complete(method, theta, theta.is_cuda)
            states.append(state)
            thetas.append(theta)
            grads.append(grad)
            steps.append(state[STEP])
            slots.extend(state[key] for key in method.slots.values())
        if any(START in state for state in states):
            starts.extend(state.setdefault(START, torch.zeros_like(state[STEP])) for state in states)
        if entangled(zip(thetas, grads, strict=True)):
            raise RuntimeError(f"{type(self).__name__}: compiled code cannot step parameters that share memory")
        return register(method, tuple(core for name in free for core in cores[name]))


class NativeOptimizer(RuleOptimizer):
    """The base of the optimizers that stand for one rule each."""

    __signature__: ClassVar[Signature]

    def __init__(self, params: ParamsT, *args: Any, dialect: str = "paper", **kwargs: Any) -> None:
        try:
            bound = self.__signature__.bind(params, *args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}: {error}") from None
        given = {name: value for name, value in bound.arguments.items() if name != "params"}
        knobs(self.rule_type, dialect)
        self._start(params, defaults(self.rule_type, given, dialect))


def optimizer_of(rule: type[Rule], module: str) -> type[NativeOptimizer]:
    """The torch optimizer of a rule.

    Args:
        rule: The class of the rule.
        module: The module that the optimizer belongs to.
    """
    parameters = [
        Parameter("params", Parameter.POSITIONAL_OR_KEYWORD, annotation=ParamsT),
        *native_parameters(rule),
        Parameter("dialect", Parameter.KEYWORD_ONLY, default="paper"),
    ]
    members = {
        "rule_type": rule,
        "__signature__": Signature(parameters),
        "__doc__": docstring(rule),
        "__module__": module,
    }
    return type(NAMING.title(rule), (NativeOptimizer,), members)


def _method(rule_type: type[Rule], names: tuple[str, ...], *values: Any) -> Method:
    rule = made(rule_type, dict(zip(names, values, strict=True)))
    return Method(rule, {name: NAMING.slot(type(rule), name) for name in slot_names(rule)})


def _fits(rule: Rule, dtype: str) -> None:
    """Raise if a hyperparameter leaves its domain when it is rounded to the compute dtype."""
    check_rounded(rule, dtype, written(type(rule)))


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


def _plain(value: Any) -> Any:
    """A hyperparameter on the host: tensors of one element as numbers."""
    if isinstance(value, tuple | list):
        return tuple(_plain(v) for v in value)
    return value.item() if isinstance(value, Tensor) and value.numel() == 1 else value


def _scalars(value: Any) -> Any:
    """A hyperparameter where it is: tensors of one element as 0-d ones."""
    if isinstance(value, tuple | list):
        return tuple(_scalars(v) for v in value)
    return value.reshape(()) if isinstance(value, Tensor) and value.numel() == 1 else value


def _is_free(name: str, value: Any) -> bool:
    """Whether a hyperparameter may be an input of traced code: numbers, and zeros where they choose no other code."""
    if isinstance(value, tuple | list):
        return all(_is_free(name, v) for v in value)
    if isinstance(value, Tensor):
        return True
    return isinstance(value, float | int) and not isinstance(value, bool) and (name in ("lr", "betas") or value != 0)


def _constant(value: Any) -> Any:
    """A hyperparameter as a constant of traced code; None for what is no number or string."""
    if isinstance(value, tuple | list):
        return tuple(_constant(v) for v in value)
    return value if isinstance(value, float | int | str) else None


def _dtype(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


def _check_gradient(what: str, grad: Tensor, theta: Tensor) -> None:
    check_alike(what, grad, theta)
    if grad.layout != torch.strided:
        raise RuntimeError(f"{what} is sparse ({grad.layout}); it must be dense, or use torch.optim.SparseAdam")
    if grad.dtype != theta.dtype:
        raise TypeError(f"{what} must have dtype {theta.dtype}, got {grad.dtype}")
    if grad.shape != theta.shape:
        raise ValueError(f"{what} must have shape {tuple(theta.shape)}, got {tuple(grad.shape)}")
    if grad.device != theta.device:
        raise ValueError(f"{what} must be on device {theta.device}, got {grad.device}")


def _check_writable(what: str, theta: Tensor, group: Mapping[str, Any]) -> None:
    if overlaps_itself(theta):
        raise RuntimeError(f"{what} is expanded: several of its elements are one place in memory; clone it first")
    if group["differentiable"] and theta.requires_grad and theta.is_leaf:
        raise RuntimeError(f"{what} is a leaf that requires grad: a differentiable step needs a clone of it")
    if group["fused"] and not theta.is_floating_point():
        raise RuntimeError(f"{what} must be a floating point tensor with fused=True, got {theta.dtype}")


def _check_slot(what: str, name: str, slot: Tensor, theta: Tensor, rule: Rule) -> None:
    shape = theta.shape if rule.elementwise else slot_shapes(rule, tuple(theta.shape))[name]
    if slot.shape != shape:
        raise ValueError(f"{what} must have shape {tuple(shape)}, got {tuple(slot.shape)}")
    if overlaps_itself(slot):
        raise RuntimeError(f"{what} is expanded: several of its elements are one place in memory")


_HEALTH = ("_accelerator_graph_capture_health_check", "_cuda_graph_capture_health_check")  # its name changed
_check_capture = next(getattr(torch.optim.Optimizer, name) for name in _HEALTH if hasattr(torch.optim.Optimizer, name))
"""torch's own check that a step which is captured in a graph is capturable."""


def _copy(to: list[Tensor], source: list[Tensor]) -> None:
    for x, y in zip(to, source, strict=True):
        x.detach().copy_(y)
