"""Tables as people have them, and what a network predicts of them by pandas, scikit-learn and PyTorch.

    python -m venv venv && venv/bin/pip install pandas scikit-learn torch safetensors
    venv/bin/python make.py

Writes for each table NAME its file, NAME.toml, the weights NAME.safetensors and NAME.expected.csv: of each row the
probability of each class, or each number in the target's units. Training has a learning rate of 0, so that the weights
stay; everything is in 64 bits.
"""

import csv
import gzip
import io
import pathlib
import random

import numpy
import pandas
import sklearn
import torch
from safetensors.torch import save_file
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler

HERE = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
HIDDEN = 5
SCALERS = {"none": FunctionTransformer, "standard": StandardScaler, "minmax": MinMaxScaler}


def text(rows, separator=",", ends="\n", quoting=csv.QUOTE_MINIMAL):
    """The rows as a table of text."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=ends, quoting=quoting).writerows(rows)
    return out.getvalue()


def make(name, written, data, frame, numbers, texts=(), switches=(), classes=None, targets=(), scale="standard",
         scale_target="none", missing=None, train=None, ending=".csv"):
    """Writes one table; `frame` is what it says, with a boolean column as True and False, a missing cell as NaN."""
    fill = {None: "mean", "median": "median", "mean": "mean", "most_frequent": "most_frequent"}[missing]
    fit = frame if train is None else frame[train]
    steps = []
    # Each column is a step of its own, so that inputs stand in the table's order.
    for column in [column for column in frame.columns if column in [*numbers, *texts, *switches]]:
        if column in numbers:
            step = make_pipeline(SimpleImputer(strategy=fill), SCALERS[scale]())
        elif column in texts:
            step = make_pipeline(SimpleImputer(strategy="most_frequent"),
                                 OneHotEncoder(handle_unknown="ignore", sparse_output=False))
        else:
            step = FunctionTransformer(lambda x: x.astype(float))
        steps.append((column, step, [column]))
    before = ColumnTransformer(steps).fit(fit)
    inputs = torch.tensor(before.transform(frame).astype(float))
    outputs = len(classes) if classes else len(targets)
    torch.manual_seed(len(name))
    network = torch.nn.Sequential(torch.nn.Linear(inputs.shape[1], HIDDEN), torch.nn.Tanh(),
                                  torch.nn.Linear(HIDDEN, outputs))
    save_file(network.state_dict(), HERE / f"{name}.safetensors")
    with torch.no_grad():
        said = network(inputs)
        if classes:
            said = torch.softmax(said, 1)
        elif scale_target != "none":
            after = SCALERS[scale_target]().fit(fit[list(targets)])
            said = torch.tensor(after.inverse_transform(said.numpy()))
    pandas.DataFrame(said.numpy(), columns=classes or targets).to_csv(HERE / f"{name}.expected.csv", index=False)
    bytes_ = written if isinstance(written, bytes) else written.encode()
    (HERE / f"{name}{ending}").write_bytes(gzip.compress(bytes_, mtime=0) if ending.endswith(".gz") else bytes_)
    loss = "cross_entropy" if classes else "mse"
    (HERE / f"{name}.toml").write_text(f'''[data]
source = "{name}{ending}"
scale = "{scale}"
{data}
[network]
weights = "{name}.safetensors"
layers = [{{ type = "linear", out = {HIDDEN} }}, {{ type = "tanh" }}, {{ type = "linear", out = {outputs} }}]
[loss]
type = "{loss}"
[optimizer]
type = "sgd"
lr = 0
[train]
epochs = 1
precision = "f64"
''')


def main():
    """Writes all tables."""
    dice = random.Random(7)
    rows = range(60)
    nan = numpy.nan
    size = [nan if i % 9 == 4 else round(dice.uniform(30, 120), 1) for i in rows]
    district = [dice.choice(["north", "south", "centre, old"]) for _ in rows]
    lift = [dice.random() < 0.4 for _ in rows]
    price = [round(1000 + 20 * (70 if s != s else s) + dice.gauss(0, 50), 2) for s in size]
    kind = [dice.choice(["flat", "house", "villa"]) for _ in rows]
    cell = lambda x: "" if x != x else x
    comma = lambda x: "" if x != x else str(x).replace(".", ",")
    yes = lambda x: "yes" if x else "no"

    # Semicolons, decimal commas, CRLF, missing cells, a target with a scale of its own.
    frame = pandas.DataFrame({"size": size, "district": district, "lift": lift, "price": price})
    table = [["size", "district", "lift", "price"]] + [
        [comma(s), d, yes(l), comma(p)] for s, d, l, p in zip(size, district, lift, price)]
    make("flats", text(table, ";", "\r\n"), 'target = "price"\nscale_target = "standard"\nmissing = "median"\ntest = 0',
         frame, ["size"], ["district"], ["lift"], targets=["price"], scale_target="standard", missing="median")

    # The index that pandas writes, quotes around every text, cells with commas.
    frame = pandas.DataFrame({"size": size, "district": district, "kind": kind}).dropna()
    make("index", frame.reset_index(drop=True).to_csv(quoting=csv.QUOTE_NONNUMERIC), 'target = "kind"\ntest = 0', frame,
         ["size"], ["district"], classes=sorted(set(frame["kind"])))

    # Tabs, labels 1 to 3, a column of names left out.
    table = [["name", "size", "price", "class"]] + [
        [f"flat {i}", cell(s), p, 1 + i % 3] for i, (s, p) in enumerate(zip(size, price))]
    make("tabs", text(table, "\t"), 'drop = ["name"]\nmissing = "mean"\ntest = 0',
         pandas.DataFrame({"size": size, "price": price}), ["size", "price"], classes=["1", "2", "3"], missing="mean",
         scale="minmax", ending=".tsv")

    # No header, question marks for missing cells, as UCI has them.
    table = [["?" if s != s else s, d, k] for s, d, k in zip(size, district, kind)]
    make("uci", text(table), 'target = "column3"\nmissing = "most_frequent"\ntest = 0',
         pandas.DataFrame({"column1": size, "column2": district}), ["column1"], ["column2"],
         classes=sorted(set(kind)), missing="most_frequent", ending=".data")

    # A byte-order mark, semicolons, TRUE and FALSE, as Excel saves it; labels −1 and 1.
    table = [["size", "lift", "label"]] + [
        [comma(70.5 if s != s else s), str(l).upper(), -1 if p < 2400 else 1] for s, l, p in zip(size, lift, price)]
    make("excel", "\ufeff" + text(table, ";", "\r\n"), "test = 0",
         pandas.DataFrame({"size": [70.5 if s != s else s for s in size], "lift": lift}), ["size"], switches=["lift"],
         classes=["-1", "1"])

    # Several columns that name the class, one of them 1.
    table = [["size", "price", "flat", "house", "villa"]] + [
        [70 if s != s else s, p] + [int(k == of) for of in ["flat", "house", "villa"]]
        for s, p, k in zip(size, price, kind)]
    make("onehot", text(table), 'target = ["flat", "house", "villa"]\ntest = 0',
         pandas.DataFrame({"size": [70 if s != s else s for s in size], "price": price}), ["size", "price"],
         classes=["flat", "house", "villa"])

    # Numbers far from 0, bars, old ends of lines.
    when = [1_700_000_000_000 + 86_400_000 * i + dice.randrange(1000) for i in rows]
    table = [["when", "price", "target"]] + [[w, p, k] for w, p, k in zip(when, price, kind)]
    make("times", text(table, "|", "\r"), "test = 0", pandas.DataFrame({"when": when, "price": price}),
         ["when", "price"], classes=sorted(set(kind)))

    # A column says which rows are held out: what is fitted is fitted on the others.
    part = ["test" if i % 4 == 3 else "train" for i in rows]
    table = [["part", "size", "district", "price"]] + [
        [t, cell(s), d, p] for t, s, d, p in zip(part, size, ["west" if t == "test" and i % 8 == 7 else d for i, (t, d)
                                                             in enumerate(zip(part, district))], price)]
    frame = pandas.DataFrame(table[1:], columns=table[0]).replace("", nan)
    make("parts", text(table), 'target = "price"\ntest_column = "part"\nmissing = "mean"\nscale_target = "minmax"',
         frame.astype({"size": float}), ["size"], ["district"], targets=["price"], scale_target="minmax", missing="mean",
         train=[t == "train" for t in part])

    # Two targets, gzipped, only some columns, lines within quotes.
    table = [["note", "size", "price", "warm", "cold"]] + [
        [f"line {i}\nline", 70 if s != s else s, p, round(dice.gauss(0, 1), 3), round(dice.gauss(5, 2), 3)]
        for i, (s, p) in enumerate(zip(size, price))]
    frame = pandas.DataFrame(table[1:], columns=table[0])
    make("two", text(table), 'target = ["warm", "cold"]\ncolumns = ["size", "price"]\nscale_target = "standard"\ntest = 0',
         frame, ["size", "price"], targets=["warm", "cold"], scale_target="standard", ending=".csv.gz")

    # Rows with a gap are left out, blank lines between, no scaling.
    table = [["size", "kind", "class"]] + [
        [cell(s), "NA" if i % 7 == 6 else d, k] for i, (s, d, k) in enumerate(zip(size, district, kind))]
    frame = pandas.DataFrame(table[1:], columns=table[0]).replace(["", "NA"], nan).dropna()
    make("gaps", text(table, ends="\n\n"), 'missing = "drop"\ntest = 0', frame.astype({"size": float}), ["size"], ["kind"],
         classes=sorted(set(frame["class"])), scale="none")
    print(f"pandas {pandas.__version__}, scikit-learn {sklearn.__version__}, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
