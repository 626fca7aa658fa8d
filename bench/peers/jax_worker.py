"""JAX: `step`, one compiled step called from Python, or `loop`, all steps inside one compiled program."""

from functools import partial

import jax
import jax.numpy as jnp

import worker

kind, workload, threads, start = worker.arguments()
x, y = jnp.asarray(start["x"]), jnp.asarray(start["y"])
rule = workload["optimizer"]
activation = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "gelu": partial(jax.nn.gelu, approximate=False),
}[workload["activation"]]


def fresh():
    """Weights as the start has them, the optimizer's numbers, the count of steps, and room for the loss."""
    params = []
    for i, width in enumerate(workload["widths"][1:]):
        layer = {"weight": jnp.array(start[f"{i}.weight"]), "bias": jnp.array(start[f"{i}.bias"])}
        if workload.get("layer_norm"):
            layer |= {"scale": jnp.ones(width), "shift": jnp.zeros(width)}
        params.append(layer)
    zeros = {"sgd": 1 if rule.get("momentum") else 0, "adam": 2, "adamw": 2}[rule["type"]]
    slots = [jax.tree.map(jnp.zeros_like, params) for _ in range(zeros)]
    return params, slots, jnp.zeros(()), jnp.zeros(())


def loss_of(params, x, y):
    """Mean loss of the batch."""
    for i, layer in enumerate(params):
        x = x @ layer["weight"].T + layer["bias"]
        if "scale" in layer:
            x = activation(x)
            x = x - x.mean(-1, keepdims=True)
            x = x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * layer["scale"] + layer["shift"]
        elif i < len(params) - 1:
            x = activation(x)
    if workload["loss"] == "mse":
        return jnp.mean((x - y) ** 2)
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1))


def step(state, x, y):
    """One update, with the formulas of `torch.optim`."""
    params, slots, t, _ = state
    loss, gradient = jax.value_and_grad(loss_of)(params, x, y)
    lr, t = rule["lr"], t + 1
    if rule["type"] == "sgd":
        if slots:
            gradient = jax.tree.map(lambda b, g: rule["momentum"] * b + g, slots[0], gradient)
            slots = [gradient]
        return jax.tree.map(lambda w, g: w - lr * g, params, gradient), slots, t, loss
    keep = 1 - lr * 0.01 if rule["type"] == "adamw" else 1.0
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, slots[0], gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, slots[1], gradient)
    size, root = lr / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
    params = jax.tree.map(
        lambda w, m, v: w * keep - size * m / (jnp.sqrt(v) / root + 1e-8), params, first, second
    )
    return params, [first, second], t, loss


one = jax.jit(step, donate_argnums=0)
many = jax.jit(
    lambda state, x, y, n: jax.lax.fori_loop(0, n, lambda _, state: step(state, x, y), state), donate_argnums=0
)
state = None


def restart():
    """Goes back to the start."""
    global state
    state = jax.block_until_ready(fresh())


def steps(n):
    """Trains n steps."""
    global state
    if kind == "loop":
        state = many(state, x, y, n)
    else:
        for _ in range(n):
            state = one(state, x, y)
    jax.block_until_ready(state)
    return state[3]


worker.serve(f"jax-{kind}", jax.__version__, workload, restart, steps)
