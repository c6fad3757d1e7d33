"""A Keras optimizer that runs a rule of adamcore."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from operator import is_
from typing import Any, NamedTuple

import keras
import ml_dtypes  # noqa: F401  makes bfloat16 known to NumPy
import numpy as np

from adamcore import RULES
from adamcore.domains import Interval, check
from adamcore.engines.xla import Work
from adamcore.namespace import NumPyNamespace
from adamcore.rule import Rule
from adamcore.update import compute_dtype, evaluates, init, slot_names, slot_shapes
from adamcore_keras._fused import Pending, can_fuse, planned, step_fused
from adamcore_keras._namespaces import active
from adamcore_keras._naming import NAMING
from adamcore_keras._program import step_in_program
from adamcore_keras._schedules import RuleSchedule, native_rate
from adamcore_keras._serialization import decode, encode
from adamcore_keras._step import Common, Prepared, columns, evaluated, prepare, rows, take, together

STATE = "adamcore"  # the entry of a weights file that names rule and slots
COUNTERS = "step"  # the variable that counts steps
EXCLUDED = "exclude_from_weight_decay"  # the entry of a configuration with what does not decay
_BOUND = Interval(0, math.inf, open_high=True, optional=True)
_AROUND = {  # what Keras does not check
    **dict.fromkeys(("clipnorm", "clipvalue", "global_clipnorm"), _BOUND),
    "loss_scale_factor": Interval(0, math.inf, open_low=True, open_high=True, optional=True),
}


class _Shared(NamedTuple):
    """What the steps of many variables share: the counters, as numbers if nothing is traced, and scalars by index."""

    counters: Any  # None where every replica reads its own
    made: Mapping[int, Common]


class Optimizer(keras.optimizers.Optimizer):
    """Runs any rule of adamcore, or a user's own, as a Keras optimizer.

    Every variable has its own step counter, an entry of one vector, so that a missing gradient leaves the variable, its
    slots and its counter alone. Weight decay is the rule's. The learning rate is a float (which callbacks may change),
    a schedule of Keras, which counts iterations from 0, or a schedule of adamcore, which counts the variable's steps
    from 1. Keras keeps a float in its `floatx`: variables of float64 need `keras.config.set_floatx("float64")`, or see
    it rounded to float32. A sparse gradient means the dense one of the same values, for moments and decay too.

    Args:
        rule: The rule, such as `adamcore.Adam(lr=1e-3)`.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
        clipvalue: Bound of the size of every gradient element.
        global_clipnorm: Bound of the norm of all gradients together.
        use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
        ema_momentum: Decay of that average.
        ema_overwrite_frequency: How often it replaces the variables.
        loss_scale_factor: What the loss was multiplied by.
        gradient_accumulation_steps: Steps over which gradients are averaged.
        name: Name of the optimizer.
        fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
            True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        fused: bool | None = None,
    ) -> None:
        if not isinstance(rule, Rule):
            raise TypeError(f"Optimizer: rule must be a rule such as adamcore.Adam(), got {rule!r}")
        around = (clipnorm, clipvalue, global_clipnorm, loss_scale_factor)
        for (argument, domain), value in zip(_AROUND.items(), around, strict=True):
            check(type(self).__name__, argument, value, domain)
        check(type(self).__name__, "fused", fused, (None, False, True))
        # Keras' __setattr__ is not ready, and its base sets weight_decay
        start = {"_rule": rule, "built": False, "_was_traced": False, "_swapped": False, "_excluded": ((), ())}
        start |= {"_fuses": fused}
        start |= {"_ran": (), "_in_force": {}, "_shared": None, "_counters": None, "_plan": None}
        for field, value in start.items():
            object.__setattr__(self, field, value)
        super().__init__(
            learning_rate=native_rate(type(self).__name__, rule.lr),
            weight_decay=rule.weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
        )
        self._xp = active()
        self._uncompiled_apply = self._xp.uncompiled(self._apply)

    @property
    def rule(self) -> Rule:
        """The rule as it is now. Its `lr` is the learning rate in force, rounded to `floatx` if it was set since."""
        return replace(self._rule, lr=self._lr())

    @property
    def engine(self) -> str:
        """What ran the last step, or is in the program of it: `"fused"`, the core's kernel, or `"plain"`; or both.

        Empty before the first step. TensorFlow and JAX compile the plain one themselves.
        """
        return ", ".join(self._ran)

    @property
    def weight_decay(self) -> float:
        """The weight decay of the rule."""
        return self._rule.weight_decay

    @weight_decay.setter
    def weight_decay(self, value: float | None) -> None:
        self._change("weight_decay", 0.0 if value is None else value)

    @property
    def learning_rate(self) -> Any:
        """The learning rate in force, as in every Keras optimizer."""
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        rate = native_rate(type(self).__name__, value)
        keras.optimizers.Optimizer.learning_rate.fset(self, rate)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Exclude variables from weight decay; what matches nothing is warned of in `build`.

        The exclusion is a part of the configuration, by the paths of variables, so that a saved model keeps it.

        Args:
            var_list: Variables.
            var_names: Regular expressions, searched in the name of a variable and in its path, such as `"dense_1/"`.

        Raises:
            ValueError: The optimizer is built.
        """
        if self.built:
            raise ValueError(f"{type(self).__name__}: call exclude_from_weight_decay() before build(variables)")
        super().exclude_from_weight_decay(var_list, var_names)
        object.__setattr__(self, "_excluded", (tuple(var_list or ()), tuple(var_names or ())))

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create slots and counters of variables: first all slots, variable by variable, then a vector of counters.

        Raises:
            TypeError: A variable is neither floating nor complex, or the backend cannot step complex ones so.
        """
        if self.built:
            return
        variables = list(variables)
        for v in variables:
            if not self._is_overwritten(v):
                _check_variable(self._rule, v)
        self._warn_of_unmatched(variables)
        super().build(variables)
        self._slots = [{} if self._is_overwritten(v) else self._new_slots(v) for v in variables]
        self._counters = self._new_counters(variables)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[keras.Variable] | None = None) -> None:
        """Step all variables that have a gradient. Everything is checked before anything changes.

        Raises:
            ValueError: A gradient has another shape than its variable, or there are not as many gradients as variables.
            TypeError: A gradient is no floating array.
        """
        self._uncompiled_apply(grads, trainable_variables)

    def _apply(self, grads: Sequence[Any], trainable_variables: Sequence[keras.Variable] | None) -> None:
        grads = [self._xp.dense(g) if self._xp.is_sparse(g) else g for g in grads]
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
        variables = self._trainable_variables if trainable_variables is None else trainable_variables
        if self.built or trainable_variables is not None:
            if len(grads) != len(variables):
                raise ValueError(f"there must be one gradient for each of {len(variables)} variables, got {len(grads)}")
            if self.built:
                self._check_variables_are_known(variables)
            for g, v in zip(grads, variables, strict=True):
                if g is not None:
                    _check_gradient(g, v)
            if self._rule.missing == "zero":
                grads = [self._zeros(v) if g is None else g for g, v in zip(grads, variables, strict=True)]
        super().apply(grads, trainable_variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Step one variable. Keras calls it for each.

        Raises:
            ValueError: The optimizer is not built, or not for this variable.
        """
        self._check_built("update_step")
        self._check_variables_are_known([variable])
        self._take(self._prepare(gradient, variable, learning_rate), variable)
        if self._shared is None:
            self._count([variable])

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        """Step all variables; those of a joint rule need what they have in common first."""
        object.__setattr__(self, "_ran", ())
        if not self._rule.joint:
            left_grads, left = self._fused(grads, trainable_variables, learning_rate)
            if left:
                object.__setattr__(self, "_shared", self._sharing(left_grads, left, learning_rate))
                try:
                    super()._backend_update_step(left_grads, left, learning_rate)
                finally:
                    object.__setattr__(self, "_shared", None)
            self._count(trainable_variables)
            return
        if (replicas := self._xp.replicas()) > 1:
            said = f"{replicas} replicas cannot join all gradients; use one"
            raise NotImplementedError(f"{type(self).__name__}: {said}")
        variables = [getattr(v, "_variable", v) for v in trainable_variables]
        steps = [self._prepare(g, v, learning_rate) for g, v in zip(grads, variables, strict=True)]
        with self._xp.precise():
            steps = together(self._xp, steps)
        for step, variable in zip(steps, variables, strict=True):
            self._take(step, variable)
        self._count(variables)

    def _fused(
        self, grads: Sequence[Any], variables: Sequence[Any], learning_rate: Any
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        """Step the variables that one pass over memory can; the gradients and variables that are left."""
        if self._fuses and keras.backend.backend() == "jax":
            return self._fused_program(grads, variables, learning_rate)
        if self._fuses is False or not can_fuse(self._rule):
            return grads, variables
        counts, lr = keras.ops.convert_to_numpy(self._counters), self._rate(learning_rate)
        lr = lr if callable(lr) else float(lr)

        def rule_of(decays: bool) -> Rule:
            return self._rule_at(lr, decays)

        if self._plan is not None and self._plan.step(grads, variables, counts, rule_of):
            object.__setattr__(self, "_ran", ("fused",))
            return [], []
        xp, pending, indices = self._xp, [], [self._get_variable_index(v) for v in variables]
        for g, v, i in zip(grads, variables, indices, strict=True):
            slots = {name: s.value for name, s in self._slots[i].items()}
            grad = g if keras.ops.is_tensor(g) else xp.array(g)
            pending.append(Pending(grad, slots, v.value, int(counts[i]), self._use_weight_decay(v)))
        done = step_fused(pending, rule_of)
        if any(done):
            object.__setattr__(self, "_ran", ("fused",))
        plan = planned(pending, variables, indices, [self._slots[i] for i in indices]) if done and all(done) else None
        object.__setattr__(self, "_plan", plan)
        return _left(grads, variables, done)

    def _fused_program(
        self, grads: Sequence[Any], variables: Sequence[Any], learning_rate: Any
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        """`_fused` while JAX traces a program. A step outside of one would be compiled every time."""
        xp, rule, lr = self._xp, self._rule, self._rate(learning_rate)
        counters = xp.array(self._counters)
        if not (xp.is_traced(counters) and self._has_columns(lr)):
            return grads, variables
        self._was_traced = True
        indices = [self._get_variable_index(v) for v in variables]
        slots = [self._slots[i] for i in indices]
        with xp.precise():
            works = [
                Work(xp.array(g), {name: xp.array(s) for name, s in held.items()}, xp.array(v))
                for g, held, v in zip(grads, slots, variables, strict=True)
            ]
            decays = [self._use_weight_decay(self._trainable_variables[i]) for i in indices]
            taken = keras.ops.take(counters, indices)
            done = step_in_program(xp, {True: rule, False: rule.without_decay()}, lr, taken, works, decays)
        for v, held, stepped in zip(variables, slots, done, strict=True):
            if stepped:
                self._write(v, held, stepped.theta, stepped.slots)
        if any(done):
            object.__setattr__(self, "_ran", ("fused",))
        return _left(grads, variables, done)

    def _has_columns(self, lr: Any) -> bool:
        """Whether the scalars of many variables can be made together."""
        rule = self._rule
        return type(rule) in RULES and rule.elementwise and rule.rounding != "stochastic" and not callable(lr)

    def _sharing(self, grads: Sequence[Any], variables: Sequence[Any], learning_rate: Any) -> _Shared:
        """What the steps of these variables share."""
        xp = self._xp
        if xp.replicas() > 1:
            return _Shared(None, {})
        counters = xp.array(self._counters)
        if not xp.is_traced(counters, *grads):
            return _Shared(keras.ops.convert_to_numpy(counters).tolist(), {})
        return _Shared(counters, self._scalars(counters, variables, learning_rate))

    def _scalars(self, counters: Any, variables: Sequence[Any], learning_rate: Any) -> dict[int, Common]:
        """The scalars of the variables of a traced step by index, made together where many would repeat the work."""
        rule, xp, lr = self._rule, self._xp, self._rate(learning_rate)
        if not self._has_columns(lr) or len(variables) == 1 or not xp.is_traced(counters):
            return {}
        groups: dict[tuple[bool, str], list[int]] = {}
        for v in variables:
            i = self._get_variable_index(v)
            work = compute_dtype(keras.backend.standardize_dtype(v.dtype))
            groups.setdefault((self._use_weight_decay(self._trainable_variables[i]), work), []).append(i)
        found: dict[int, Common] = {}
        with xp.precise():
            for (decays, work), members in groups.items():
                common = columns(xp, rule if decays else rule.without_decay(), lr, counters, work)
                made = rows(xp, common.coefficients, members)
                found |= {i: common._replace(coefficients=c) for i, c in zip(members, made, strict=True)}
        return found

    def _rule_at(self, lr: Any, decays: bool) -> Rule:
        """The rule of a step: the same object until something changes, so that its kernel is found."""
        source, rate, rule = self._in_force.get(decays, (None, None, self._rule))
        if source is not self._rule or rate != lr:
            rule = replace(self._rule if decays else self._rule.without_decay(), lr=lr)
            self._in_force[decays] = self._rule, lr, rule
        return rule

    def _prepare(self, gradient: Any, variable: Any, learning_rate: Any) -> Prepared:
        i, xp, shared = self._get_variable_index(variable), self._xp, self._shared or _Shared(None, {})
        counters = xp.array(self._counters) if shared.counters is None else shared.counters
        if xp.is_traced(counters):
            self._was_traced = True
        common = shared.made.get(i)
        counter = counters if common else counters[i]
        rule = self._rule
        if not self._use_weight_decay(self._trainable_variables[i]):
            rule = rule.without_decay()
        with xp.precise():
            slots = {name: xp.array(s) for name, s in self._slots[i].items()}
            lr = self._rate(learning_rate)
            return prepare(xp, rule, lr, counter, xp.array(gradient), slots, xp.array(variable), common)

    def _take(self, step: Prepared, variable: Any) -> None:
        i, xp = self._get_variable_index(variable), self._xp
        with xp.precise():
            done = take(xp, step)
        self._write(variable, self._slots[i], done.theta, done.slots)
        if "plain" not in self._ran:
            object.__setattr__(self, "_ran", (*self._ran, "plain"))

    def _write(self, variable: Any, held: Mapping[str, Any], theta: Any, slots: Mapping[str, Any]) -> None:
        self.assign(variable, theta)
        for name, s in held.items():
            self.assign(s, slots[name])

    def _count(self, variables: Sequence[Any]) -> None:
        """Count the step that these variables took."""
        step: Any = 1
        if len(variables) < len(self._slots) or not all(map(is_, variables, self._trainable_variables)):
            stepped = np.zeros(len(self._slots), np.int32)
            stepped[[self._get_variable_index(v) for v in variables]] = 1
            step = keras.ops.convert_to_tensor(stepped)
        self.assign(self._counters, self._xp.array(self._counters) + step)

    def averaged_variables(self) -> list[Any]:
        """The temporal averages of the variables, in order; the variable itself where it has not stepped yet.

        A rule that has another point at which the model is to be evaluated, such as Schedule-Free, gives that. Inside
        `averaged()` they are what the variables hold.

        Raises:
            ValueError: The rule keeps no average, or the optimizer is not built.
        """
        self._check_built("averaged_variables")
        if not evaluates(self._rule):
            raise ValueError(f"{type(self).__name__}: average is None, so no average was kept")
        if self._swapped:
            return [self._xp.array(v) for v in self._trainable_variables]
        counters = self._xp.array(self._counters) if self._slots else ()
        with self._xp.precise():
            pairs = enumerate(zip(self._trainable_variables, self._slots, strict=True))
            return [self._averaged(v, slots, counters[i]) for i, (v, slots) in pairs]

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Put the temporal averages into the variables for the time of the context, then restore these exactly.

        Raises:
            ValueError: The rule keeps no average, or the optimizer is not built.
        """
        means = [keras.ops.convert_to_numpy(x) for x in self.averaged_variables()]
        kept, before = [keras.ops.convert_to_numpy(v) for v in self._trainable_variables], self._swapped
        try:
            self._swapped = True
            _assign(self._trainable_variables, means)
            yield
        finally:
            _assign(self._trainable_variables, kept)
            self._swapped = before

    def get_config(self) -> dict[str, Any]:
        """The rule by name and fields, and Keras' own arguments."""
        config = super().get_config()
        del config["weight_decay"]
        listed, patterns = self._excluded
        excluded = [_pattern(_texts(v)[1]) for v in listed] + list(patterns)
        told = ({EXCLUDED: excluded} if excluded else {}) | ({} if self._fuses is None else {"fused": self._fuses})
        return config | {"rule": encode(self._rule, without=("lr",))} | told

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
        """The optimizer with such a configuration."""
        values = {name: decode(value, custom_objects) for name, value in config.items()}
        excluded = values.pop(EXCLUDED, None)
        made = cls._of(values)
        if excluded:
            made.exclude_from_weight_decay(var_names=excluded)
        return made

    @classmethod
    def _of(cls, values: dict[str, Any]) -> Optimizer:
        """The optimizer with the values of a configuration."""
        rate = values.pop("learning_rate")
        return cls(replace(values.pop("rule"), lr=rate), **values)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all variables of the optimizer.

        Raises:
            ValueError: The optimizer is not built, or numbers or shapes do not match; nothing is changed then.
        """
        self._check_built("set_weights")
        if misfit := _misfit([(v.name, tuple(v.shape)) for v in self.variables], weights):
            raise ValueError(misfit)
        super().set_weights(weights)

    def save_own_variables(self, store: Any) -> None:
        """Save variables by position as Keras does, counters one by one, and what they are: rule, slots, names."""
        values = [x for v in self.variables for x in self._split(v, v.numpy())]
        for i, value in enumerate(values):
            store[str(i)] = value
        store[STATE] = np.frombuffer("\n".join([self._layout(), *self._names()]).encode(), np.uint8)

    def load_own_variables(self, store: Any) -> None:
        """Load what `save_own_variables` saved: by name where the names are the same in another order, else in order.

        As in every Keras optimizer, a state that is another rule's, or of other variables, is not loaded, with a
        warning. A state of Keras' own optimizers has no names: Adadelta's would pass for Adam's.
        """
        if misfit := self._load(store):
            goes_on = "keeps its state" if self.built and _number(self.iterations) else "starts afresh"
            warnings.warn(f"{self.name}: the optimizer {goes_on}, for {misfit}", stacklevel=2)

    def _load(self, store: Any) -> str | None:
        """Load a state, or say why it cannot be; nothing is changed then."""
        head = bytes(np.asarray(store[STATE])).decode() if STATE in store.keys() else ""  # noqa: SIM118
        saved, *names = head.split("\n")
        if not self.built and names != self._names():
            return "it is not built"
        if saved != self._layout():
            found = f"that of {saved!r}" if saved else "one that no optimizer of adamcore saved"
            return f"the saved state must be of {self._layout()!r}, got {found}"
        values = [store[str(i)] for i in range(len(store.keys()) - 1)]
        if len(set(names)) == len(names) == len(values) and sorted(names) == sorted(self._names()):
            values = [values[names.index(name)] for name in self._names()]
        if misfit := _misfit(self._saved(), values):
            return misfit
        rest = iter(values)
        for v in self.variables:
            v.assign(self._joined(rest) if v is self._counters else next(rest))
        return None

    def _saved(self) -> list[tuple[str, tuple[int, ...]]]:
        """Name and shape of everything that is saved: a file has a counter for each variable, not their vector."""
        counters = [(f"{_path(self._trainable_variables[i])}_{COUNTERS}", ()) for i in self._counted()]
        return [x for v in self.variables for x in (counters if v is self._counters else [(v.name, tuple(v.shape))])]

    def _split(self, variable: Any, value: Any) -> list[Any]:
        """What is saved of a variable."""
        return [np.array(value[i]) for i in self._counted()] if variable is self._counters else [value]

    def _joined(self, values: Iterator[Any]) -> Any:
        """The vector of counters, from what was saved."""
        found = np.zeros(self._counters.shape, np.int32)
        for i in self._counted():
            found[i] = np.asarray(next(values))
        return found

    def _counted(self) -> list[int]:
        """The indices of variables that have a counter."""
        if self._counters is None:
            return []
        return [i for i, v in enumerate(self._trainable_variables) if not self._is_overwritten(v)]

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        """Nothing: the rule decays."""

    def _zeros(self, variable: keras.Variable) -> Any:
        return self._xp.zeros_like(self._xp.array(variable))

    def _is_overwritten(self, variable: Any) -> bool:
        return self._overwrite_variable_with_gradient(variable)

    def _rate(self, learning_rate: Any) -> Any:
        """A number, an array, or the schedule that the rule computes itself."""
        if isinstance(self._learning_rate, RuleSchedule):
            return self._learning_rate.schedule
        return learning_rate if isinstance(learning_rate, float) else self._xp.array(learning_rate)

    def _lr(self) -> Any:
        """The learning rate in force as rules have it: the exact number of the start, if it is still that."""
        rate, start = self._learning_rate, self._rule.lr
        if isinstance(rate, RuleSchedule):
            return rate.schedule
        if not isinstance(rate, keras.Variable):
            return rate
        now = keras.ops.convert_to_numpy(rate)
        return start if isinstance(start, float) and now.dtype.type(start) == now else float(now)

    def _change(self, field: str, value: Any) -> None:
        """Set a hyperparameter of the rule."""
        owner, native = type(self).__name__, _native_name(self._rule, field)
        if field in self._rule.domains:
            check(owner, native, value, self._rule.domains[field])
        rule = replace(self._rule, **{field: value})
        if self.built and slot_names(rule) != slot_names(self._rule):
            raise ValueError(f"{owner}: {native} decides which slots there are; set it before build")
        if self._was_traced and rule != self._rule:
            again = "model.make_train_function(force=True) makes a new one"
            warnings.warn(f"{owner}: {native} has no effect on a step that is compiled already: {again}", stacklevel=3)
        object.__setattr__(self, "_rule", rule)

    def _use_weight_decay(self, variable: Any) -> bool:
        pattern = getattr(self, "_exclude_from_weight_decay_pattern", None)
        if pattern is not None and pattern.search(getattr(variable, "path", variable.name)):
            return False
        return bool(super()._use_weight_decay(variable))

    def _warn_of_unmatched(self, variables: Sequence[Any]) -> None:
        listed, patterns = self._excluded
        keys, texts = {self._var_key(v) for v in variables}, [t for v in variables for t in _texts(v)]
        unmatched = [_path(v) for v in listed if self._var_key(v) not in keys]
        unmatched += [p for p in patterns if not any(re.search(p, text) for text in texts)]
        if unmatched:
            message = f"exclude_from_weight_decay: nothing matches {unmatched}, so that it excludes nothing"
            warnings.warn(f"{type(self).__name__}: {message}", stacklevel=3)

    def _new_slots(self, variable: keras.Variable) -> dict[str, keras.Variable]:
        theta = np.zeros((), np.dtype(keras.backend.standardize_dtype(variable.dtype)))
        dtypes = {name: str(s.dtype) for name, s in init(self._rule, NumPyNamespace(), theta).items()}
        shapes = slot_shapes(self._rule, tuple(variable.shape))
        return {name: self._new_slot(variable, name, dtype, shapes[name]) for name, dtype in dtypes.items()}

    def _new_slot(self, variable: keras.Variable, slot: str, dtype: str, slot_shape: tuple[int, ...]) -> keras.Variable:
        """`add_variable_from_reference`, but of another dtype or shape than the reference's."""

        def start(shape: Any, dtype: Any = None) -> Any:
            with self._xp.precise():
                return init(self._rule, self._xp, self._xp.array(variable))[slot]

        with self._xp.beside(variable):
            return self.add_variable(
                slot_shape,
                start,
                dtype,
                layout=getattr(variable, "_layout", None) if slot_shape == tuple(variable.shape) else None,
                name=f"{_path(variable)}_{NAMING.slot(type(self._rule), slot)}",
            )

    def _new_counters(self, variables: Sequence[keras.Variable]) -> keras.Variable | None:
        """One counter for each variable; those of overwritten ones stay 0. One vector: compiled steps pay for each."""
        if not variables:
            return None
        with self._xp.beside(variables[0]):
            return self.add_variable(
                (len(variables),), "zeros", "int32", aggregation="only_first_replica", name=COUNTERS
            )

    def _averaged(self, variable: Any, slots: Mapping[str, Any], counter: Any) -> Any:
        xp, theta = self._xp, self._xp.array(variable)
        if not slots:
            return theta
        with xp.precise():
            before, lr = {name: xp.array(s) for name, s in slots.items()}, self._rate(self.learning_rate)
            return evaluated(xp, self._rule, lr, counter, before, theta)

    def _layout(self) -> str:
        return f"{self._rule.name}: {', '.join(slot_names(self._rule)) or 'no slots'}"

    def _names(self) -> list[str]:
        return [name for name, _ in self._saved()]

    def _check_built(self, method: str) -> None:
        if not self.built:
            raise ValueError(f"{type(self).__name__}: call build(variables) before {method}()")


def _left(grads: Sequence[Any], variables: Sequence[Any], done: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The gradients and variables that did not step."""
    pairs = [(g, v) for g, v, stepped in zip(grads, variables, done, strict=True) if not stepped]
    return [g for g, _ in pairs], [v for _, v in pairs]


def _path(variable: Any) -> str:
    return getattr(variable, "path", variable.name).replace("/", "_").replace(":", "_")


def _native_name(rule: Rule, field: str) -> str:
    return next(name for name, cores in NAMING.columns(type(rule)).items() if field in cores)


def _pattern(path: str) -> str:
    """What matches a path; in a model that is loaded it may lack the names of outer models."""
    *outer, name = map(re.escape, path.split("/"))
    layer, lead = f"{outer.pop()}/" if outer else "", ""
    for part in outer:
        lead = f"(?:{lead}{part}/)?"
    return f"^{lead}{layer}{name}$"


def _texts(variable: Any) -> tuple[str, str]:
    return variable.name, getattr(variable, "path", variable.name)


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for v, value in zip(variables, values, strict=True):
        v.assign(value)


def _check_variable(rule: Rule, variable: Any) -> None:
    dtype = keras.backend.standardize_dtype(variable.dtype)
    try:
        compute_dtype(dtype)
    except TypeError as error:
        raise TypeError(f"{_path(variable)}: {error}") from None
    if dtype.startswith("complex") and rule.complex == "modulus" and keras.backend.backend() == "tensorflow":
        message = (
            "complex must be 'pairs' on TensorFlow, whose operators mix no complex with real tensors, got 'modulus'"
        )
        raise TypeError(f"{_path(variable)}: {message}")


def _check_gradient(g: Any, variable: Any) -> None:
    if not (keras.ops.is_tensor(g) or isinstance(g, np.ndarray | np.generic)):
        raise TypeError(f"the gradient of {_path(variable)} must be a tensor or an array, got {g!r}")
    if not _is_floating(g.dtype):
        raise TypeError(f"the gradient of {_path(variable)} must be floating, got dtype {g.dtype}")
    expected, shape = tuple(variable.shape), tuple(g.shape)
    if shape == expected:
        return
    if len(shape) != len(expected) or any(n not in (None, m) for n, m in zip(shape, expected, strict=True)):
        raise ValueError(f"the gradient of {_path(variable)} must have shape {expected}, got {shape}")


@lru_cache
def _is_floating(dtype: Any) -> bool:
    try:
        compute_dtype(keras.backend.standardize_dtype(dtype))
    except TypeError:
        return False
    return True


def _number(variable: Any) -> int:
    return int(keras.ops.convert_to_numpy(variable))


def _misfit(expected: Sequence[tuple[str, tuple[int, ...]]], values: Sequence[Any]) -> str | None:
    """Why values cannot be those of variables with these names and shapes."""
    if len(expected) != len(values):
        return f"there must be {len(expected)} values, one for each optimizer variable, got {len(values)}"
    for (name, shape), value in zip(expected, values, strict=True):
        if shape != tuple(value.shape):
            return f"{name} must have shape {shape}, got {tuple(value.shape)}"
    return None
