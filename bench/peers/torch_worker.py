"""PyTorch: `eager` as most people write it, or `compile`, the whole step as one compiled graph."""

import time

import torch
from torch import nn
from torch.nn import functional as F

import worker

kind, workload, threads, start = worker.arguments()
torch.set_num_threads(threads)
start = {name: torch.from_numpy(tensor) for name, tensor in start.items()}
x, y = start["x"], start["y"]
loss_function = {"mse": F.mse_loss, "cross_entropy": F.cross_entropy}[workload["loss"]]
rule = workload["optimizer"]


def network():
    """The network as a module, with any weights."""
    activation = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU}[workload["activation"]]
    widths, normed = workload["widths"], workload.get("layer_norm", False)
    layers = []
    for i, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(fan_in, fan_out))
        if normed:
            layers += [activation(), nn.LayerNorm(fan_out)]
        elif i < len(widths) - 2:
            layers.append(activation())
    return nn.Sequential(*layers)


model = network()
params = list(model.parameters())


@torch.no_grad()
def restart_params():
    """Sets the weights to the start's."""
    linears = [layer for layer in model if isinstance(layer, nn.Linear)]
    for i, linear in enumerate(linears):
        linear.weight.copy_(start[f"{i}.weight"])
        linear.bias.copy_(start[f"{i}.bias"])
    for norm in (layer for layer in model if isinstance(layer, nn.LayerNorm)):
        norm.reset_parameters()


class Eager:
    """Modules, autograd, and an optimizer of `torch.optim`."""

    def __init__(self, **implementation):
        kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
        settings = {key: value for key, value in rule.items() if key != "type"}
        self.optimizer = kinds[rule["type"]](params, **settings, **implementation)

    @torch.no_grad()
    def restart(self):
        restart_params()
        for state in self.optimizer.state.values():
            for tensor in state.values():
                if tensor is not None:
                    tensor.zero_()

    def steps(self, n):
        for _ in range(n):
            self.optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            self.optimizer.step()
        return loss.detach()


class Compiled:
    """Forward, backward and update traced into one graph: `torch.func` for the gradient, the update by hand."""

    def __init__(self):
        self.slots = [[torch.zeros_like(param) for param in params] for _ in range(2)]
        self.t = torch.zeros(())
        self.step = torch.compile(self.step, fullgraph=True, dynamic=False)

    @torch.no_grad()
    def restart(self):
        restart_params()
        self.t.zero_()
        for tensor in self.slots[0] + self.slots[1]:
            tensor.zero_()

    def step(self, weights, firsts, seconds, t, x, y):
        named = dict(zip([name for name, _ in model.named_parameters()], weights))

        def loss_of(named):
            return loss_function(torch.func.functional_call(model, named, (x,)), y)

        gradients, loss = torch.func.grad_and_value(loss_of)(named)
        t.add_(1)
        for w, g, first, second in zip(weights, gradients.values(), firsts, seconds):
            update(w, g, first, second, t)
        return loss

    def steps(self, n):
        weights = [param.detach() for param in params]
        with torch.no_grad():
            for _ in range(n):
                loss = self.step(weights, *self.slots, self.t, x, y)
        return loss


def update(w, g, first, second, t):
    """The formulas of `torch.optim`, in place."""
    if rule["type"] == "sgd":
        if rule["momentum"] != 0.0:
            first.copy_(rule["momentum"] * first + g)
            g = first
        w.sub_(rule["lr"] * g)
        return
    if rule["type"] == "adamw":
        w.mul_(1 - rule["lr"] * 0.01)
    first.lerp_(g, 0.1)
    second.copy_(0.999 * second + 0.001 * g * g)
    step_size = rule["lr"] / (1 - 0.9**t)
    w.sub_(step_size * first / (second.sqrt() / (1 - 0.999**t).sqrt() + 1e-8))


def fastest(candidates):
    """Of several ways to do the same the one that takes least time."""

    def seconds(candidate):
        best = float("inf")
        for _ in range(3):
            candidate.restart()
            candidate.steps(2)
            begin = time.perf_counter()
            steps = 0
            while steps < 100 and time.perf_counter() - begin < 0.2:
                candidate.steps(1)
                steps += 1
            best = min(best, (time.perf_counter() - begin) / steps)
        return best

    return min(candidates, key=seconds)


chosen = Compiled() if kind == "compile" else fastest([Eager(foreach=True), Eager(fused=True)])
worker.serve(f"torch-{kind}", torch.__version__, workload, chosen.restart, chosen.steps)
