"""tinygrad: forward, backward and update captured by one TinyJit, with kernels that clang compiles."""

import os
import shutil

# tinygrad asks for `clang`; Debian's newer ones carry their number.
names = ["clang", *(f"clang-{number}" for number in range(30, 13, -1))]
os.environ.setdefault("CC", next(filter(shutil.which, names), "clang"))
os.environ["DEV"] = "CPU"
os.environ["NUM_CPU_THREADS"] = os.environ["OMP_NUM_THREADS"]

from importlib.metadata import version

import numpy as np
from tinygrad import Context, Device, Tensor, TinyJit, nn

import worker

kind, workload, threads, start = worker.arguments()
x, y = Tensor(start["x"]).realize(), Tensor(start["y"].astype(np.int32) if start["y"].ndim == 1 else start["y"]).realize()
rule = workload["optimizer"]
activation = {
    "sigmoid": Tensor.sigmoid,
    "tanh": Tensor.tanh,
    "relu": Tensor.relu,
    "gelu": lambda x: x.gelu(approximate="none"),
}[workload["activation"]]


def begin():
    """Numbers of the start, layer by layer."""
    for i, width in enumerate(workload["widths"][1:]):
        layer = [start[f"{i}.weight"], start[f"{i}.bias"]]
        if workload.get("layer_norm"):
            layer += [np.ones(width, np.float32), np.zeros(width, np.float32)]
        yield layer


layers = [[Tensor(numbers).realize().is_param_() for numbers in layer] for layer in begin()]
params = [param for layer in layers for param in layer]
optimizer = {
    "sgd": lambda: nn.optim.SGD(params, rule["lr"], rule.get("momentum", 0.0)),
    "adam": lambda: nn.optim.Adam(params, rule["lr"]),
    "adamw": lambda: nn.optim.AdamW(params, rule["lr"], weight_decay=0.01),
}[rule["type"]]()
# What a step changes, and where it starts.
kept = params + (optimizer.b if rule["type"] == "sgd" else optimizer.m + optimizer.v + [optimizer.b1_t, optimizer.b2_t])
Tensor.realize(*kept)
starts = [tensor.numpy() for tensor in kept]


@TinyJit
@Context(TRAINING=1)
def step():
    """One update; returns the loss before it."""
    optimizer.zero_grad()
    h = x
    for i, layer in enumerate(layers):
        h = h.linear(layer[0].T, layer[1])
        if workload.get("layer_norm"):
            h = activation(h).layernorm(eps=1e-5) * layer[2] + layer[3]
        elif i < len(layers) - 1:
            h = activation(h)
    loss = (h - y).square().mean() if workload["loss"] == "mse" else h.sparse_categorical_crossentropy(y)
    loss.backward()
    return loss.realize(*optimizer.schedule_step())


def restart():
    """Goes back to the start, in the buffers that the captured step uses."""
    for tensor, numbers in zip(kept, starts):
        tensor.assign(Tensor(numbers)).realize()
    Device["CPU"].synchronize()


def steps(n):
    """Trains n steps."""
    for _ in range(n):
        loss = step()
    Device["CPU"].synchronize()
    return loss.item()


worker.serve("tinygrad", version("tinygrad"), workload, restart, steps)
