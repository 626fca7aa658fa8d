"""Writes the start of every workload: FOLDER/W.safetensors with inputs, targets and weights, always the same.

Usage: starts.py WORKLOADS.json FOLDER
"""

import json
import pathlib
import sys

import numpy as np
from safetensors.numpy import save_file


def start(number, workload):
    """Tensors of one workload: `x`, `y`, and of each linear layer `i.weight` [out, in] and `i.bias`."""
    random = np.random.default_rng(number)
    widths, batch = workload["widths"], workload["batch"]
    tensors = {"x": random.standard_normal((batch, widths[0]), dtype=np.float32)}
    if workload["loss"] == "mse":
        tensors["y"] = random.random((batch, widths[-1]), dtype=np.float32)
    else:
        tensors["y"] = random.integers(widths[-1], size=batch, dtype=np.int64)
    for i, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        bound = fan_in**-0.5
        for name, shape in [("weight", (fan_out, fan_in)), ("bias", (fan_out,))]:
            tensors[f"{i}.{name}"] = ((random.random(shape, dtype=np.float32) * 2 - 1) * bound).astype(np.float32)
    return tensors


def main():
    workloads, folder = sys.argv[1:]
    for number, (name, workload) in enumerate(json.loads(pathlib.Path(workloads).read_text()).items()):
        save_file(start(number, workload), pathlib.Path(folder) / f"{name}.safetensors")


main()
