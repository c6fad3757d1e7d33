"""A program as LLVM code: explicit vectors of plain IEEE operations, which no pass may contract or reorder.

The function `step(rows, first, last, scalars)` works on the rows `first <= i < last` of a table of 64-bit integers: the
addresses of the arrays of one parameter, then their length. What does not depend on the element is computed once.
"""

from __future__ import annotations

import platform
import struct
from collections.abc import Iterator

from adamcore.engines.trace import SCALAR, Program, Untraceable

VECTOR = 64  # bytes of one operand; LLVM splits it where registers are shorter
LINE = 64  # bytes of a line of the cache
AHEAD = 512  # bytes that each array is prefetched ahead: measured, a few percent where memory is the limit

_TYPES = {"float16": "half", "bfloat16": "i16", "float32": "float", "float64": "double", "bool": "i1", SCALAR: "double"}
_BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
_BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "and": "and", "or": "or"}
_COMPARISONS = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
_LARGER = {"maximum": "ogt", "minimum": "olt"}
_FUNCTIONS = {"sqrt": "llvm.sqrt", "abs": "llvm.fabs"}


def ir(program: Program, machine: str = "") -> str:
    """The LLVM code of a program.

    Args:
        program: The program.
        machine: The processor, as `platform.machine()` names it; this one by default.

    Raises:
        Untraceable: A conversion that is not supported.
    """
    return "\n".join((*_Writer(program).lines(), *_entry(machine or platform.machine()))) + "\n"


_X86 = {
    "declare": ("void @llvm.x86.sse.stmxcsr(ptr)", "void @llvm.x86.sse.ldmxcsr(ptr)"),
    "before": (
        "%mode = alloca i32, align 4",
        "%plain = alloca i32, align 4",
        "call void @llvm.x86.sse.stmxcsr(ptr %mode)",
        "store i32 8064, ptr %plain, align 4",  # to nearest, nothing flushed, no traps
        "call void @llvm.x86.sse.ldmxcsr(ptr %plain)",
    ),
    "after": ("call void @llvm.x86.sse.ldmxcsr(ptr %mode)",),
}
_ARM = {
    "declare": ("i64 @llvm.aarch64.get.fpcr()", "void @llvm.aarch64.set.fpcr(i64)"),
    "before": ("%mode = call i64 @llvm.aarch64.get.fpcr()", "call void @llvm.aarch64.set.fpcr(i64 0)"),
    "after": ("call void @llvm.aarch64.set.fpcr(i64 %mode)",),
}
_MODES = {"x86_64": _X86, "AMD64": _X86, "aarch64": _ARM, "arm64": _ARM}
"""How a processor's mode of rounding is set to that of IEEE 754, and back."""


def _entry(machine: str) -> Iterator[str]:
    """The function `step`, which lends IEEE arithmetic to a thread that flushes small numbers, as those of XLA do."""
    mode = _MODES.get(machine, {"declare": (), "before": (), "after": ()})
    for text in mode["declare"]:
        yield f"declare {text}"
    yield "define void @step(ptr %rows, i64 %first, i64 %last, ptr %scalars) {"
    for text in mode["before"]:
        yield f"  {text}"
    yield "  call void @rows(ptr %rows, i64 %first, i64 %last, ptr %scalars)"
    for text in mode["after"]:
        yield f"  {text}"
    yield "  ret void"
    yield "}"


class _Writer:
    """Writes the function. Of node 3, `%s3` is the invariant, `%w3` a vector of it, `%h.3`, `%v.3`, `%e.3` in loops."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.width = VECTOR // _BYTES[program.work]
        self.invariant: list[bool] = []
        for node in program.nodes:
            operands = () if node.op in ("load", "scalar", "literal") else node.args
            self.invariant.append(node.op != "load" and all(self.invariant[i] for i in operands))

    def lines(self) -> Iterator[str]:
        count = len(self.program.dtypes)
        kind = _TYPES[self.program.work]
        for name in _FUNCTIONS.values():
            for width in (self.width, 1):
                t = _type(kind, width)
                yield f"declare {t} @{name}.{_suffix(kind, width)}({t})"
        yield "declare void @llvm.prefetch.p0(ptr, i32, i32, i32)"
        yield "define internal void @rows(ptr %rows, i64 %first, i64 %last, ptr %scalars) noinline {"
        yield "entry:"
        yield from self._invariants()
        yield "  br label %outer"
        yield "outer:"
        yield "  %r = phi i64 [ %first, %entry ], [ %r.next, %e.done ]"
        yield "  %r.more = icmp slt i64 %r, %last"
        yield "  br i1 %r.more, label %row, label %done"
        yield "row:"
        yield f"  %row.at = mul i64 %r, {count + 1}"
        yield "  %row.p = getelementptr i64, ptr %rows, i64 %row.at"
        for j in range(count):
            yield f"  %a{j}.p = getelementptr i64, ptr %row.p, i64 {j}"
            yield f"  %a{j} = load ptr, ptr %a{j}.p, align 8"
        yield f"  %n.p = getelementptr i64, ptr %row.p, i64 {count}"
        yield "  %n = load i64, ptr %n.p, align 8"
        yield from self._head()
        yield "  br label %h.test"
        yield from self._loop("h", 1, "0", "row", "%n.head")
        yield "  %n.rest = sub i64 %n, %n.head"
        yield f"  %n.even = and i64 %n.rest, -{self.width}"
        yield "  %n.full = add i64 %n.head, %n.even"
        yield "  br label %v.test"
        yield from self._loop("v", self.width, "%h.i", "h.done", "%n.full")
        yield "  br label %e.test"
        yield from self._loop("e", 1, "%v.i", "v.done", "%n")
        yield "  %r.next = add i64 %r, 1"
        yield "  br label %outer"
        yield "done:"
        yield "  ret void"
        yield "}"

    def _head(self) -> Iterator[str]:
        """How many elements stand before the first line of the cache: vectors that cross lines cost half the speed."""
        yield "  %at = ptrtoint ptr %a0 to i64"
        yield "  %before = sub i64 0, %at"
        yield f"  %gap = and i64 %before, {LINE - 1}"
        yield f"  %head = udiv i64 %gap, {_BYTES[self.program.dtypes[0]]}"
        yield "  %short = icmp slt i64 %n, %head"
        yield "  %n.head = select i1 %short, i64 %n, i64 %head"

    def _invariants(self) -> Iterator[str]:
        """Numbers in float64, rounded where they meet an array."""
        for i, node in enumerate(self.program.nodes):
            if node.op == "scalar":
                yield f"  %s{i}.p = getelementptr double, ptr %scalars, i64 {node.args[0]}"
                yield f"  %s{i} = load double, ptr %s{i}.p, align 8"
            elif self.invariant[i] and self._literal(i) is None and self._origin(i) == i:
                yield from self._operation("s", i, 1)
        for i, node in enumerate(self.program.nodes):
            if self.invariant[i] and node.dtype != SCALAR and self._literal(i) is None:
                kind = _TYPES[node.dtype]
                vector = _type(kind, self.width)
                yield f"  %w{i}.0 = insertelement {vector} poison, {kind} {self._value('s', i, 1)}, i32 0"
                zeros = f"<{self.width} x i32> zeroinitializer"
                yield f"  %w{i} = shufflevector {vector} %w{i}.0, {vector} poison, {zeros}"

    def _loop(self, name: str, width: int, start: str, before: str, stop: str) -> Iterator[str]:
        """A loop over the elements from `start`, `width` at once."""
        yield f"{name}.test:"
        yield f"  %{name}.i = phi i64 [ {start}, %{before} ], [ %{name}.next, %{name}.body ]"
        yield f"  %{name}.more = icmp slt i64 %{name}.i, {stop}"
        yield f"  br i1 %{name}.more, label %{name}.body, label %{name}.done"
        yield f"{name}.body:"
        for j, dtype in enumerate(self.program.dtypes):
            yield f"  %{name}.p{j} = getelementptr {_TYPES[dtype]}, ptr %a{j}, i64 %{name}.i"
            if width > 1:
                yield f"  %{name}.q{j} = getelementptr i8, ptr %{name}.p{j}, i64 {AHEAD}"
                yield f"  call void @llvm.prefetch.p0(ptr %{name}.q{j}, i32 0, i32 3, i32 1)"
        for i in range(len(self.program.nodes)):
            if not self.invariant[i]:
                yield from self._operation(name + ".", i, width)
        for j, i in self.program.stores:
            dtype = self.program.dtypes[j]
            value = self._value(name + ".", i, width)
            yield f"  store {_type(_TYPES[dtype], width)} {value}, ptr %{name}.p{j}, align {_BYTES[dtype]}"
        yield f"  %{name}.next = add i64 %{name}.i, {width}"
        yield f"  br label %{name}.test"
        yield f"{name}.done:"

    def _operation(self, prefix: str, i: int, width: int) -> Iterator[str]:
        op, args, dtype = self.program.nodes[i]
        to = f"%{prefix}{i}"
        t = _type(_TYPES[dtype], width)
        if op == "load":
            yield f"  {to} = load {t}, ptr %{prefix}p{args[0]}, align {_BYTES[dtype]}"
            return
        values = [self._value(prefix, a, width) for a in args]
        of = self.program.nodes[args[0]].dtype
        x = f"{_type(_TYPES[of], width)} {values[0]}"
        if op in _BINARY:
            yield f"  {to} = {_BINARY[op]} {x}, {values[1]}"
        elif op == "neg":
            yield f"  {to} = fneg {x}"
        elif op == "not":
            yield f"  {to} = xor {x}, {_constant('true', 'i1', width)}"
        elif op in _FUNCTIONS:
            yield f"  {to} = call {t} @{_FUNCTIONS[op]}.{_suffix(_TYPES[dtype], width)}({x})"
        elif op in _COMPARISONS:
            yield f"  {to} = fcmp {_COMPARISONS[op]} {x}, {values[1]}"
        elif op in _LARGER:  # NaN if either is; the second of two zeros, as NumPy's vectors have it
            bit = _type("i1", width)
            yield f"  {to}.nan = fcmp uno {x}, {values[0]}"
            yield f"  {to}.first = fcmp {_LARGER[op]} {x}, {values[1]}"
            yield f"  {to}.either = or {bit} {to}.nan, {to}.first"
            yield f"  {to} = select {bit} {to}.either, {x}, {t} {values[1]}"
        elif op == "where":
            yield f"  {to} = select {x}, {t} {values[1]}, {t} {values[2]}"
        else:
            yield from _conversion(to, x, of, dtype, width)

    def _value(self, prefix: str, i: int, width: int) -> str:
        """The name of a node's value where it is used, or its constant."""
        literal = self._literal(i)
        if literal is not None:
            node = self.program.nodes[i]
            return _constant(_hex(literal, node.dtype), _TYPES[node.dtype], width)
        if not self.invariant[i]:
            return f"%{prefix}{i}"
        return f"%w{i}" if width > 1 else f"%s{self._origin(i)}"

    def _literal(self, i: int) -> str | None:
        """The text of a literal, converted or not."""
        node = self.program.nodes[i]
        while node.op == "cast":
            node = self.program.nodes[node.args[0]]
        return str(node.args[0]) if node.op == "literal" else None

    def _origin(self, i: int) -> int:
        """The node itself, or the number that it is another name of."""
        node = self.program.nodes[i]
        same = node.op == "cast" and node.dtype == "float64" and self.program.nodes[node.args[0]].dtype == SCALAR
        return int(node.args[0]) if same else i


def _conversion(to: str, x: str, of: str, dtype: str, width: int) -> Iterator[str]:
    """`x` in another dtype, rounded to nearest even."""
    word, short, single = (_type(kind, width) for kind in ("i32", "i16", "float"))
    t = _type(_TYPES[dtype], width)
    if (of, dtype) in (("float16", "float32"), ("float32", "float64")):
        yield f"  {to} = fpext {x} to {t}"
    elif (of, dtype) in (("float32", "float16"), ("float64", "float32"), (SCALAR, "float32")):
        yield f"  {to} = fptrunc {x} to {t}"
    elif (of, dtype) == ("bfloat16", "float32"):
        yield f"  {to}.w = zext {x} to {word}"
        yield f"  {to}.b = shl {word} {to}.w, {_constant('16', 'i32', width)}"
        yield f"  {to} = bitcast {word} {to}.b to {single}"
    elif (of, dtype) == ("float32", "bfloat16"):
        yield f"  {to}.b = bitcast {x} to {word}"
        yield f"  {to}.h = lshr {word} {to}.b, {_constant('16', 'i32', width)}"
        yield f"  {to}.odd = and {word} {to}.h, {_constant('1', 'i32', width)}"
        yield f"  {to}.bias = add {word} {to}.odd, {_constant('32767', 'i32', width)}"
        yield f"  {to}.sum = add {word} {to}.b, {to}.bias"
        yield f"  {to}.near = lshr {word} {to}.sum, {_constant('16', 'i32', width)}"
        yield f"  {to}.quiet = or {word} {to}.h, {_constant('64', 'i32', width)}"
        yield f"  {to}.nan = fcmp uno {x}, {x.split(' ')[-1]}"
        yield f"  {to}.w = select {_type('i1', width)} {to}.nan, {word} {to}.quiet, {word} {to}.near"
        yield f"  {to} = trunc {word} {to}.w to {short}"
    else:
        raise Untraceable(f"a conversion from {of} to {dtype}")


def _type(kind: str, width: int) -> str:
    return f"<{width} x {kind}>" if width > 1 else kind


def _suffix(kind: str, width: int) -> str:
    bits = "f32" if kind == "float" else "f64"
    return f"v{width}{bits}" if width > 1 else bits


def _constant(value: str, kind: str, width: int) -> str:
    return "<" + ", ".join([f"{kind} {value}"] * width) + ">" if width > 1 else value


def _hex(text: str, dtype: str) -> str:
    """A number as LLVM writes it: the bits of the float64 of the same value."""
    value = float.fromhex(text)
    if dtype == "float32":
        value = struct.unpack("f", struct.pack("f", value))[0]
    return f"0x{struct.unpack('Q', struct.pack('d', value))[0]:016X}"
