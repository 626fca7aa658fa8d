"""What the Python workers share: the arguments, and the conversation with the driver."""

import json
import pathlib
import sys
import time

from safetensors.numpy import load_file

# A timed run starts over after so many steps where the optimizer has moments. Every peer then times the same
# stretch of training, and none gets to where the moments of silent units become denormal (0.9^830 is), which
# costs some peers a lot and others nothing.
STRETCH = 500


def arguments():
    """Kind of peer, workload, threads, and the tensors of the start, from `KIND WORKLOAD THREADS PATH`."""
    kind, name, threads, path = sys.argv[1:]
    workloads = pathlib.Path(__file__).parent.parent / "workloads.json"
    return kind, json.loads(workloads.read_text())[name], int(threads), load_file(path)


def has_moments(rule):
    """Whether an optimizer keeps anything from step to step."""
    return rule["type"] != "sgd" or rule.get("momentum", 0.0) != 0.0


def serve(peer, version, workload, restart, steps):
    """Tells the losses of the first 10 steps, then times as many steps as each line of stdin says.

    `restart()` goes back to the start; `steps(n)` trains n steps, waits for them, and returns the last loss.
    """
    restart()
    losses = [float(steps(1)) for _ in range(10)]
    print(json.dumps({"peer": peer, "version": version, "losses": losses}), flush=True)
    for line in sys.stdin:
        n, seconds = int(line), 0.0
        stretch = STRETCH if has_moments(workload["optimizer"]) else n
        for first in range(0, n, stretch):
            restart()
            steps(1)
            begin = time.perf_counter()
            steps(min(stretch, n - first))
            seconds += time.perf_counter() - begin
        print(json.dumps({"seconds": seconds, "steps": n}), flush=True)
