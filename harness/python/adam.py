"""Adam, AdamW and gradient descent in plain Python, for the conformance suite: see docs/guides/protocol.md.

    adamcore smoke --exec "python adam.py"

A stand-in for what a harness wraps: replace `Parameter` by calls of your own optimizer.
"""

import json
import math
import struct
import sys
from decimal import Context, Decimal

FORMATS = {"float32": ">f", "float64": ">d"}
CLAIMS = {
    "rules": ["adam", "adamw", "sgd"],
    "hyperparameters": ["lr", "beta1", "beta2", "eps", "weight_decay", "weight_decay_mode", "maximize"],
    "dtypes": list(FORMATS),
    "schedules": True,
    "several": True,
    "missing": True,
}
HELLO = {"protocol": 1, "name": "adam.py", "version": "1", "language": "Python", "claims": CLAIMS}
EXACT = Context(prec=60)


def number(word, kind=">d"):
    return struct.unpack(kind, bytes.fromhex(word))[0]


def complement(beta, t):
    """1 - beta^t, without cancellation."""
    return float(EXACT.subtract(Decimal(1), EXACT.power(Decimal(beta), t)))


class Parameter:
    """One parameter with its state: scalars in float64, rounded once; arrays rounded after every operation."""

    def __init__(self, rule, dtype, hyper, state):
        self.kind, self.hyper, self.t = FORMATS[dtype], hyper, state["t"]
        self.slots = () if rule == "sgd" else ("m", "v")
        self.theta = self.read(state["theta"])
        self.m, self.v = (self.read(state[name]) if name in state else [0.0] * len(self.theta) for name in "mv")

    def read(self, words):
        return [number(word, self.kind) for word in words]

    def write(self, numbers):
        return [struct.pack(self.kind, x).hex() for x in numbers]

    def rounded(self, x):
        try:
            return struct.unpack(self.kind, struct.pack(self.kind, x))[0]
        except OverflowError:  # of a number that is too large for float32
            return math.copysign(math.inf, x)

    def step(self, lr, grad):
        self.t += 1
        h, r = self.hyper, self.rounded
        alpha, scalars = r(lr), None
        if self.slots:
            c1, c2 = complement(h["beta1"], self.t), complement(h["beta2"], self.t)
            alpha = r(lr / c1)
            scalars = [h["beta1"], r(1 - h["beta1"]), h["beta2"], r(1 - h["beta2"]), r(1 / math.sqrt(c2)), h["eps"]]
        decay, mode = h["weight_decay"], h["weight_decay_mode"] if h["weight_decay"] else "none"
        amount = r(lr * decay) if mode == "decoupled" else decay
        for i, (g, x) in enumerate(zip(self.read(grad), self.theta, strict=True)):
            g = -g if h["maximize"] else g
            g = r(g + r(decay * x)) if mode == "coupled" else g
            u = r(-alpha * (self.ratio(i, g, *scalars) if self.slots else g))
            u = r(u - r(amount * x)) if mode in ("decoupled", "independent") else u
            self.theta[i] = r(x + u) if u else x  # no step keeps -0

    def ratio(self, i, g, b1, w1, b2, w2, root, eps):
        """The moments of an element, and their corrected ratio: the rate has the correction of the first."""
        r = self.rounded
        m = self.m[i] = r(r(b1 * self.m[i]) + r(w1 * g))
        v = self.v[i] = r(r(b2 * self.v[i]) + r(r(w2 * g) * g))
        d = r(r(r(math.sqrt(v)) * root) + eps)
        return r(m / d) if d else 0 * m


class Optimizer:
    """The parameters that the suite loaded."""

    def load(self, rule, dtype, hyper, state, shape):
        if rule not in CLAIMS["rules"] or dtype not in FORMATS:
            return {"skipped": True, "reason": f"no {rule} in {dtype} here"}
        reals = ("lr", "beta1", "beta2", "eps", "weight_decay")
        hyper = {name: number(value) if name in reals else value for name, value in hyper.items()}
        self.single = not (shape and isinstance(shape[0], list))
        thetas = [state["theta"]] if self.single else state["theta"]
        self.lr, self.all = hyper["lr"], [Parameter(rule, dtype, hyper, {**state, "theta": x}) for x in thetas]
        return {"ok": True}

    def step(self, grad, lr=None):
        for parameter, g in zip(self.all, [grad] if self.single else grad, strict=True):
            if g is not None:
                parameter.step(self.lr if lr is None else number(lr), g)
        return {"ok": True}

    def read(self):
        first = self.all[0]
        if not self.single:
            return {"state": {"theta": [x.write(x.theta) for x in self.all]}}
        arrays = {name: first.write(getattr(first, name)) for name in ("theta", *first.slots)}
        return {"state": {"t": first.t, **arrays}}


def main():
    optimizer = Optimizer()
    for line in sys.stdin:
        message = json.loads(line)
        command, seq = message.pop("cmd"), message.pop("seq")
        if command == "stop":
            return
        answer = HELLO if command == "start" else getattr(optimizer, command)(**message)
        print(json.dumps({"seq": seq, **answer}, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
