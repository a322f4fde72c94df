"""Trains a small convolutional network on MNIST's test images in PyTorch and times its epochs.

Usage: python3 torch_training.py IMAGES.gz LABELS.gz --threads N --turns
Says 0 when it is ready, and answers each line that holds a number with the median of the seconds of so many epochs over all images, batch 32, Adam.
"""
import gzip
import sys
import time

import numpy
import torch
from torch import nn


def main(images, labels, threads):
    torch.set_num_threads(threads)
    x = numpy.frombuffer(gzip.open(images).read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    y = numpy.frombuffer(gzip.open(labels).read(), numpy.uint8, offset=8)
    x, y = torch.from_numpy(x.astype(numpy.float32) / 255), torch.from_numpy(y.astype(numpy.int64))
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1568, 10))
    optimizer, loss = torch.optim.Adam(network.parameters(), 1e-3), nn.CrossEntropyLoss()
    print(0, flush=True)
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            order, started = torch.randperm(len(x)), time.perf_counter()
            for batch in order.split(32):
                optimizer.zero_grad()
                loss(network(x[batch]), y[batch]).backward()
                optimizer.step()
            seconds.append(time.perf_counter() - started)
        print(numpy.median(seconds), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[sys.argv.index("--threads") + 1]))
