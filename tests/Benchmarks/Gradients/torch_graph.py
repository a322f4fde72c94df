"""Runs an ONNX graph forward and backward in PyTorch, operator by operator.

Usage: python3 torch_graph.py FOLDER [--threads N] [--training] [--turns]
FOLDER holds graph.json (nodes, tensors by offset) and data.bin, as TorchGraph writes them; seeds of the outputs are tensors dY_<output>.
Writes gradients.bin: the gradients of the tensors under "wrt", one after the other, float32. With --turns it says 0 when it is ready, and answers each
line that holds a number with the median of the milliseconds of so many runs, forward and backward.
"""
import json
import pathlib
import sys
import time

import numpy
import torch
from torch.nn import functional as F

DTYPES = {"FP32": numpy.float32, "INT64": numpy.int64, "INT32": numpy.int32, "BOOL": numpy.bool_, "FP64": numpy.float64, "UINT8": numpy.uint8, "INT8": numpy.int8}


def numbers(value):
    return [int(v) for v in value.reshape(-1).tolist()]


def padded(x, attributes, value=0.0):
    pads = attributes.get("pads")
    if not pads or not any(pads):
        return x, 0
    n = len(pads) // 2
    begin, end = pads[:n], pads[n:]
    if begin == end:
        return x, begin
    flat = [p for pair in reversed(list(zip(begin, end))) for p in pair]
    return F.pad(x, flat, value=value), 0


def conv(n, a, x, w, b=None):
    x, pad = padded(x, a)
    dims = x.dim() - 2
    run = (F.conv1d, F.conv2d, F.conv3d)[dims - 1]
    return run(x, w, b, a.get("strides", 1), pad, a.get("dilations", 1), a.get("group", 1))


def conv_transpose(n, a, x, w, b=None):
    pads = a.get("pads", [0] * 2 * (x.dim() - 2))
    half = len(pads) // 2
    assert pads[:half] == pads[half:], "asymmetric padding"
    run = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[x.dim() - 3]
    return run(x, w, b, a.get("strides", 1), pads[:half], a.get("output_padding", 0), a.get("group", 1), a.get("dilations", 1))


def max_pool(n, a, x):
    x, pad = padded(x, a, float("-inf"))
    return F.max_pool2d(x, a["kernel_shape"], a.get("strides", 1), pad, a.get("dilations", 1), bool(a.get("ceil_mode", 0)))


def average_pool(n, a, x):
    pads = a.get("pads", [0, 0, 0, 0])
    assert pads[:2] == pads[2:], "asymmetric padding"
    return F.avg_pool2d(x, a["kernel_shape"], a.get("strides", 1), pads[:2], bool(a.get("ceil_mode", 0)), bool(a.get("count_include_pad", 0)))


def gemm(n, a, x, w, c=None):
    x = x.t() if a.get("transA") else x
    w = w.t() if a.get("transB") else w
    y = x @ w * a.get("alpha", 1.0) if a.get("alpha", 1.0) != 1 else x @ w
    return y if c is None else y + c * a.get("beta", 1.0) if a.get("beta", 1.0) != 1 else y + c


def batch_norm(n, a, x, scale, bias, mean, var):
    if TRAINING:
        return F.batch_norm(x, mean.clone(), var.clone(), scale, bias, True, 1 - a.get("momentum", 0.9), a.get("epsilon", 1e-5))
    return F.batch_norm(x, mean, var, scale, bias, False, 0, a.get("epsilon", 1e-5))


def clip(n, a, x, low=None, high=None):
    return torch.clamp(x, None if low is None else low.item(), None if high is None else high.item())


def slice_(n, a, x, starts, ends, axes=None, steps=None):
    starts, ends = numbers(starts), numbers(ends)
    axes = numbers(axes) if axes is not None else range(len(starts))
    steps = numbers(steps) if steps is not None else [1] * len(starts)
    index = [slice(None)] * x.dim()
    for s, e, axis, step in zip(starts, ends, axes, steps):
        assert step > 0, "backward slice"
        index[axis] = slice(s, min(e, 2**31), step)
    return x[tuple(index)]


def split(n, a, x, sizes=None):
    axis = a.get("axis", 0)
    sizes = numbers(sizes) if sizes is not None else [x.shape[axis] // len(n["out"])] * len(n["out"])
    return torch.split(x, sizes, axis)


def resize(n, a, x, roi=None, scales=None, sizes=None):
    size = numbers(sizes)[2:] if sizes is not None and sizes.numel() else [int(d * s) for d, s in zip(x.shape[2:], scales.tolist()[2:])]
    if a.get("mode", "nearest") == "nearest":
        return F.interpolate(x, size, mode="nearest")
    return F.interpolate(x, size, mode="bilinear", align_corners=a.get("coordinate_transformation_mode") == "align_corners")


def reshape(n, a, x, shape):
    shape = numbers(shape)
    return x.reshape([x.shape[i] if d == 0 else d for i, d in enumerate(shape)])


def layer_norm(n, a, x, scale, bias=None):
    return F.layer_norm(x, x.shape[a.get("axis", -1):] if a.get("axis", -1) < 0 else x.shape[a["axis"]:], scale, bias, a.get("epsilon", 1e-5))


def mean(n, a, x, axes=None):
    return x.mean(numbers(axes) if axes is not None else list(range(x.dim())), keepdim=bool(a.get("keepdims", 1)))


def gather(n, a, x, index):
    axis = a.get("axis", 0)
    return torch.index_select(x, axis, index.reshape(-1)).reshape(x.shape[:axis] + index.shape + x.shape[axis % x.dim() + 1:])


OPS = {
    "Conv": conv, "ConvTranspose": conv_transpose, "MaxPool": max_pool, "AveragePool": average_pool, "Gemm": gemm, "BatchNormalization": batch_norm,
    "Clip": clip, "Slice": slice_, "Split": split, "Resize": resize, "Reshape": reshape, "LayerNormalization": layer_norm, "ReduceMean": mean, "Gather": gather,
    "GlobalAveragePool": lambda n, a, x: x.mean((2, 3), keepdim=True), "Relu": lambda n, a, x: F.relu(x), "Sigmoid": lambda n, a, x: torch.sigmoid(x),
    "Tanh": lambda n, a, x: torch.tanh(x), "LeakyRelu": lambda n, a, x: F.leaky_relu(x, a.get("alpha", 0.01)), "Exp": lambda n, a, x: torch.exp(x),
    "Add": lambda n, a, x, y: x + y, "Sub": lambda n, a, x, y: x - y, "Mul": lambda n, a, x, y: x * y, "Div": lambda n, a, x, y: x / y,
    "MatMul": lambda n, a, x, y: x @ y, "Softmax": lambda n, a, x: F.softmax(x, a.get("axis", -1)), "Erf": lambda n, a, x: torch.erf(x),
    "Concat": lambda n, a, *x: torch.cat(x, a["axis"]), "Transpose": lambda n, a, x: x.permute(a["perm"]), "Identity": lambda n, a, x: x,
    "Flatten": lambda n, a, x: x.flatten(a.get("axis", 1)) if a.get("axis", 1) == 1 else x.reshape(int(numpy.prod(x.shape[:a["axis"]])), -1),
    "Squeeze": lambda n, a, x, axes: x.reshape([d for i, d in enumerate(x.shape) if i not in [k % x.dim() for k in numbers(axes)]]),
    "Unsqueeze": lambda n, a, x, axes: x[tuple(None if i in [k % (x.dim() + axes.numel()) for k in numbers(axes)] else slice(None)
                                              for i in range(x.dim() + axes.numel()))],
    "Pad": lambda n, a, x, pads, value=None: F.pad(
        x, [p for pair in reversed(list(zip(numbers(pads)[:x.dim()], numbers(pads)[x.dim():]))) for p in pair], value=0.0 if value is None else value.item()),
    "Cast": lambda n, a, x: x.to({1: torch.float32, 7: torch.int64, 6: torch.int32, 11: torch.float64}[a["to"]]),
    "Dropout": lambda n, a, x, *_: x, "Sqrt": lambda n, a, x: torch.sqrt(x), "Pow": lambda n, a, x, y: torch.pow(x, y),
}


def forward(graph, values):
    values = dict(values)
    for node in graph["nodes"]:
        results = OPS[node["op"]](node, node["attributes"], *[values[i] if i else None for i in node["in"]])
        for name, result in zip(node["out"], results if isinstance(results, tuple) else (results,)):
            values[name] = result
    return [values[o] for o in graph["outputs"]]


def main(folder, threads, turns):
    torch.set_num_threads(threads)
    graph = json.loads((folder / "graph.json").read_text())
    data = (folder / "data.bin").read_bytes()
    values = {
        t["name"]: torch.from_numpy(numpy.frombuffer(data, DTYPES[t["type"]], t["count"], t["offset"]).reshape(t["shape"]).copy()) for t in graph["tensors"]}
    wrt = [values[w].requires_grad_() for w in graph["wrt"]]

    def run():
        for w in wrt:
            w.grad = None
        torch.autograd.backward(forward(graph, values), [values["dY_" + o] for o in graph["outputs"]])

    run()
    (folder / "gradients.bin").write_bytes(b"".join(w.grad.contiguous().numpy().astype(numpy.float32).tobytes() for w in wrt))
    if turns:
        print(0, flush=True)
        for line in sys.stdin:
            times = []
            for _ in range(int(line)):
                started = time.perf_counter()
                run()
                times.append((time.perf_counter() - started) * 1000)
            print(numpy.median(times), flush=True)


def option(name, default):
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else default


if __name__ == "__main__":
    TRAINING = "--training" in sys.argv
    main(pathlib.Path(sys.argv[1]), option("--threads", 2), "--turns" in sys.argv)
