"""A step of a rule as straight-line code: the core's `update`, run once with symbols in place of arrays.

What the trace depends on is the rule, which coefficients there are, and dtypes; the values of coefficients are symbols.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, NoReturn, cast

from adamcore.namespace import Namespace
from adamcore.rule import Rule
from adamcore.update import Coefficients, compute_dtype, update

SCALAR = "scalar"
"""The dtype of a number that takes the dtype of the array it meets, as Python floats do."""

_LITERALS = (0.0, 1.0, -1.0, math.inf, -math.inf)  # of the structure; every other number may change without recompiling


class Untraceable(Exception):
    """The rule does what a kernel cannot: a branch on values, a reduction, a function of its own."""


class Node(NamedTuple):
    """One operation. Its arguments are the indices of earlier nodes, or what `load`, `scalar` and `literal` need."""

    op: str
    args: tuple[Any, ...]
    dtype: str


@dataclass(frozen=True)
class Program:
    """Straight-line code of one step of one element.

    Args:
        nodes: The operations in order, each once, none without use.
        dtypes: The dtypes of the arrays: parameter, gradient, slots.
        stores: The array to write, and the node that holds its new value.
        work: The compute dtype.
    """

    nodes: tuple[Node, ...]
    dtypes: tuple[str, ...]
    stores: tuple[tuple[int, int], ...]
    work: str


class Traced(NamedTuple):
    """A program, and the numbers of the rule that it takes as arguments behind the coefficients."""

    program: Program
    constants: tuple[float, ...]


def leaves(c: tuple[Any, ...]) -> list[float]:
    """The coefficients that are numbers, in order."""
    found = []
    for x in c:
        if type(x) is float:
            found.append(x)
        elif isinstance(x, tuple):
            found += leaves(x)
    return found


def watched(rule: Rule, seen: dict[str, Any]) -> Rule:
    """A copy of a rule that notes in `seen` each hyperparameter that is looked at, with its value.

    Where no such copy can be made it is the rule itself, and `seen` holds what no other rule has.

    Args:
        rule: The rule.
        seen: What was looked at, filled as it happens.
    """
    kind, values = type(rule), dict(rule.__dict__)

    def get(self: Rule, name: str) -> Any:
        value = kind.__getattribute__(self, name)
        seen.update(values if name == "__dict__" else {name: value} if name in values else {})
        return value

    if all(field.name in values for field in fields(rule)):
        with suppress(TypeError):
            other: Rule = object.__new__(type(kind.__name__, (kind,), {"__getattribute__": get}))
            object.__getattribute__(other, "__dict__").update(values)
            return other
    seen[""] = rule
    return rule


def trace(rule: Rule, c: Coefficients, dtypes: Sequence[str], slots: Sequence[str]) -> Traced:
    """Trace a step.

    Args:
        rule: The rule.
        c: Coefficients of any step; only which of them are numbers matters.
        dtypes: The dtypes of parameter, gradient and slots.
        slots: The names of the slots.

    Raises:
        Untraceable: The rule is not elementwise, or uses what symbols do not know.
    """
    if not rule.elementwise or not (rule.projection is None or rule.projection.elementwise):
        raise Untraceable("not elementwise")
    tape = _Tape()
    theta, g, *state = (tape.add("load", (i,), dtype) for i, dtype in enumerate(dtypes))
    try:
        done = update(
            rule, cast(Namespace, _Symbols()), tape.symbolic(c), g, dict(zip(slots, state, strict=True)), theta
        )
        after = _after(slots, done.theta, done.slots)
    except Untraceable:
        raise
    except (
        Exception
    ) as error:  # whatever goes wrong in a user's rule goes wrong in the plain engine too, for all to see
        raise Untraceable(str(error)) from error
    stores = {array: tape.index(value) for array, value in after.items()}
    program = tape.program(tuple(dtypes), stores, compute_dtype(dtypes[0]))
    return Traced(program, tuple(tape.constants))


def _after(names: Sequence[str], theta: Any, slots: Mapping[str, Any]) -> dict[int, Any]:
    if set(slots) != set(names):
        raise Untraceable("the slots before and after a step differ")
    return {0: theta} | {i: slots[name] for i, name in enumerate(names, 2)}


class _Tape:
    """Records operations, each distinct one once."""

    def __init__(self) -> None:
        self.nodes: dict[Node, int] = {}
        self.scalars = 0  # coefficients so far
        self.constants: list[float] = []

    def add(self, op: str, args: tuple[Any, ...], dtype: str) -> Symbol:
        node = Node(op, args, dtype)
        return Symbol(self, self.nodes.setdefault(node, len(self.nodes)), dtype)

    def symbolic(self, c: Any) -> Any:
        """Coefficients with a symbol for each number."""
        if isinstance(c, tuple):
            return type(c)(*map(self.symbolic, c))
        if type(c) is not float:
            return None
        self.scalars += 1
        return self.add("scalar", (self.scalars - 1,), SCALAR)

    def number(self, value: float) -> Symbol:
        """A number that stands in the rule."""
        value = float(value)
        if value in _LITERALS or math.isnan(value):
            return self.add("literal", (value.hex(),), SCALAR)  # as text: 0.0 == -0.0
        if value not in self.constants:
            self.constants.append(value)
        return self.add("constant", (self.constants.index(value),), SCALAR)

    def index(self, value: Any) -> int:
        if not isinstance(value, Symbol):
            raise Untraceable("a result that is no array")
        return value.index

    def program(self, dtypes: tuple[str, ...], stores: Mapping[int, int], work: str) -> Program:
        """What the stores need, renumbered; constants become the scalars behind the coefficients."""
        nodes = list(self.nodes)
        needed: set[int] = set()
        stack = list(stores.values())
        while stack:
            i = stack.pop()
            if i not in needed:
                needed.add(i)
                stack.extend(_operands(nodes[i]))
        place = {old: new for new, old in enumerate(sorted(needed))}
        kept = tuple(self._placed(nodes[i], place) for i in place)
        return Program(kept, dtypes, tuple((array, place[i]) for array, i in stores.items()), work)

    def _placed(self, node: Node, place: Mapping[int, int]) -> Node:
        if node.op == "constant":
            return Node("scalar", (self.scalars + node.args[0],), SCALAR)
        return node._replace(args=tuple(place[i] for i in _operands(node))) if _operands(node) else node


def _operands(node: Node) -> tuple[int, ...]:
    return () if node.op in ("load", "scalar", "constant", "literal") else node.args


class Symbol:
    """A value of the trace: an array element, a truth value, or a number that does not depend on the element."""

    __slots__ = ("dtype", "index", "tape")
    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None  # NumPy's scalars leave the operator to us

    def __init__(self, tape: _Tape, index: int, dtype: str) -> None:
        self.tape, self.index, self.dtype = tape, index, dtype

    def __add__(self, other: Any) -> Symbol:
        return _arithmetic("add", self, other)

    def __radd__(self, other: Any) -> Symbol:
        return _arithmetic("add", other, self)

    def __sub__(self, other: Any) -> Symbol:
        return _arithmetic("sub", self, other)

    def __rsub__(self, other: Any) -> Symbol:
        return _arithmetic("sub", other, self)

    def __mul__(self, other: Any) -> Symbol:
        return _arithmetic("mul", self, other)

    def __rmul__(self, other: Any) -> Symbol:
        return _arithmetic("mul", other, self)

    def __truediv__(self, other: Any) -> Symbol:
        return _arithmetic("div", self, other)

    def __rtruediv__(self, other: Any) -> Symbol:
        return _arithmetic("div", other, self)

    def __neg__(self) -> Symbol:
        return _numeric(self).tape.add("neg", (self.index,), self.dtype)

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        return _array(self).tape.add("abs", (self.index,), self.dtype)

    def __eq__(self, other: object) -> Any:
        return _compare("eq", self, other)

    def __ne__(self, other: object) -> Any:
        return _compare("ne", self, other)

    def __lt__(self, other: Any) -> Symbol:
        return _compare("lt", self, other)

    def __le__(self, other: Any) -> Symbol:
        return _compare("le", self, other)

    def __gt__(self, other: Any) -> Symbol:
        return _compare("gt", self, other)

    def __ge__(self, other: Any) -> Symbol:
        return _compare("ge", self, other)

    def __and__(self, other: Any) -> Symbol:
        return _logic("and", self, other)

    def __or__(self, other: Any) -> Symbol:
        return _logic("or", self, other)

    def __invert__(self) -> Symbol:
        return _logic("not", self)

    def __bool__(self) -> NoReturn:
        raise Untraceable("a branch on a value")


class _Symbols:
    """The `Namespace` of symbols."""

    def sqrt(self, x: Symbol) -> Symbol:
        return _array(x).tape.add("sqrt", (x.index,), x.dtype)

    def abs(self, x: Symbol) -> Symbol:
        return abs(x)

    def maximum(self, x: Symbol, y: Any) -> Symbol:
        return _arithmetic("maximum", _array(x), y)

    def minimum(self, x: Symbol, y: Any) -> Symbol:
        return _arithmetic("minimum", _array(x), y)

    def where(self, condition: Symbol, x: Any, y: Symbol) -> Symbol:
        x, y = _alike(x, _array(y))
        if not isinstance(condition, Symbol) or condition.dtype != "bool":
            raise Untraceable("a condition that is none")
        return y.tape.add("where", (condition.index, x.index, y.index), y.dtype)

    def zeros_like(self, x: Symbol) -> Symbol:
        return _cast(x.tape.number(0.0), _array(x).dtype)

    def sum(self, x: Symbol) -> NoReturn:
        raise Untraceable("a reduction, or a part of a complex number")

    real = imag = sum

    def indices(self, x: Symbol) -> NoReturn:
        raise Untraceable("the place of an element")

    def shift(self, x: Symbol, bits: int) -> NoReturn:
        raise Untraceable("a word")

    def complex(self, re: Symbol, im: Symbol) -> NoReturn:
        raise Untraceable("a complex array")

    def dtype(self, x: Symbol) -> str:
        return x.dtype

    def astype(self, x: Symbol, dtype: str) -> Symbol:
        if x.dtype in (SCALAR, "bool"):
            raise Untraceable(f"a conversion of {x.dtype}")
        return _cast(x, dtype)


def _cast(x: Symbol, dtype: str) -> Symbol:
    return x if x.dtype == dtype else x.tape.add("cast", (x.index,), dtype)


def _numeric(x: Symbol) -> Symbol:
    if x.dtype not in (SCALAR, "float32", "float64"):
        raise Untraceable(f"arithmetic in {x.dtype}")
    return x


def _array(x: Any) -> Symbol:
    if not isinstance(x, Symbol) or x.dtype not in ("float32", "float64"):
        raise Untraceable("a function of what is no array in the compute dtype")
    return x


def _alike(x: Any, y: Any) -> tuple[Symbol, Symbol]:
    """Two operands in one dtype: numbers take that of the array."""
    tape: _Tape = x.tape if isinstance(x, Symbol) else y.tape
    pair = []
    for value in (x, y):
        symbol = tape.number(value) if type(value) in (float, int) else value
        if not isinstance(symbol, Symbol):
            raise Untraceable(f"an operand of type {type(value).__name__}")
        pair.append(_numeric(symbol))
    kinds = {symbol.dtype for symbol in pair} - {SCALAR}
    if len(kinds) > 1:
        raise Untraceable("operands of two dtypes")
    first, second = (_cast(symbol, *kinds) for symbol in pair) if kinds else pair
    return first, second


def _arithmetic(op: str, x: Any, y: Any) -> Symbol:
    first, second = _alike(x, y)
    return first.tape.add(op, (first.index, second.index), first.dtype)


def _compare(op: str, x: Any, y: Any) -> Symbol:
    first, second = _alike(x, y)
    if first.dtype == SCALAR:
        raise Untraceable("a comparison of coefficients")
    return first.tape.add(op, (first.index, second.index), "bool")


def _logic(op: str, *operands: Any) -> Symbol:
    for x in operands:
        if not isinstance(x, Symbol) or x.dtype != "bool":
            raise Untraceable("logic on what is no condition")
    tape: _Tape = operands[0].tape
    return tape.add(op, tuple(x.index for x in operands), "bool")
