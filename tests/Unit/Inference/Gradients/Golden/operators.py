"""Writes the outputs and gradients that PyTorch's automatic differentiation finds for single ONNX operators, one case a line.

Usage: python3 operators.py FILE        (needs PyTorch 1.13 or newer; all is computed in double precision)

A line is a JSON object: the operator (op, domain, opset, attributes, number of outputs if there are several, whether it is in training), its inputs in their
order, and what comes out. Attributes are integers, lists of integers, texts, or numbers with a point. Inputs are
  {"name", "shape", "range": [low, high], "dims"}   numbers of a range, differentiated; "dims" has a name where the dimension may be free, "stored" is a weight,
  {"name", "shape", "range", "constant": true}      numbers that are not differentiated,
  {"name", "shape", "values", "type"}               int64, int32, bool, float or double, as listed; "open" ones may come in as inputs,
  {}                                                an input left out.
"shapes" and "y" are those of the outputs that are differentiated, the first ones, of single precision unless "type" is double; "gradients" are those of the sum
of all outputs' products with cotangents, which are made like inputs "dY_0", "dY_1", … of the range [-1, 1]. All is flat, to nine digits.

Numbers of a range: the state begins as FNV-1a (32 bits, UTF-8) of "case name/tensor name"; each number takes one step s = (1664525 s + 1013904223) mod 2^32
after eight steps in advance, and is low + (high - low) (s >> 8) / 2^24, computed in double precision and rounded to single.
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

DOUBLE = 11  # as ONNX counts element types

CASES = []
NAMES = set()


def numbers(key, shape, low, high):
    """Numbers of a range, as single precision holds them."""
    state = 2166136261
    for byte in key.encode():
        state = (state ^ byte) * 16777619 % 2**32
    count = int(np.prod(shape, dtype=np.int64))
    values = np.empty(count)
    for i in range(-8, count):
        state = (1664525 * state + 1013904223) % 2**32
        if i >= 0:
            values[i] = low + (high - low) * ((state >> 8) / 2.0**24)
    return values.astype(np.float32).astype(np.float64).reshape(shape)


def single(x):
    """A number as an attribute of single precision holds it."""
    return float(np.float32(x))


def real(*shape, low=-2.0, high=2.0, dims="auto"):
    """Differentiated numbers. Dimensions: names, or "." for a fixed one; by default those of one size have one name."""
    if dims == "auto":
        names = [f"d{n}" if n > 1 else n for n in shape]
    else:
        names = [n if d == "." else d for n, d in zip(shape, dims.split(), strict=True)] if dims else list(shape)
    return {"shape": list(shape), "range": [low, high], "dims": names}


def weight(*shape, low=-2.0, high=2.0):
    return {"shape": list(shape), "range": [low, high], "stored": True}


def constant(*shape, low=-2.0, high=2.0):
    return {"shape": list(shape), "range": [low, high], "constant": True}


def listed(values, kind, open_=False):
    array = np.array(values)
    item = {"shape": list(array.shape), "values": array.reshape(-1).tolist(), "type": kind}
    if open_:
        item["open"] = True
    return item


def ints(values, kind="int64"):
    return listed(values, kind)


def places(values, kind="int64", dims=None):
    """Indices, which may come in as an input."""
    item = listed(values, kind, True)
    if dims:
        item["dims"] = [n if d == "." else d for n, d in zip(item["shape"], dims.split(), strict=True)]
    return item


def bools(values):
    return listed(values, "bool")


def floats(values, kind="float"):
    item = listed(values, kind)
    item["values"] = [single(v) for v in item["values"]]
    return item


def round9(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().reshape(-1).tolist()]


def case(op, about, inputs, forward, attributes=None, opset=18, domain="", outputs=1, training=False, dynamic=True):
    """Adds a case; forward gets the inputs that are there and gives one tensor or several, None for those that are not differentiated."""
    name = f"{domain + '.' if domain else ''}{op} {about}"
    if name in NAMES:
        raise ValueError(f"two cases are called '{name}'")
    NAMES.add(name)
    given, wrt, line = [], {}, []
    for key, item in inputs.items():
        if item is None:
            line.append({})
            continue
        line.append({"name": key, **item})
        if "range" in item:
            tensor = torch.tensor(numbers(f"{name}/{key}", item["shape"], *item["range"]))
            if not item.get("constant"):
                wrt[key] = tensor.requires_grad_()
        else:
            kind = {"int64": torch.int64, "int32": torch.int64, "bool": torch.bool}.get(item["type"], torch.float64)
            tensor = torch.tensor(item["values"], dtype=kind).reshape(item["shape"])
        given.append(tensor)
    results = forward(*given)
    results = list(results) if isinstance(results, (tuple, list)) else [results]
    # Those that are not differentiated come last.
    seeded = [k for k, y in enumerate(results) if y is not None]
    total = sum((results[k] * torch.tensor(numbers(f"{name}/dY_{k}", list(results[k].shape), -1.0, 1.0))).sum() for k in seeded)
    gradients = torch.autograd.grad(total, list(wrt.values()), allow_unused=True)
    record = {"case": name, "op": op, "opset": opset}
    if domain:
        record["domain"] = domain
    if attributes:
        record["attributes"] = attributes
    if training:
        record["training"] = True
    if not dynamic or not any(isinstance(d, str) for i in line for d in i.get("dims", [])):
        for item in line:
            item.pop("dims", None)
    record["inputs"] = line
    if outputs > 1:
        record["outputs"] = outputs
    if (attributes or {}).get("to") == DOUBLE or any(i.get("name") == "like" and i["type"] == "double" for i in line):
        record["type"] = "double"
    record["shapes"] = [list(results[k].shape) for k in seeded]
    record["y"] = [round9(results[k]) for k in seeded]
    record["gradients"] = {k: round9(g if g is not None else torch.zeros_like(wrt[k])) for k, g in zip(wrt, gradients, strict=True)}
    CASES.append(record)


def attributes_text(attributes):
    return " ".join(f"{k}={v}" for k, v in attributes.items()) if attributes else "plain"


# Functions of one number.

def unary(op, forward, low=-2.0, high=2.0, variants=({},), opset=18, domain=""):
    """Two shapes of each variant; forward(x, **attributes)."""
    for attributes in variants:
        for shape in ([2, 3, 4], [5]):
            case(op, f"{attributes_text(attributes)} {shape}", {"x": real(*shape, low=low, high=high)}, lambda x, a=attributes: forward(x, **a),
                 attributes or None, opset, domain)


def hard_sigmoid(x, alpha=single(0.2), beta=0.5):
    return torch.clamp(alpha * x + beta, 0, 1)


def selu(x, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875):
    return gamma * torch.where(x > 0, x, alpha * (torch.exp(x) - 1))


def quick_gelu(x, alpha=single(1.702)):
    return x * torch.sigmoid(alpha * x)


def functions():
    unary("Relu", F.relu)
    unary("LeakyRelu", lambda x, alpha=single(0.01): F.leaky_relu(x, alpha), variants=({}, {"alpha": 0.25}))
    unary("Elu", lambda x, alpha=1.0: F.elu(x, alpha), variants=({}, {"alpha": 0.75}))
    unary("Selu", selu, variants=({}, {"alpha": 1.5, "gamma": 1.25}))
    unary("Celu", lambda x, alpha=1.0: F.celu(x, alpha), variants=({}, {"alpha": 0.5}))
    unary("ThresholdedRelu", lambda x, alpha=1.0: F.threshold(x, alpha, 0.0), variants=({}, {"alpha": 0.5}))
    unary("Sigmoid", torch.sigmoid, -6.0, 6.0)
    unary("HardSigmoid", hard_sigmoid, -4.0, 4.0, variants=({}, {"alpha": 0.25, "beta": 0.5}))
    unary("HardSwish", F.hardswish, -5.0, 5.0)
    unary("Tanh", torch.tanh)
    unary("Softplus", F.softplus, -5.0, 5.0)
    unary("Softsign", F.softsign)
    unary("Mish", F.mish, -4.0, 4.0)
    unary("Gelu", lambda x, approximate="none": F.gelu(x, approximate=approximate), -4.0, 4.0,
          variants=({}, {"approximate": "none"}, {"approximate": "tanh"}), opset=20)
    unary("Gelu", F.gelu, -4.0, 4.0, domain="com.microsoft")
    unary("QuickGelu", quick_gelu, -4.0, 4.0, variants=({}, {"alpha": 1.25}), domain="com.microsoft")
    unary("Identity", lambda x: x * 1)
    unary("Dropout", lambda x: x * 1)
    unary("Cast", lambda x, to: x * 1, variants=({"to": 1}, {"to": DOUBLE}))
    unary("Erf", torch.erf)
    unary("Exp", torch.exp)
    unary("Log", torch.log, 0.25, 4.0)
    unary("Sqrt", torch.sqrt, 0.25, 4.0)
    unary("Reciprocal", torch.reciprocal, 0.25, 4.0)
    unary("Neg", torch.neg)
    unary("Abs", torch.abs)
    unary("Sin", torch.sin, -6.0, 6.0)
    unary("Cos", torch.cos, -6.0, 6.0)
    unary("Tan", torch.tan, -1.25, 1.25)
    unary("Sinh", torch.sinh)
    unary("Cosh", torch.cosh)
    unary("Asin", torch.asin, -0.875, 0.875)
    unary("Acos", torch.acos, -0.875, 0.875)
    unary("Atan", torch.atan)
    unary("Asinh", torch.asinh)
    unary("Acosh", torch.acosh, 1.25, 4.0)
    unary("Atanh", torch.atanh, -0.875, 0.875)
    case("FastGelu", "with bias", {"x": real(3, 4, dims="N ."), "b": weight(4)}, lambda x, b: F.gelu(x + b, approximate="tanh"), domain="com.microsoft")
    case("FastGelu", "plain", {"x": real(2, 5)}, lambda x: F.gelu(x, approximate="tanh"), domain="com.microsoft")
    case("CastLike", "double", {"x": real(2, 3), "like": floats([0.0], "double")}, lambda x, _: x * 1)
    case("CastLike", "single", {"x": real(4), "like": floats([[0.0]])}, lambda x, _: x * 1)
    case("Dropout", "ratio given", {"x": real(3, 2), "ratio": floats(0.25)}, lambda x, _: x * 1)
    for about, shape in (("of channels", [3, 1]), ("of one", [1]), ("of elements", [2, 3, 4])):
        case("PRelu", about, {"x": real(2, 3, 4, dims="N . ." if about != "of elements" else None), "s": weight(*shape, low=0.125, high=0.5)},
             lambda x, s: torch.where(x > 0, x, s * x))
    for opset, axis in ((18, 1), (18, 0), (18, -1), (11, 1), (11, 2), (13, -2)):
        for op, function in (("Softmax", F.softmax), ("LogSoftmax", F.log_softmax)):
            def forward(x, function=function, axis=axis, opset=opset):
                if opset >= 13:
                    return function(x, axis)
                return function(x.reshape(int(np.prod(x.shape[:axis])), -1), 1).reshape(x.shape)
            case(op, f"opset {opset} axis {axis}", {"x": real(2, 3, 4, dims="N C W")}, forward, {"axis": axis}, opset)


# Arithmetic, broadcast.

BROADCASTS = (
    ("alike", dict(shape=(2, 3, 4)), dict(shape=(2, 3, 4))),
    ("row", dict(shape=(2, 3, 4)), dict(shape=(4,))),
    ("column", dict(shape=(2, 3, 4)), dict(shape=(3, 1))),
    ("scalar", dict(shape=(2, 3)), dict(shape=())),
    ("outer", dict(shape=(3, 1)), dict(shape=(2, 1, 4))),
    ("free ones", dict(shape=(2, 1, 4), dims="N C ."), dict(shape=(1, 3, 4), dims="M D .")),
)


def arithmetic():
    for op, function in (("Add", torch.add), ("Sub", torch.sub), ("Mul", torch.mul), ("Div", torch.div)):
        for about, a, b in BROADCASTS:
            low = {"low": 0.5} if op == "Div" else {}
            case(op, about, {"a": real(*a["shape"], dims=a.get("dims", "auto")), "b": real(*b["shape"], dims=b.get("dims", "auto"), **low)}, function)
    for about, exponent in (("0", 0.0), ("1", 1.0), ("2", 2.0), ("3", 3.0), ("half", 0.5), ("-1", -1.0), ("2.5", 2.5)):
        case("Pow", f"to {about}", {"x": real(2, 3, low=0.5), "p": floats(exponent)}, torch.pow)
    case("Pow", "to integers", {"x": real(2, 3, dims="N ."), "p": ints([1, 2, 3])}, torch.pow)
    case("Pow", "by exponents", {"x": real(2, 3, low=0.5), "p": real(3)}, torch.pow)
    case("Pow", "broadcast", {"x": real(3, 1, low=0.5), "p": real(2, 1, 4)}, torch.pow)
    variadic = (("Sum", lambda *t: sum(t[1:], t[0])), ("Mean", lambda *t: sum(t[1:], t[0]) / len(t)), ("Min", minimum), ("Max", maximum))
    for op, function in variadic:
        case(op, "of three", {"a": real(2, 3), "b": real(3), "c": real(2, 1)}, function)
        case(op, "of two", {"a": real(2, 3, 4), "b": real(2, 3, 4)}, function)
        case(op, "of free ones", {"a": real(1, 3, dims="N ."), "b": real(4, 3, dims="M .")}, function)
        case(op, "of one", {"a": real(2, 3)}, lambda a: a * 1)
    case("Clip", "both", {"x": real(2, 3, 4), "low": floats(-0.875), "high": floats(1.125)}, lambda x, a, b: torch.clamp(x, a.item(), b.item()))
    case("Clip", "low", {"x": real(2, 3, 4), "low": floats(-0.5)}, lambda x, a: torch.clamp(x, min=a.item()))
    case("Clip", "high", {"x": real(7), "": None, "high": floats(0.5)}, lambda x, b: torch.clamp(x, max=b.item()))
    case("Clip", "opset 6", {"x": real(7)}, lambda x: torch.clamp(x, -1.0, 0.5), {"min": -1.0, "max": 0.5}, 6)
    which = bools([[True, False, True], [False, False, True]])
    for about, a, b in (("alike", (2, 3), (2, 3)), ("row and column", (3,), (2, 1)), ("scalar", (2, 3), ()), ("wider", (2, 2, 3), (1,))):
        case("Where", about, {"c": which, "a": real(*a, dims=None), "b": real(*b, dims=None)}, torch.where, dynamic=False)
    case("Where", "free", {"c": bools([[True, False, True]]), "a": real(4, 3, dims="N ."), "b": real(1, 3, dims="M .")}, torch.where)


def minimum(*tensors):
    result = tensors[0]
    for t in tensors[1:]:
        result = torch.minimum(result, t)
    return result


def maximum(*tensors):
    result = tensors[0]
    for t in tensors[1:]:
        result = torch.maximum(result, t)
    return result


# Reductions.

def product(x, axes, keep):
    for a in sorted((a % x.dim() for a in axes), reverse=True):
        x = torch.prod(x, a, keep)
    return x


REDUCTIONS = {
    "ReduceSum": (torch.sum, -2.0), "ReduceMean": (torch.mean, -2.0), "ReduceMax": (torch.amax, -2.0), "ReduceMin": (torch.amin, -2.0),
    "ReduceL1": (lambda x, a, k: x.abs().sum(a, k), -2.0), "ReduceL2": (lambda x, a, k: (x * x).sum(a, k).sqrt(), -2.0),
    "ReduceSumSquare": (lambda x, a, k: (x * x).sum(a, k), -2.0), "ReduceLogSum": (lambda x, a, k: x.sum(a, k).log(), 0.5),
    "ReduceLogSumExp": (torch.logsumexp, -2.0), "ReduceProd": (product, 0.5),
}


def reductions():
    for op, (function, low) in REDUCTIONS.items():
        for axes, keep in (([1], 1), ([-1, 0], 0), (None, 1), (None, 0), ([2, 1], 0)):
            def forward(x, *_, function=function, axes=axes, keep=keep):
                return function(x, list(range(x.dim())) if axes is None else axes, bool(keep))
            inputs = {"x": real(2, 3, 4, low=low)}
            if axes is not None:
                inputs["axes"] = ints(axes)
            case(op, f"axes {axes} keepdims {keep}", inputs, forward, {"keepdims": keep})
        case(op, "opset 11", {"x": real(2, 3, 4, low=low)}, lambda x, function=function: function(x, [1], True), {"axes": [1]}, 11)
    for op in ("ReduceSum", "ReduceMean"):
        case(op, "no axes, nothing done", {"x": real(2, 3)}, lambda x: x * 1, {"noop_with_empty_axes": 1})
    for axis in (0, 1, -1):
        for exclusive in (0, 1):
            for reverse in (0, 1):
                def forward(x, _, axis=axis, exclusive=exclusive, reverse=reverse):
                    x = x.flip(axis) if reverse else x
                    y = torch.cumsum(x, axis)
                    y = y - x if exclusive else y
                    return y.flip(axis) if reverse else y
                if axis != 0 or exclusive == reverse:
                    case("CumSum", f"axis {axis} exclusive {exclusive} reverse {reverse}", {"x": real(2, 3, 2, dims="N C ."), "axis": ints(axis)}, forward,
                         {"exclusive": exclusive, "reverse": reverse})


# Matrices.

def matrices():
    for a, b in (((3, 4), (4, 2)), ((2, 3, 4), (4, 2)), ((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((4,), (4, 3)), ((2, 3, 4), (4,)), ((4,), (4,)),
                 ((4,), (2, 4, 3)), ((1, 3, 4), (2, 4, 2))):
        case("MatMul", f"{list(a)} {list(b)}", {"a": real(*a), "b": real(*b)}, torch.matmul)
    case("MatMul", "by a weight", {"a": real(2, 3, 4, dims="N S ."), "b": weight(4, 3)}, torch.matmul)
    case("MatMul", "free batches", {"a": real(3, 2, 4, dims="N . ."), "b": real(1, 4, 2, dims="M . .")}, torch.matmul)
    for turn_a in (0, 1):
        for turn_b in (0, 1):
            for about, shape in (("row", [2]), ("column", [3, 1]), ("full", [3, 2]), ("none", None)):
                if about in ("full", "none") and turn_a != turn_b:
                    continue
                def forward(a, b, c=None, turn_a=turn_a, turn_b=turn_b):
                    y = 0.75 * (a.T if turn_a else a) @ (b.T if turn_b else b)
                    return y if c is None else y + 1.5 * c
                inputs = {"a": real(*([4, 3] if turn_a else [3, 4]), dims=". ." if about in ("column", "full") else ". N" if turn_a else "N ."),
                          "b": weight(*([2, 4] if turn_b else [4, 2]))}
                if shape:
                    inputs["c"] = weight(*shape)
                case("Gemm", f"transA {turn_a} transB {turn_b} C {about}", inputs, forward,
                     {"transA": turn_a, "transB": turn_b, "alpha": 0.75, "beta": 1.5})
    case("Gemm", "plain", {"a": real(3, 2), "b": real(2, 4), "c": real(1, 4)}, lambda a, b, c: a @ b + c)
    for equation, shapes in (("ij,jk->ik", ((2, 3), (3, 4))), ("bhid,bhjd->bhij", ((2, 1, 3, 2), (2, 1, 4, 2))), ("bij,bjk->bki", ((2, 3, 4), (2, 4, 2))),
                             ("ij,k->i", ((2, 3), (4,))), ("ij,ij->", ((2, 3), (2, 3))), ("ij->ji", ((2, 3),)), ("ij->j", ((2, 3),)), ("i,j", ((2,), (3,))),
                             ("ij,jk,kl->il", ((2, 3), (3, 2), (2, 4)))):
        inputs = {"abc"[k]: real(*s) for k, s in enumerate(shapes)}
        case("Einsum", equation, inputs, lambda *t, e=equation: torch.einsum(e, *t), {"equation": equation})


# Windows.

def around(x, pads, value=0.0):
    """Pads the spatial dimensions: begins, then ends."""
    n = len(pads) // 2
    return F.pad(x, [p for i in reversed(range(n)) for p in (pads[i], pads[n + i])], value=value)


def spatial_names(n, channels="."):
    return f"N {channels} " + " ".join("DHW"[3 - n:])


CONVOLUTIONS = (
    # about, x, weights, strides, dilations, pads, group
    ("1-D", (2, 2, 7), (3, 2, 3), [1], [1], [0, 0], 1),
    ("1-D strided, padded unevenly", (2, 2, 9), (2, 2, 3), [2], [1], [1, 2], 1),
    ("1-D kernel 7 stride 3", (1, 1, 15), (2, 1, 7), [3], [1], [3, 2], 1),
    ("1-D dilated depthwise", (2, 3, 8), (3, 1, 3), [1], [2], [2, 1], 3),
    ("2-D", (1, 2, 4, 5), (3, 2, 3, 2), [1, 1], [1, 1], [0, 0, 0, 0], 1),
    ("2-D same", (2, 2, 4, 4), (2, 2, 3, 3), [1, 1], [1, 1], [1, 1, 1, 1], 1),
    ("2-D many channels", (1, 5, 3, 3), (2, 5, 2, 2), [1, 1], [1, 1], [1, 0, 0, 1], 1),
    ("2-D 1x1", (2, 3, 2, 3), (4, 3, 1, 1), [1, 1], [1, 1], [0, 0, 0, 0], 1),
    ("2-D 1x1 strided", (1, 3, 5, 4), (2, 3, 1, 1), [2, 2], [1, 1], [0, 0, 0, 0], 1),
    ("2-D strided, rest left over", (1, 2, 6, 7), (2, 2, 3, 3), [2, 3], [1, 1], [1, 0, 0, 1], 1),
    ("2-D dilated", (1, 2, 6, 6), (2, 2, 3, 2), [1, 1], [2, 3], [1, 2, 1, 0], 1),
    ("2-D strided and dilated", (1, 2, 8, 7), (2, 2, 2, 3), [2, 2], [3, 2], [2, 1, 0, 2], 1),
    ("2-D in two groups", (1, 4, 4, 4), (4, 2, 3, 3), [1, 1], [1, 1], [1, 1, 0, 1], 2),
    ("2-D in two groups, strided", (2, 4, 5, 5), (2, 2, 3, 3), [2, 2], [1, 1], [1, 1, 1, 1], 2),
    ("2-D depthwise", (1, 3, 5, 4), (3, 1, 3, 3), [1, 1], [1, 1], [1, 1, 1, 1], 3),
    ("2-D depthwise strided", (1, 3, 6, 5), (3, 1, 3, 3), [2, 2], [1, 1], [1, 1, 1, 1], 3),
    ("2-D depthwise, two outputs each", (1, 2, 5, 5), (4, 1, 3, 2), [2, 1], [1, 2], [0, 1, 1, 0], 2),
    ("2-D kernel 5 x 7", (1, 1, 6, 8), (1, 1, 5, 7), [1, 2], [1, 1], [2, 3, 2, 3], 1),
    ("2-D padded beyond the kernel", (1, 1, 3, 3), (1, 1, 2, 2), [1, 1], [1, 1], [2, 3, 3, 2], 1),
    ("3-D", (1, 2, 3, 4, 3), (2, 2, 2, 3, 2), [1, 1, 1], [1, 1, 1], [0, 1, 0, 1, 0, 1], 1),
    ("3-D strided, in groups", (1, 2, 4, 5, 4), (2, 1, 2, 2, 2), [2, 2, 1], [1, 1, 2], [1, 0, 1, 0, 0, 1], 2),
)
CONVOLVE = (None, F.conv1d, F.conv2d, F.conv3d)
SPREAD = (None, F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
SPREADS = (
    # about, x, weights, strides, dilations, pads, output_padding, group
    ("1-D", (2, 2, 4), (2, 3, 3), [1], [1], [0, 0], [0], 1),
    ("1-D strided, longer", (1, 2, 4), (2, 2, 3), [3], [1], [1, 0], [2], 1),
    ("2-D", (1, 2, 3, 3), (2, 3, 2, 3), [1, 1], [1, 1], [0, 0, 0, 0], [0, 0], 1),
    ("2-D doubling", (1, 2, 3, 2), (2, 2, 2, 2), [2, 2], [1, 1], [0, 0, 0, 0], [0, 0], 1),
    ("2-D padded, longer", (1, 2, 3, 3), (2, 2, 3, 3), [2, 2], [1, 1], [1, 1, 1, 1], [1, 1], 1),
    ("2-D padded unevenly", (2, 1, 3, 3), (1, 2, 3, 4), [2, 3], [1, 1], [1, 0, 0, 2], [0, 1], 1),
    ("2-D dilated", (1, 2, 3, 4), (2, 1, 2, 3), [1, 2], [2, 2], [1, 1, 0, 1], [0, 1], 1),
    ("2-D in groups", (1, 4, 3, 3), (4, 2, 2, 2), [2, 1], [1, 1], [0, 1, 1, 0], [1, 0], 2),
    ("2-D depthwise", (1, 3, 3, 2), (3, 1, 4, 4), [2, 2], [1, 1], [1, 1, 1, 1], [0, 0], 3),
    ("3-D", (1, 2, 2, 3, 2), (2, 1, 2, 2, 3), [1, 2, 1], [1, 1, 2], [0, 1, 1, 0, 0, 1], [0, 1, 0], 1),
)


def convolutions():
    for about, x, w, strides, dilations, pads, group in CONVOLUTIONS:
        n = len(strides)
        attributes = {"strides": strides, "dilations": dilations, "pads": pads, "group": group, "kernel_shape": list(w[2:])}
        inputs = {"x": real(*x, dims=spatial_names(n)), "w": weight(*w), "b": weight(w[0])}
        case("Conv", about, inputs, lambda x, w, b, n=n, s=strides, d=dilations, p=pads, g=group: CONVOLVE[n](around(x, p), w, b, s, 0, d, g), attributes)
    case("Conv", "without bias, nothing said", {"x": real(1, 2, 4, 3, dims="N . . ."), "w": weight(2, 2, 2, 2)}, F.conv2d)
    for about, x, w, strides, dilations, pads, extra, group in SPREADS:
        n = len(strides)
        attributes = {"strides": strides, "dilations": dilations, "pads": pads, "output_padding": extra, "group": group}

        def forward(x, w, b, n=n, s=strides, d=dilations, p=pads, e=extra, g=group):
            y = SPREAD[n](x, w, b, s, 0, e, g, d)
            for i in range(n):
                y = y.narrow(2 + i, p[i], y.shape[2 + i] - p[i] - p[n + i])
            return y
        case("ConvTranspose", about, {"x": real(*x, dims=spatial_names(n)), "w": weight(*w), "b": weight(w[1] * group)}, forward, attributes)


def window_count(size, kernel, stride, dilation, begin, end, ceil):
    """Windows along a dimension; with ceil the last one still begins within the image or its begin."""
    room = size + begin + end - dilation * (kernel - 1) - 1
    count = (-(-room // stride) if ceil else room // stride) + 1
    if ceil and (count - 1) * stride >= size + begin:
        count -= 1
    return count


def windows(x, kernel, strides, dilations, pads, ceil, value):
    """Every window's elements, flat in the last dimension."""
    n = len(kernel)
    counts = [window_count(x.shape[2 + i], kernel[i], strides[i], dilations[i], pads[i], pads[n + i], ceil) for i in range(n)]
    ends = [max(0, (counts[i] - 1) * strides[i] + dilations[i] * (kernel[i] - 1) + 1 - x.shape[2 + i] - pads[i]) for i in range(n)]
    x = around(x, [*pads[:n], *ends], value)
    for i in range(n):
        at = torch.tensor([[c * strides[i] + k * dilations[i] for k in range(kernel[i])] for c in range(counts[i])])
        x = x.index_select(2 + i, at.reshape(-1)).unflatten(2 + i, at.shape).movedim(3 + i, -1)
    return x.flatten(2 + n)


def max_pool(x, kernel, strides, dilations, pads, ceil):
    return windows(x, kernel, strides, dilations, pads, ceil, -np.inf).amax(-1)


def average_pool(x, kernel, strides, dilations, pads, ceil, count_padding):
    """Sum over what is counted: the image, with count_padding also its padding, never what lies beyond."""
    n = len(kernel)
    counted = torch.ones((1, 1, *x.shape[2:]), dtype=x.dtype)
    if count_padding:
        # Elements of the padding count, and are zero.
        counted, x, pads = around(counted, pads, 1.0), around(x, pads), [0] * (2 * n)
    divisor = windows(counted, kernel, strides, dilations, pads, ceil, 0.0).sum(-1)
    return windows(x, kernel, strides, dilations, pads, ceil, 0.0).sum(-1) / divisor


POOLS = (
    # about, x, kernel, strides, dilations, pads, ceil
    ("1-D", (2, 2, 7), [3], [2], [1], [0, 0], 0),
    ("1-D uneven", (2, 2, 7), [3], [2], [1], [0, 1], 1),
    ("2-D", (1, 2, 4, 6), [2, 2], [2, 2], [1, 1], [0, 0, 0, 0], 0),
    ("2-D overlapping", (1, 2, 5, 5), [3, 3], [1, 2], [1, 1], [1, 1, 1, 1], 0),
    ("2-D uneven", (1, 1, 5, 6), [3, 2], [2, 2], [1, 1], [1, 0, 2, 1], 0),
    ("2-D ceil", (1, 2, 6, 5), [3, 2], [2, 2], [1, 1], [0, 0, 0, 0], 1),
    ("2-D ceil padded", (1, 2, 6, 6), [3, 3], [2, 2], [1, 1], [1, 1, 1, 1], 1),
    ("2-D dilated", (1, 2, 6, 7), [2, 3], [1, 2], [2, 2], [0, 1, 1, 0], 0),
    ("2-D with gaps", (1, 1, 7, 7), [2, 2], [3, 3], [1, 1], [0, 0, 0, 0], 0),
    ("3-D", (1, 2, 4, 4, 5), [2, 2, 3], [2, 1, 2], [1, 1, 1], [0, 1, 1, 0, 0, 1], 0),
)


def pools():
    for about, x, kernel, strides, dilations, pads, ceil in POOLS:
        n = len(kernel)
        attributes = {"kernel_shape": kernel, "strides": strides, "pads": pads, "ceil_mode": ceil}
        dilated = any(d > 1 for d in dilations)
        more = {"dilations": dilations} if dilated else {}
        names = spatial_names(n, "C")
        case("MaxPool", about, {"x": real(*x, dims=names)}, lambda x, k=kernel, s=strides, d=dilations, p=pads, c=ceil: max_pool(x, k, s, d, p, c),
             {**attributes, **more})
        for count in (0, 1):
            case("AveragePool", f"{about} count_include_pad {count}", {"x": real(*x, dims=names)},
                 lambda x, k=kernel, s=strides, d=dilations, p=pads, c=ceil, i=count: average_pool(x, k, s, d, p, c, i),
                 {**attributes, **more, "count_include_pad": count}, 19)
    for about, shape in (("2-D", (2, 2, 3, 4)), ("1-D", (2, 3, 5)), ("3-D", (1, 2, 2, 3, 2))):
        axes = list(range(2, len(shape)))
        names = spatial_names(len(axes), "C")
        case("GlobalAveragePool", about, {"x": real(*shape, dims=names)}, lambda x, a=axes: x.mean(a, True))
        case("GlobalMaxPool", about, {"x": real(*shape, dims=names)}, lambda x, a=axes: x.amax(a, True))


def resizes():
    def both(about, shape, mode, place, scales=None, sizes=None, opset=18, torch_mode=None, align=None, **attributes):
        n = len(shape) - 2
        kind = torch_mode or {"nearest": "nearest", "linear": (None, "linear", "bilinear", "trilinear")[n], "cubic": "bicubic"}[mode]

        def forward(x, *_):
            if scales:
                return F.interpolate(x, scale_factor=[single(s) for s in scales], mode=kind, align_corners=align, recompute_scale_factor=False)
            return F.interpolate(x, size=sizes, mode=kind, align_corners=align)
        if scales:
            inputs = {"x": real(*shape, dims=spatial_names(n, "C")), "": None, "scales": floats([1, 1, *scales])}
        else:
            # The sizes say the batch and the channels, too.
            free = ". . " + " ".join("DHW"[3 - n:])
            inputs = {"x": real(*shape, dims=free), "": None, "scales": floats([]), "sizes": ints([*shape[:2], *sizes])}
        case("Resize", about, inputs, forward, {"mode": mode, "coordinate_transformation_mode": place, **attributes}, opset)

    both("nearest doubling", (1, 2, 2, 3), "nearest", "asymmetric", [2, 2], nearest_mode="floor")
    both("nearest by 3 and 2, half pixel", (1, 2, 2, 3), "nearest", "half_pixel", [3, 2], torch_mode="nearest-exact", nearest_mode="round_prefer_ceil")
    both("nearest by 1.5", (2, 1, 4, 2), "nearest", "asymmetric", [1.5, 2.5], nearest_mode="floor")
    both("nearest down", (1, 1, 6, 5), "nearest", "asymmetric", [0.5, 0.75], nearest_mode="floor")
    both("nearest to sizes", (1, 2, 3, 4), "nearest", "asymmetric", sizes=[5, 6], nearest_mode="floor")
    both("nearest 1-D", (2, 2, 3), "nearest", "asymmetric", [2], nearest_mode="floor")
    both("linear doubling", (1, 2, 3, 2), "linear", "half_pixel", [2, 2], align=False)
    both("linear by 1.75", (1, 1, 4, 3), "linear", "pytorch_half_pixel", [1.75, 2.5], align=False)
    both("linear down", (1, 2, 6, 5), "linear", "half_pixel", [0.5, 0.625], align=False)
    both("linear to sizes", (2, 1, 3, 4), "linear", "half_pixel", sizes=[5, 3], align=False)
    both("linear, corners aligned", (1, 2, 3, 4), "linear", "align_corners", sizes=[6, 7], align=True)
    both("linear 1-D", (2, 2, 4), "linear", "half_pixel", [2.5], align=False)
    both("linear 3-D", (1, 1, 2, 3, 2), "linear", "half_pixel", [2, 1.5, 2], align=False)
    both("cubic", (1, 1, 4, 5), "cubic", "half_pixel", [2, 1.5], align=False)
    both("cubic to sizes, corners aligned", (1, 2, 4, 4), "cubic", "align_corners", sizes=[7, 5], align=True)


# What moves elements.

def reverse_sequence(x, lengths, time, batch):
    result = x.movedim((batch, time), (0, 1))
    rows = [torch.cat([result[i, :n].flip(0), result[i, n:]]) for i, n in enumerate(lengths.tolist())]
    return torch.stack(rows).movedim((0, 1), (batch, time))


def depth_to_space(x, b, mode):
    if mode == "CRD":
        return F.pixel_shuffle(x, b)
    n, c, h, w = x.shape
    return x.reshape(n, b, b, c // b // b, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // b // b, h * b, w * b)


def space_to_depth(x, b):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // b, b, w // b, b).permute(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)


def flatten(x, axis):
    return x.reshape(int(np.prod(x.shape[:axis], dtype=np.int64)), -1)


def movements():
    for about, shape, dims, result in (("keeping the batch", [0, 12], "N . .", (2, 12)), ("guessing", [-1, 4, 3], "N . .", (2, 4, 3)),
                                       ("to a vector", [-1], "N C W", (24,)), ("splitting", [0, 0, 2, -1], "N C W", (2, 3, 2, 2))):
        case("Reshape", about, {"x": real(2, 3, 4, dims=dims), "shape": ints(shape)}, lambda x, _, s=result: x.reshape(s))
    for axis in (0, 1, 2, 3, -1):
        case("Flatten", f"axis {axis}", {"x": real(2, 3, 4)}, lambda x, a=axis: flatten(x, a), {"axis": axis})
    case("Squeeze", "one", {"x": real(2, 1, 3, 1), "axes": ints([1])}, lambda x, _: x.squeeze(1))
    case("Squeeze", "two", {"x": real(2, 1, 3, 1), "axes": ints([-1, 1])}, lambda x, _: x.squeeze(-1).squeeze(1))
    case("Squeeze", "all", {"x": real(2, 1, 3, 1, dims=None)}, lambda x: x.squeeze())
    case("Squeeze", "opset 11", {"x": real(2, 1, 3, 1)}, lambda x: x.squeeze(1), {"axes": [1]}, 11)
    case("Unsqueeze", "one", {"x": real(2, 3), "axes": ints([1])}, lambda x, _: x.unsqueeze(1))
    case("Unsqueeze", "two", {"x": real(2, 3), "axes": ints([0, -1])}, lambda x, _: x.unsqueeze(0).unsqueeze(-1))
    case("Unsqueeze", "opset 11", {"x": real(2, 3)}, lambda x: x.unsqueeze(2), {"axes": [2]}, 11)
    for order in ([1, 0, 2], [2, 0, 1], [0, 2, 1]):
        case("Transpose", f"{order}", {"x": real(2, 3, 4)}, lambda x, o=order: x.permute(o), {"perm": order})
    case("Transpose", "plain", {"x": real(2, 3, 4)}, lambda x: x.permute(2, 1, 0))
    case("Expand", "wider", {"x": real(3, 1, dims=None), "shape": ints([2, 3, 4])}, lambda x, _: x.expand(2, 3, 4))
    case("Expand", "both ways", {"x": real(2, 1, 4, dims="N . W"), "shape": ints([3, 1])}, lambda x, _: x.expand(2, 3, 4))
    case("Expand", "free ones", {"x": real(1, 3, dims="N ."), "shape": ints([4, 3])}, lambda x, _: x.expand(4, 3))
    case("Concat", "of three", {"a": real(2, 1, 2, dims="N A ."), "b": real(2, 3, 2, dims="N B ."), "c": weight(2, 2, 2)},
         lambda *t: torch.cat(t, 1), {"axis": 1}, dynamic=False)
    case("Concat", "free sizes", {"a": real(2, 1, 3, dims="N A ."), "b": real(2, 2, 3, dims="N B .")}, lambda *t: torch.cat(t, 1), {"axis": -2})
    case("Concat", "first dimension", {"a": real(2, 3), "b": real(1, 3)}, lambda *t: torch.cat(t, 0), {"axis": 0})
    case("Concat", "of one", {"a": real(2, 3)}, lambda a: a * 1, {"axis": 1})
    case("Split", "by sizes", {"x": real(2, 5, dims="N ."), "split": ints([2, 3])}, lambda x, _: x.split([2, 3], 1), {"axis": 1}, outputs=2)
    case("Split", "evenly", {"x": real(6, 2, dims=". N")}, lambda x: x.split(2, 0), {"num_outputs": 3}, outputs=3)
    case("Split", "unevenly", {"x": real(2, 5, dims="N .")}, lambda x: x.split(2, -1), {"axis": -1, "num_outputs": 3}, outputs=3)
    case("Split", "opset 11", {"x": real(4, 3, dims=". N")}, lambda x: x.split([1, 3], 0), {"split": [1, 3]}, 11, outputs=2)
    for mode in ("DCR", "CRD"):
        case("DepthToSpace", mode, {"x": real(2, 8, 2, 3, dims="N . H W")}, lambda x, m=mode: depth_to_space(x, 2, m), {"blocksize": 2, "mode": mode})
    case("SpaceToDepth", "by 2", {"x": real(1, 2, 4, 6, dims="N C H W")}, lambda x: space_to_depth(x, 2), {"blocksize": 2})
    case("SpaceToDepth", "by 3", {"x": real(1, 1, 3, 6, dims="N C . .")}, lambda x: space_to_depth(x, 3), {"blocksize": 3})
    for upper, k in ((1, 0), (0, 0), (1, 1), (0, -1)):
        case("Trilu", f"upper {upper} k {k}", {"x": real(2, 4, 3), "k": ints(k)}, lambda x, k, u=upper: (torch.triu if u else torch.tril)(x, k.item()),
             {"upper": upper})
    for op_about, inputs, forward in (
        ("steps of 1", {"starts": [1, -4], "ends": [5, 2**63 - 1], "axes": [1, 2]}, lambda x: x[:, 1:5, -4:]),
        ("steps of 2", {"starts": [0, 1], "ends": [2**63 - 1, 5], "axes": [-2, -1], "steps": [2, 2]}, lambda x: x[:, ::2, 1:5:2]),
        ("steps of 3, rest left over", {"starts": [1], "ends": [6], "axes": [1], "steps": [3]}, lambda x: x[:, 1:6:3]),
        ("backwards", {"starts": [-1], "ends": [-2**63 + 1], "axes": [1], "steps": [-1]}, lambda x: x.flip(1)),
        ("backwards by 2", {"starts": [5], "ends": [0], "axes": [1], "steps": [-2]}, lambda x: x[:, [5, 3, 1]]),
    ):
        case("Slice", op_about, {"x": real(2, 6, 5, dims="N . ."), **{k: ints(v) for k, v in inputs.items()}}, lambda x, *_, f=forward: f(x))
    case("Slice", "free dimensions", {"x": real(2, 6, 5, dims="N H W"), "starts": ints([1, 1]), "ends": ints([-1, 2**63 - 1]), "axes": ints([1, 2])},
         lambda x, *_: x[:, 1:-1, 1:])
    case("Slice", "free dimensions, steps", {"x": real(2, 6, 5, dims="N H W"), "starts": ints([1, 0]), "ends": ints([2**63 - 1, 4]), "axes": ints([1, 2]),
                                             "steps": ints([2, 3])}, lambda x, *_: x[:, 1::2, 0:4:3])
    case("Slice", "all axes", {"x": real(3, 4, dims=None), "starts": ints([1, 0]), "ends": ints([3, 2])}, lambda x, *_: x[1:3, 0:2])
    case("Slice", "opset 9", {"x": real(3, 4, dims="N .")}, lambda x: x[:, 1:3], {"starts": [1], "ends": [3], "axes": [1]}, 9)
    for repeats in ([1, 2], [3, 1], [2, 3]):
        case("Tile", f"{repeats}", {"x": real(2, 3), "repeats": ints(repeats)}, lambda x, _, r=repeats: x.repeat(r))


def selections():
    for about, at, axis in (("rows", [[0, -1], [1, 0]], 0), ("a scalar", 1, 1), ("columns", [3, 0, 0], 1), ("one of the last", [-1], -1),
                            ("repeated", [2, 2, 2], 0)):
        def forward(x, at, axis=axis):
            axis %= x.dim()
            at = at % x.shape[axis]
            y = x.index_select(axis, at.reshape(-1))
            return y.reshape(*x.shape[:axis], *at.shape, *x.shape[axis + 1:])
        case("Gather", about, {"x": real(3, 4, 2, dims=". . W"), "at": places(at)}, forward, {"axis": axis})
    case("Gather", "int32", {"x": weight(3, 2), "at": places([2, 0], "int32")}, lambda x, at: x[at])
    case("Gather", "free axis", {"x": real(3, 4, dims="V E"), "at": places([[1, 0, 1]])}, lambda x, at: x[at])
    for axis, at in ((0, [[0, -1, 2, 0], [1, 1, -3, 0]]), (1, [[3, -4], [0, 0], [-1, 2]])):
        case("GatherElements", f"axis {axis}", {"x": real(3, 4, dims=None), "at": places(at)},
             lambda x, at, a=axis: x.gather(a, at % x.shape[a]), {"axis": axis})
    case("GatherElements", "free rows", {"x": real(3, 4, dims="N ."), "at": places([[3, 0]])}, lambda x, at: x.gather(1, at), {"axis": 1})
    case("GatherND", "elements", {"x": real(3, 4, dims=None), "at": places([[0, 1], [2, 3], [0, 1]])}, lambda x, at: x[at[:, 0], at[:, 1]])
    case("GatherND", "rows", {"x": real(3, 4, 2, dims=". . W"), "at": places([[0, -1], [2, 3]])}, lambda x, at: x[at[:, 0], at[:, 1] % 4])
    case("GatherND", "in batches", {"x": real(2, 3, 2, dims=". . W"), "at": places([[1], [2]])}, lambda x, at: x[torch.arange(2), at[:, 0]], {"batch_dims": 1})
    case("Compress", "rows", {"x": real(3, 4, dims=". W"), "which": bools([True, False, True])}, lambda x, c: x[c], {"axis": 0})
    case("Compress", "flat", {"x": real(2, 3, dims=None), "which": bools([False, True, True, False, True])}, lambda x, c: x.reshape(-1)[:5][c])
    case("ReverseSequence", "time first", {"x": real(4, 3, 2, dims=". . W"), "lengths": ints([1, 4, 2])}, lambda x, n: reverse_sequence(x, n, 0, 1))
    case("ReverseSequence", "batch first", {"x": real(2, 4, dims=". ."), "lengths": ints([3, 4])}, lambda x, n: reverse_sequence(x, n, 1, 0),
         {"time_axis": 1, "batch_axis": 0})
    for mode, torch_mode, opset in (("constant", "constant", 18), ("reflect", "reflect", 18), ("edge", "replicate", 18), ("wrap", "circular", 19)):
        for about, shape, pads, dims in (("2-D", (1, 2, 3, 4), [0, 0, 1, 2, 0, 0, 2, 1], "N C H W"), ("1-D", (2, 2, 4), [0, 0, 2, 0, 0, 1], "N C W")):
            n = len(shape) - 2
            inner = [*pads[2:2 + n], *pads[4 + n:]]
            order = [p for i in reversed(range(n)) for p in (inner[i], inner[n + i])]
            case("Pad", f"{mode} {about}", {"x": real(*shape, dims=dims), "pads": ints(pads)},
                 lambda x, _, o=order, m=torch_mode: F.pad(x, o, m), {"mode": mode}, opset)
    case("Pad", "cutting", {"x": real(2, 3, 4, dims="N . ."), "pads": ints([0, -1, 1, 0, 2, -1])}, lambda x, _: F.pad(x, (1, -1, -1, 2)))
    case("Pad", "with a number", {"x": real(2, 3), "pads": ints([1, 0, 0, 2]), "value": floats(0.5)}, lambda x, *_: F.pad(x, (0, 2, 1, 0), value=0.5))
    case("Pad", "of some axes", {"x": real(2, 3), "pads": ints([1, 2]), "": None, "axes": ints([1])}, lambda x, *_: F.pad(x, (1, 2)))
    case("Pad", "opset 10", {"x": real(2, 3)}, lambda x: F.pad(x, (1, 1), value=0.25), {"pads": [0, 1, 0, 1], "value": 0.25}, 10)
    for reduction in ("none", "add"):
        at = [[0], [2]] if reduction == "none" else [[1], [1]]
        case("ScatterND", f"rows {reduction}", {"x": real(4, 3, dims=". ."), "at": places(at), "u": real(2, 3, dims=". .")},
             lambda x, at, u, r=reduction: x.index_put((at[:, 0],), u, r == "add"), {"reduction": reduction}, dynamic=False)
        case("ScatterND", f"elements {reduction}", {"x": real(3, 4, dims="H W"), "at": places([[0, 1], [2, 3]]), "u": real(2, dims=None)},
             lambda x, at, u, r=reduction: x.index_put((at[:, 0], at[:, 1]), u, r == "add"), {"reduction": reduction}, dynamic=False)
        at = [[0, -1, 2]] if reduction == "none" else [[1, 1, 0], [1, 0, 0]]
        case("ScatterElements", f"axis 0 {reduction}", {"x": real(4, 3, dims=". ."), "at": places(at), "u": real(len(at), 3, dims=". .")},
             lambda x, at, u, r=reduction: (x.scatter if r == "none" else x.scatter_add)(0, at % 4, u), {"reduction": reduction}, dynamic=False)
        case("ScatterElements", f"axis 1 {reduction}", {"x": real(2, 4, dims="N ."), "at": places([[3, 0], [1, 2]]), "u": real(2, 2, dims=None)},
             lambda x, at, u, r=reduction: (x.scatter if r == "none" else x.scatter_add)(1, at, u), {"axis": 1, "reduction": reduction}, dynamic=False)
    case("ScatterElements", "free rows", {"x": real(3, 4, dims="N ."), "at": places([[3, 0]]), "u": real(1, 2, dims=None)},
         lambda x, at, u: x.scatter(1, at, u), {"axis": 1})
    case("ScatterND", "free rows", {"x": real(4, 3, dims="N ."), "at": places([[0]]), "u": real(1, 3, dims=None)},
         lambda x, at, u: x.index_put((at[:, 0],), u))
    for axis, largest, k in ((1, 1, 2), (-1, 0, 3), (0, 1, 1)):
        case("TopK", f"axis {axis} largest {largest} k {k}", {"x": real(3, 5, dims="N ."), "k": ints([k])},
             lambda x, k, a=axis, g=largest: (torch.topk(x, k.item(), a, bool(g))[0], None), {"axis": axis, "largest": largest}, outputs=2)


# Normalisations.

def rms(x, s, axes, epsilon=single(1e-5)):
    return x / (x.pow(2).mean(axes, True) + epsilon).sqrt() * s


def group_norm(x, s, b, groups):
    y = F.group_norm(x, groups, eps=single(1e-5))
    if s.shape[0] == groups and groups != x.shape[1]:
        s, b = (t.repeat_interleave(x.shape[1] // groups) for t in (s, b))
    shape = [1, -1] + [1] * (x.dim() - 2)
    return y * s.reshape(shape) + b.reshape(shape)


def normalisations():
    for about, shape, epsilon in (("1-D", (3, 2, 4), 1e-5), ("2-D", (2, 3, 2, 2), 1e-3), ("rows", (4, 3), 1e-5)):
        names = ("N .", "N . W", "N . H W")[len(shape) - 2]
        attributes = {"epsilon": epsilon}
        stats = {"m": constant(shape[1]), "v": constant(shape[1], low=0.5)}
        inputs = {"x": real(*shape, dims=names), "s": weight(shape[1]), "b": weight(shape[1]), **stats}
        case("BatchNormalization", f"{about} inference", inputs,
             lambda x, s, b, m, v, e=epsilon: F.batch_norm(x, m, v, s, b, False, 0.1, single(e)), attributes)
        case("BatchNormalization", f"{about} training", inputs,
             lambda x, s, b, m, v, e=epsilon: F.batch_norm(x, m.clone(), v.clone(), s, b, True, 0.1, single(e)), attributes, training=True)
        case("BatchNormalization", f"{about} opset 9", inputs,
             lambda x, s, b, m, v, e=epsilon: F.batch_norm(x, m, v, s, b, False, 0.1, single(e)), attributes, 9)
    for about, axis, shape in (("last", -1, (4,)), ("two", 1, (3, 4)), ("all", 0, (2, 3, 4))):
        dims = {"last": "N S .", "two": "N . .", "all": None}[about]
        case("LayerNormalization", about, {"x": real(2, 3, 4, dims=dims), "s": weight(*shape), "b": weight(*shape)},
             lambda x, s, b, n=shape: F.layer_norm(x, n, s, b, single(1e-5)), {"axis": axis})
    case("LayerNormalization", "without bias", {"x": real(3, 4, dims="N ."), "s": weight(4)},
         lambda x, s: F.layer_norm(x, (4,), s, None, 0.125), {"epsilon": 0.125})
    for about, shape in (("2-D", (2, 3, 3, 2)), ("1-D", (1, 2, 5))):
        case("InstanceNormalization", about, {"x": real(*shape, dims=spatial_names(len(shape) - 2)), "s": weight(shape[1]), "b": weight(shape[1])},
             lambda x, s, b: F.instance_norm(x, None, None, s, b, True, 0.1, single(1e-5)))
    for opset, channels in ((21, 4), (18, 2)):
        for about, shape in (("2-D", (2, 4, 2, 3)), ("1-D", (1, 4, 5))):
            case("GroupNormalization", f"opset {opset} {about}",
                 {"x": real(*shape, dims=spatial_names(len(shape) - 2)), "s": weight(channels), "b": weight(channels)},
                 lambda x, s, b: group_norm(x, s, b, 2), {"num_groups": 2}, opset)
    for op, domain, opset in (("SimplifiedLayerNormalization", "", 18), ("RMSNormalization", "", 23)):
        case(op, "last", {"x": real(2, 3, 4, dims="N S ."), "s": weight(4)}, lambda x, s: rms(x, s, [-1]), opset=opset, domain=domain)
        case(op, "rows", {"x": real(3, 5, dims="N ."), "s": weight(5)}, lambda x, s: rms(x, s, [-1], 0.125), {"epsilon": 0.125}, opset, domain)
    case("RMSNormalization", "two axes", {"x": real(2, 3, 4, dims="N . ."), "s": weight(3, 4)}, lambda x, s: rms(x, s, [1, 2]), {"axis": 1}, 23)
    for p in (1, 2):
        for axis in (-1, 0):
            case("LpNormalization", f"p {p} axis {axis}", {"x": real(3, 4, dims="N ." if axis else ". N")},
                 lambda x, p=p, a=axis: x / torch.linalg.vector_norm(x, p, a, True), {"p": p, "axis": axis})
    for about, axes in (("plain", None), ("of rows", [1, 2, 3])):
        case("MeanVarianceNormalization", about, {"x": real(2, 2, 3, 2)},
             lambda x, a=axes or [0, 2, 3]: (x - x.mean(a, True)) / (x.var(a, False, True).sqrt() + single(1e-9)), {"axes": axes} if axes else None)


# Losses.

def losses():
    shapes = (("rows", (4, 3), [0, 2, 1, 2], "N ."), ("images", (2, 3, 2, 2), [[[0, 2], [1, 1]], [[2, 0], [0, 1]]], "N . H W"))
    free = {"N .": "N", "N . H W": "N H W"}
    for op, function in (("SoftmaxCrossEntropyLoss", F.cross_entropy), ("NegativeLogLikelihoodLoss", F.nll_loss)):
        for about, shape, labels, dims in shapes:
            for reduction in ("mean", "sum", "none"):
                case(op, f"{about} {reduction}", {"x": real(*shape, dims=dims), "labels": places(labels, dims=free[dims])},
                     lambda x, y, f=function, r=reduction: f(x, y, reduction=r), {"reduction": reduction})
            case(op, f"{about} with weights", {"x": real(*shape, dims=None), "labels": places(labels), "w": constant(3, low=0.5)},
                 lambda x, y, w, f=function: f(x, y, w))
            case(op, f"{about} passing over class 1", {"x": real(*shape, dims=dims), "labels": places(labels, dims=free[dims])},
                 lambda x, y, f=function: f(x, y, ignore_index=1), {"ignore_index": 1})
        case(op, "weights, passing over -1, sum", {"x": real(4, 3, dims=None), "labels": places([0, -1, 2, 2]), "w": constant(3, low=0.5)},
             lambda x, y, w, f=function: f(x, y, w, ignore_index=-1, reduction="sum"), {"ignore_index": -1, "reduction": "sum"})


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    for family in (functions, arithmetic, reductions, matrices, convolutions, pools, resizes, movements, selections, normalisations, losses):
        family()
    with open(sys.argv[1], "w", encoding="utf-8", newline="\n") as file:
        for record in CASES:
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
