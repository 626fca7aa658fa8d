"""A network that whygrad trained, in PyTorch, with what stands before and behind it.

    python model.py FILE.csv    prints what it predicts of each row of a table, as `whygrad predict` does
    python model.py -           the same of standard input

    from model import model, inputs, predict
    predict(rows)               says it of rows at hand: dicts of column name to text or number, or lists of
                                these in the order of COLUMNS
    model(inputs(rows))         is what the network itself gives

Of a row with a missing cell for which training has no fill, nothing is predicted. The weights are beside this
file, in weights.safetensors: weights and buffers alone, as load_state_dict takes them.
"""

import csv
import gzip
import os
import re
import sys
from dataclasses import dataclass
from itertools import chain, islice
from math import isfinite, nan
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

DTYPE = "{dtype}"

"{model}"
model.to(DTYPE).load_state_dict(load_file(Path(__file__).with_name("weights.safetensors")))
model.eval()

MISSING = "{missing}"
NO, YES = "{switches}"


@dataclass
class Number:
    """A column of numbers: one input, the number less the origin."""

    name: str
    origin: float = 0.0
    fill: float = nan  # the input of a missing cell; NaN: there is none

    def inputs(self, cell, decimal):
        if cell is None:
            return [self.fill]
        # Where numbers have a decimal comma, a point beside it would be one of thousands.
        if "_" in cell:
            raise ValueError(f"{cell} is no number")
        number = float(cell.replace(",", ".") if decimal == "," and "." not in cell else cell)
        if not isfinite(number):
            raise ValueError(f"{cell} is no finite number")
        return [number - self.origin]


@dataclass
class Switch:
    """A column of yes and no: one input, 1 or 0."""

    name: str
    fill: float = nan

    def inputs(self, cell, decimal):
        if cell is None:
            return [self.fill]
        if cell.lower() not in NO + YES:
            raise ValueError(f'"{cell}" says neither yes nor no')
        return [float(cell.lower() in YES)]


@dataclass
class Category:
    """A column of texts: an input for each that training saw, 1 where it stands and else 0."""

    name: str
    values: list
    fill: str = None

    def inputs(self, cell, decimal):
        text = self.fill if cell is None else cell
        return [nan if text is None else float(text == value) for value in self.values]


# What becomes inputs, in their order; an input is scaled to (x - SHIFT) / UNIT.
COLUMNS = "{columns}"
SHIFT = torch.tensor("{shift}", dtype=torch.float64)
UNIT = torch.tensor("{unit}", dtype=torch.float64)


def inputs(rows, decimal="."):
    """The network's inputs, [rows, inputs]; NaN where a missing cell has no fill."""
    x = torch.tensor([encoded(row, decimal) for row in rows], dtype=DTYPE)
    return ((x.double() - SHIFT) / UNIT).to(DTYPE)


def in_line(text):
    """A name or a text as it is kept: in one line, with control characters written out."""
    text = re.sub(r"\r\n|\n|\r", " ", text)
    return re.sub("[\x00-\x1f\x7f-\x9f]", lambda c: "\\t" if c[0] == "\t" else f"\\u{{{ord(c[0]):x}}}", text)


def encoded(row, decimal):
    """The inputs of a row before they are scaled."""
    x = []
    for place, column in enumerate(COLUMNS):
        cell = in_line(str(row[column.name] if isinstance(row, dict) else row[place]).strip(" \t\n\r\f"))
        try:
            x += column.inputs(None if cell in MISSING else cell, decimal)
        except ValueError as error:
            raise ValueError(f'column "{column.name}": {error}') from None
    return x


"{answer}"


def predict(rows, decimal="."):
    """What the network says of each row, as a dict: empty where a missing cell has no fill, or an output is not finite."""
    x = inputs(rows, decimal)
    with torch.no_grad():
        outputs = model(x).double()
    gaps = x.isnan().any(1) | ~outputs.isfinite().flatten(1).all(1)
    return [{} if gap else answer(y) for gap, y in zip(gaps, outputs)]


# What separates the cells of a table, and its decimal sign, where the experiment said so.
SEPARATOR = "{separator}"
DECIMAL = "{decimal}"
SEPARATORS = "{separators}"


def separator_of(lines):
    """The separator with which most rows have as many cells as the first, and more than one."""

    def regular(separator):
        widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        return (widths[0] > 1) * widths.count(widths[0]) * 100 // len(widths), widths[0]

    best = max(SEPARATORS, key=regular)
    if best == ",":
        # Where another one does as well, and each comma then stands before decimals, that is what it is for.
        for other in SEPARATORS[1:]:
            rows = islice(csv.reader(lines, delimiter=other), 1, None)
            commas = [cell for row in rows for cell in row if "," in cell]
            same = regular(other)[0] == regular(",")[0]
            if same and commas and all(re.fullmatch(r"-?\d+\s*,\s*\d+", cell.strip()) for cell in commas):
                return other
    return best


def decimal_of(lines, separator):
    """The comma, where something else separates cells and some number can only be read so."""
    cells = [cell for row in islice(csv.reader(lines, delimiter=separator), 1, None) for cell in row]
    point = any(re.fullmatch(r"[+-]?(\d+\.\d*|\.\d+)([eE][+-]?\d+)?", cell) for cell in cells)
    # Three digits could be thousands, but behind a 0.
    comma = any(re.fullmatch(r"\s*-?(\d+\s*,\s*(\d{1,2}|\d{4,})|0,\d+)\s*", cell) for cell in cells)
    return "," if comma and not point and separator != "," else "."


def table(lines, separator):
    """The names of a table's columns, and its rows."""
    rows = (row for row in csv.reader(lines, delimiter=separator) if row)
    first = next(rows, None)
    if first is None:
        raise ValueError("it has no rows")
    names = [in_line(name.strip()) or f"column{place}" for place, name in enumerate(first, 1)]
    wanted = [column.name for column in COLUMNS]
    if not set(wanted) & set(names) and all(name.startswith("column") for name in wanted):
        rows, names = chain([first], rows), [f"column{place}" for place in range(1, len(first) + 1)]
    if lacks := [name for name in wanted if name not in names]:
        raise ValueError(f"there is no column {', '.join(lacks)}; the columns are: {', '.join(names)}")
    return names, rows


def program(file):
    """Prints what the network predicts of each row of a file, as CSV."""
    head = list(islice(file, 100))
    if not "".join(head).strip():
        raise ValueError("it is empty")
    said = re.fullmatch(r'"?sep=([,;\t|])"?\s*', head[0], re.IGNORECASE)  # Excel's first line
    head = head[1:] if said else head
    separator = SEPARATOR or (said[1] if said else separator_of(head))
    decimal = DECIMAL or decimal_of(head, separator)
    names, rows = table(chain(head, file), separator)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(HEADER)
    while block := list(islice(rows, 1000)):
        if any(len(row) != len(names) for row in block):
            raise ValueError(f"a row has not {len(names)} cells, as the first has")
        for said in predict([dict(zip(names, row)) for row in block], decimal):
            cells = [said.get(name, "") for name in HEADER]
            out.writerow(cell if isinstance(cell, str) else format(cell, "{digits}") for cell in cells)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    name = sys.argv[1]
    try:
        opened = gzip.open if name.endswith(".gz") else open
        with opened(0 if name == "-" else name, "rt", encoding="utf-8-sig", newline="") as file:
            program(file)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError) as error:
        sys.exit(f"{name}: {error}")
