"""Writes extra.json, more cases in the format of ../oracles (see its README), and batch_norm.json, the running
statistics of a batch norm and what it gives in evaluation, all by PyTorch in float64.

Run: pip install torch numpy && python make_cases.py
"""
import json, os, sys
import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "oracles"))
sys.argv = ["generate.py", "7", "/tmp"]  # its own files go elsewhere
import generate as g

rng = torch.Generator().manual_seed(7)
torch.manual_seed(7)
n = lambda *s: torch.randn(*s, generator=rng)
g.ACT["log_softmax"] = lambda: nn.LogSoftmax(dim=-1)
g.ACT["softmax"] = lambda: nn.Softmax(dim=-1)
g.LOSS["nll"] = nn.NLLLoss()
g.LOSS["bce"] = nn.BCELoss()
lin = lambda i, o: {"type": "linear", "in": i, "out": o}
sgd = {"type": "sgd", "lr": 0.05}
mlp = [lin(5, 6), {"type": "tanh"}, lin(6, 3)]
x, y = n(8, 5), torch.randint(0, 3, (8,), generator=rng)
cases = [
    g.case("nll", mlp + [{"type": "log_softmax"}], "nll", sgd, x, y),
    g.case("bce", [lin(5, 6), {"type": "tanh"}, lin(6, 2), {"type": "sigmoid"}], "bce", sgd, x, torch.rand(8, 2, generator=rng)),
    g.case("softmax", mlp + [{"type": "softmax"}], "mse", sgd, x, n(8, 3)),
    g.case("adam_amsgrad", mlp, "cross_entropy", {"type": "adam", "lr": 0.05, "amsgrad": True}, x, y),
    g.case("rmsprop_centered", mlp, "cross_entropy", {"type": "rmsprop", "lr": 0.01, "centered": True, "momentum": 0.5, "weight_decay": 0.01}, x, y),
    g.case("sgd_dampening", mlp, "cross_entropy", {"type": "sgd", "lr": 0.05, "momentum": 0.9, "dampening": 0.3}, x, y),
    g.case("adagrad_decay", mlp, "cross_entropy", {"type": "adagrad", "lr": 0.05, "lr_decay": 0.1, "weight_decay": 0.01, "initial_accumulator_value": 0.1}, x, y),
]
json.dump(cases, open(os.path.join(HERE, "extra.json"), "w"))

bn = nn.BatchNorm1d(3)
batches = [n(6, 3) * 2 + 1 for _ in range(3)]
for batch in batches:
    bn(batch)
bn.eval()
json.dump({"batches": [g.t(b) for b in batches], "running_mean": g.t(bn.running_mean), "running_var": g.t(bn.running_var),
           "num_batches_tracked": int(bn.num_batches_tracked), "evaluated": g.t(bn(batches[0]))},
          open(os.path.join(HERE, "../../../../engine/tests/engine/pytorch/batch_norm.json"), "w"))
