"""Compares what `whygrad export` writes, run by PyTorch, with what `whygrad predict` says, cell by cell.

    python -m venv venv && venv/bin/pip install torch safetensors
    venv/bin/python app/tests/app/export.py target/debug/whygrad

By hand, since the tests need no PyTorch. Each line is a run and a file: how many rows were compared, how many of them have no
prediction, and the largest difference of a number, as a share of the largest number of its column.
"""

import contextlib
import csv
import io
import itertools
import json
import os
import pathlib
import random
import runpy
import shutil
import struct
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent
BUILTIN = TESTS.parent.parent / "src" / "data" / "builtin"
WHYGRAD = str(pathlib.Path(sys.argv[1]).resolve())
MOST = {"f32": 1e-5, "f64": 1e-12}
worst = dict.fromkeys(MOST, 0.0)


def whygrad(*args):
    """What the command prints, which has to end well."""
    done = subprocess.run([WHYGRAD, *args], capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"whygrad {' '.join(args)}: {done.stderr}")
    return done.stdout


def model(program, file):
    """What the program prints: run in this process, since PyTorch takes seconds to start."""
    sys.argv, out = [program, file], io.StringIO()
    with contextlib.redirect_stdout(out):
        runpy.run_path(program, run_name="__main__")
    return out.getvalue()


def train(experiment, *overrides, precision="f32"):
    """Trains; returns the run's folder, with what was exported in it."""
    given = ["train.epochs=2", *overrides, f"train.precision={precision}"]
    said = whygrad("train", experiment, "--json", *(word for set in given for word in ("--set", set)))
    folder = json.loads(said)["run"]
    whygrad("export", folder)
    return folder


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def compare(what, folder, ours, theirs=None, precision="f32"):
    """Compares what both say of a file; where PyTorch's side reads another one, that is `theirs`."""
    wanted = rows_of(whygrad("predict", folder, ours))
    got = rows_of(model(f"{folder}/export/model.py", theirs or ours))
    assert got[0] == wanted[0] and len(got) == len(wanted), f"{what}: {got[0]}, {len(got)} for {wanted[0]}, {len(wanted)}"
    difference, columns = 0.0, range(len(wanted[0]))
    scale = [max((abs(float(row[at])) for row in wanted[1:] if row and is_number(row[at])), default=1) for at in columns]
    for place, (row, want) in enumerate(zip(got[1:], wanted[1:]), 1):
        assert len(row) == len(want), f"{what}, row {place}: {row} for {want}"
        for at, (cell, other) in enumerate(zip(row, want)):
            if wanted[0][at] == "prediction" and len(wanted[0]) > 1 or not is_number(other):
                assert cell == other, f"{what}, row {place}: {cell} for {other}"
            else:
                difference = max(difference, abs(float(cell) - float(other)) / (scale[at] or 1))
    assert difference <= MOST[precision], f"{what}: {difference}"
    worst[precision] = max(worst[precision], difference)
    print(f"{what:<44} {precision} {len(wanted) - 1:>5} rows {sum(not row for row in wanted):>4} without {difference:.1e}")


def is_number(cell):
    try:
        float(cell)
        return True
    except ValueError:
        return False


def tables():
    """The tables of `tables/`, as they are written there."""
    for file in (TESTS / "tables").iterdir():
        shutil.copy(file, ".")
    for experiment in sorted(pathlib.Path(".").glob("*.toml")):
        file = next(file for file in pathlib.Path(".").glob(f"{experiment.stem}.*")
                    if file.suffix in (".csv", ".tsv", ".data", ".gz") and "expected" not in file.name)
        for precision in MOST:
            folder = train(str(experiment), "optimizer.lr=0.01", "train.epochs=5", precision=precision)
            compare(f"table {file.name}", folder, file.name, precision=precision)


def flats(separator, decimal, header=True, gaps=True):
    """A table with numbers, some of them far from 0, yes and no, texts, and gaps; and one of the same columns in another
    order, with more of them, and with a text that the first has not."""
    draw = random.Random(1)
    number = lambda x: f"{x:.2f}".replace(".", decimal)
    gap = lambda cell: "?" if gaps and draw.random() < 0.1 else cell
    rows = [[gap(number(draw.gauss(70, 20))), gap(draw.choice(["north", "south, centre", 'the "west"'])),
             gap(draw.choice(["yes", "no"])), gap(number(2000 + draw.random())), draw.choice(["dear", "cheap"])]
            for _ in range(200)]
    names = ["size", "district", "lift", "year", "label"]
    turned = [[row[3], "x", row[2], "east" if place % 9 == 0 else row[1], row[0]] for place, row in enumerate(rows)]
    order = ["year", "more", "lift", "district", "size"]
    for name, table in [("flats", ([names] if header else []) + rows), ("other", [order, *turned])]:
        with open(f"{name}.csv", "w", newline="") as file:
            csv.writer(file, delimiter=separator).writerows(table)


FLATS = """[data]
source = "flats.csv"
scale = "standard"
%s
[network]
layers = [{ type = "linear", out = 8 }, { type = "tanh" }, { type = "linear", out = 2 }]
[loss]
type = "cross_entropy"
[optimizer]
type = "adam"
lr = 0.05
"""


def missing():
    """Every data.missing, separator and decimal sign, on other columns and texts; and a table whose columns have no names."""
    writings = [(",", "."), (";", ","), ("\t", "."), ("|", ",")]
    for missing, precision in itertools.product(["error", "drop", "mean", "median", "most_frequent"], MOST):
        for separator, decimal in writings:
            flats(separator, decimal, gaps=missing != "error")
            pathlib.Path("flats.toml").write_text(FLATS % f'missing = "{missing}"')
            folder = train("flats.toml", precision=precision)
            for file in ["flats.csv", "other.csv"]:
                compare(f"missing = {missing}, {separator!r} {decimal!r} {file}", folder, file, precision=precision)
    for separator, decimal in [(",", "."), (";", ",")]:
        flats(separator, decimal, header=False)
        said = f'missing = "mean"\ntarget = "column5"\nheader = false\nseparator = "{separator}"\ndecimal = "{decimal}"'
        pathlib.Path("flats.toml").write_text(FLATS % said)
        compare(f"no header, {separator!r} {decimal!r}", train("flats.toml"), "flats.csv")


# What stands between two linear layers.
LAYERS = """
type = "batch_norm", eps = 1e-3, momentum = 0.3
type = "batch_norm", affine = false, features = 8
type = "layer_norm"
type = "layer_norm", eps = 1e-2, elementwise_affine = false, features = 8
type = "dropout", p = 0.3
type = "relu"
type = "leaky_relu", negative_slope = 0.2
type = "elu", alpha = 0.7
type = "gelu"
type = "gelu", approximate = "tanh"
type = "silu"
type = "sigmoid"
type = "tanh"
type = "identity"
type = "softplus"
type = "softplus", beta = 2.0, threshold = 1.0
type = "softmax"
type = "log_softmax"
type = "linear", out = 4, bias = false
type = "residual", layers = [{ INSIDE }, { type = "residual", layers = [{ INSIDE }] }]
""".replace("INSIDE", 'type = "linear", out = 8 }, { type = "batch_norm" }, { type = "silu"').strip().splitlines()
IRIS = 'network.layers=[{ type = "linear", out = 8 }, { %s }, { type = "linear", out = 3 }%s]'


def layers():
    """Every layer, and every loss with the outputs that it takes."""
    iris = str(BUILTIN / "iris.csv.gz")
    for layer, precision in itertools.product(LAYERS, MOST):
        compare(layer[7:50], train("iris", IRIS % (layer, ""), precision=precision), iris, precision=precision)
    for loss, output in [("nll", "log_softmax"), ("categorical_cross_entropy", "softmax")]:
        last = ', { type = "%s" }' % output
        folder = train("iris", IRIS % ('type = "tanh"', last), f"loss.type={loss}")
        compare(f"{loss} of {output}", folder, iris)
    rows = [[x / 50, x % 7, int(x % 3 == 0), int(x % 7 > 2)] for x in range(100)]
    pathlib.Path("shares.csv").write_text("a,b,y,z\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    losses = [("bce", ', { type = "sigmoid" }'), ("bce_with_logits", ""), ("mse", ""), ("mae", ""), ("huber", ""),
              ("squared_error", ""), ("half_squared_error", "")]
    for (loss, output), precision in itertools.product(losses, MOST):
        text = (FLATS % 'target = ["y", "z"]').replace("flats.csv", "shares.csv").replace("cross_entropy", loss)
        pathlib.Path("shares.toml").write_text(text.replace("out = 2 }", "out = 2 }" + output))
        compare(f"{loss} of two targets", train("shares.toml", precision=precision), "shares.csv", precision=precision)


def sets():
    """Built-in sets and generated ones, which are arrays: for those `model.py` reads a table of numbers without names."""
    scales = ["none", "standard", "minmax"]
    for name, scale, precision in itertools.product(["digits", "iris", "wine", "breast_cancer", "diabetes"], scales, MOST):
        folder = train(name, f"data.scale={scale}", precision=precision)
        compare(f"{name}, scale = {scale}", folder, str(BUILTIN / f"{name}.csv.gz"), precision=precision)
    for scale, precision in itertools.product(scales, MOST):
        folder = train("diabetes", f"data.scale_target={scale}", precision=precision)
        compare(f"diabetes, scale_target = {scale}", folder, str(BUILTIN / "diabetes.csv.gz"), precision=precision)
    draw = random.Random(2)
    for name, width in [("moons", 2), ("circles", 2), ("spiral", 2), ("xor", 2), ("sine", 1)]:
        points = [[draw.gauss(0, 1) for _ in range(width)] for _ in range(300)]
        pathlib.Path("points.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in points))
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': (300, {width}), }}".ljust(117) + "\n"
        numbers = struct.pack(f"<{300 * width}d", *itertools.chain(*points))
        pathlib.Path("points.npy").write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + header.encode() + numbers)
        for precision in MOST:
            compare(f"{name}, an array", train(name, precision=precision), "points.npy", "points.csv", precision=precision)


with tempfile.TemporaryDirectory() as here:
    os.chdir(here)
    for some in [tables, missing, layers, sets]:
        some()
    os.chdir("/")
print(f"largest difference: f32 {worst['f32']:.1e}, f64 {worst['f64']:.1e}")
