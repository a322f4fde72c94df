"""Writes a zip of networks of six kinds as ONNX files, each with an input and the gradients that PyTorch finds for half the sum of its squared outputs.

Usage: python3 networks.py networks.zip
For every network NAME: NAME.onnx, and NAME.json with the input x, its shape, and the gradient of x and of every parameter, flat.
"""
import io
import json
import math
import sys
import zipfile

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    """ResNet-like: convolutions, batch normalisation, shortcuts."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.blocks = nn.ModuleList([self.block(8, 8, 1), self.block(8, 12, 2)])
        self.shortcut = nn.Sequential(nn.Conv2d(8, 12, 1, 2, bias=False), nn.BatchNorm2d(12))
        self.head = nn.Linear(12, 5)

    @staticmethod
    def block(inputs, outputs, stride):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        x = self.stem(x)
        x = F.relu(self.blocks[0](x) + x)
        x = F.relu(self.blocks[1](x) + self.shortcut(x))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Mobile(nn.Module):
    """MobileNet-like: depthwise convolutions, squeeze and excitation, HardSwish, ReLU6."""

    def __init__(self):
        super().__init__()
        self.expand = nn.Sequential(nn.Conv2d(3, 12, 1, bias=False), nn.BatchNorm2d(12), nn.Hardswish())
        self.depthwise = nn.Sequential(nn.Conv2d(12, 12, 5, 2, 2, groups=12, bias=False), nn.BatchNorm2d(12))
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(12, 4, 1), nn.ReLU(), nn.Conv2d(4, 12, 1), nn.Hardsigmoid())
        self.project = nn.Sequential(nn.Conv2d(12, 6, 1), nn.ReLU6())
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        x = self.depthwise(self.expand(x))
        x = self.project(F.hardswish(x * self.squeeze(x)))
        return F.log_softmax(self.head(x.mean((2, 3))), 1)


class Detector(nn.Module):
    """YOLO-like: focus slices, SiLU, pooling pyramid, upsampling, decoded boxes."""

    def __init__(self):
        super().__init__()
        self.focus = nn.Conv2d(12, 8, 3, 1, 1)
        self.down = nn.Conv2d(8, 8, 3, 2, 1)
        self.pyramid = nn.Conv2d(32, 8, 1)
        self.join = nn.Conv2d(16, 8, 3, 1, 1)
        self.head = nn.Conv2d(8, 2 * 7, 1)

    def forward(self, x):
        x = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        fine = F.silu(self.focus(x))
        coarse = F.silu(self.down(fine))
        p1 = F.max_pool2d(coarse, 5, 1, 2)
        p2 = F.max_pool2d(p1, 5, 1, 2)
        coarse = F.silu(self.pyramid(torch.cat([coarse, p1, p2, F.max_pool2d(p2, 5, 1, 2)], 1)))
        fine = F.silu(self.join(torch.cat([F.interpolate(coarse, scale_factor=2.0, mode="nearest"), fine], 1)))
        n, _, h, w = fine.shape
        y = self.head(fine).view(n, 2, 7, h, w).permute(0, 1, 3, 4, 2).sigmoid()
        place, size, rest = y.split((2, 2, 3), 4)
        return torch.cat((place * 2 - 0.5, (size * 2) ** 2 * 3, rest), 4).view(n, -1, 7)


class Transformer(nn.Module):
    """Encoder of two layers: embedding, attention with several heads, GELU, layer normalisation."""

    def __init__(self, width=16, heads=4):
        super().__init__()
        self.heads = heads
        self.place = nn.Parameter(torch.zeros(1, 6, width))
        self.embed = nn.Linear(5, width)
        self.layers = nn.ModuleList([nn.ModuleDict({
            "qkv": nn.Linear(width, 3 * width), "out": nn.Linear(width, width), "first": nn.LayerNorm(width), "second": nn.LayerNorm(width),
            "up": nn.Linear(width, 2 * width), "down": nn.Linear(2 * width, width)}) for _ in range(2)])
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        x = self.embed(x) + self.place
        n, t, c = x.shape
        for layer in self.layers:
            q, k, v = layer["qkv"](layer["first"](x)).view(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
            attention = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(c // self.heads), -1)
            x = x + layer["out"]((attention @ v).transpose(1, 2).reshape(n, t, c))
            x = x + layer["down"](F.gelu(layer["up"](layer["second"](x))))
        return self.head(x[:, 0])


class Segmenter(nn.Module):
    """U-Net-like: transposed convolutions, instance normalisation, bilinear resizing, padding."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.InstanceNorm2d(6, affine=True), nn.LeakyReLU(0.1))
        self.second = nn.Sequential(nn.Conv2d(6, 10, 3, padding=1), nn.GroupNorm(2, 10), nn.ELU())
        self.up = nn.ConvTranspose2d(10, 6, 3, 2, 1, output_padding=1)
        self.join = nn.Conv2d(12, 4, 3)
        self.out = nn.Conv2d(4, 3, 1)

    def forward(self, x):
        first = self.first(x)
        second = self.second(F.avg_pool2d(first, 2))
        x = torch.cat([self.up(second), first], 1)
        x = F.softplus(self.join(F.pad(x, (1, 1, 1, 1), mode="reflect")))
        return torch.tanh(self.out(F.interpolate(x, scale_factor=1.5, mode="bilinear", align_corners=False)))


class Recommender(nn.Module):
    """Products of embeddings, norms, powers, extrema and sorting."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(7, 6)
        self.mix = nn.Linear(6, 6)
        self.slope = nn.PReLU(6)

    def forward(self, x):
        rows = self.table(torch.tensor([[0, 2, 2], [6, 1, 0]]))
        scores = torch.einsum("bij,bkj->bik", x, self.slope(self.mix(rows).transpose(1, 2)).transpose(1, 2))
        scores = scores / scores.norm(dim=-1, keepdim=True) + scores.logsumexp(-1, keepdim=True)
        best = scores.topk(2, -1).values
        return torch.cat([best, scores.amax(1, keepdim=True)[..., :2], scores.abs().pow(1.5).cumsum(1)[..., 1:], torch.minimum(scores, scores.flip(-1))[..., :2]], 1)


NETWORKS = {
    "residual": (Residual, (2, 3, 32, 32)), "mobile": (Mobile, (2, 3, 16, 16)), "detector": (Detector, (1, 3, 32, 32)),
    "transformer": (Transformer, (2, 6, 5)), "segmenter": (Segmenter, (1, 2, 12, 12)), "recommender": (Recommender, (2, 4, 6)),
}


def text(values):
    """A JSON list of numbers that are the same again when they are read in single precision."""
    return "[" + ",".join(f"{value:.9g}" for value in values.flatten().tolist()) + "]"


def add(archive, name, content):
    # Undated, so that the same content is the same file.
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content, compresslevel=9)


def main(path):
    with zipfile.ZipFile(path, "w") as archive:
        for number, (name, (make, shape)) in enumerate(NETWORKS.items()):
            torch.manual_seed(number)
            network = make().eval()
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter.add_(torch.randn_like(parameter) * 0.1)
                for key, buffer in network.named_buffers():
                    if key.endswith("running_mean"):
                        buffer.normal_(0, 0.2)
                    if key.endswith("running_var"):
                        buffer.uniform_(0.5, 1.5)
            x = torch.randn(shape, requires_grad=True)
            (network(x) ** 2).sum().div(2).backward()
            gradients = {"x": x.grad, **{key: parameter.grad for key, parameter in network.named_parameters()}}
            model = io.BytesIO()
            torch.onnx.export(
                network, x.detach(), model, input_names=["x"], output_names=["y"], opset_version=16,
                training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
            listed = ",".join(f"{json.dumps(key)}:{text(value)}" for key, value in gradients.items())
            add(archive, f"{name}.onnx", model.getvalue())
            add(archive, f"{name}.json", f'{{"shape":{json.dumps(list(shape))},"x":{text(x.detach())},"gradients":{{{listed}}}}}')


if __name__ == "__main__":
    main(sys.argv[1])
