"""What the scripts beside it share: the command, and what a run leaves."""

import argparse
import json
import os
import pathlib
import shutil
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

FUZZ = pathlib.Path(__file__).resolve().parent
ROOT, FOUND = FUZZ.parent, FUZZ / "found"
# Folders in memory, where there is such a place.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def parser(doc):
    """A parser for a script with this text, which says which command is tried."""
    found = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--program", type=program, default=str(ROOT / "target/release/whygrad"), metavar="WHYGRAD")
    return found


def program(path):
    """A program that is there."""
    path = pathlib.Path(path).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{path} is not there; `cargo build --release` makes it")
    return path


def arguments(doc, count):
    """The arguments of a script that does something so many times."""
    found = parser(doc)
    found.add_argument("--count", type=int, default=count)
    found.add_argument("--seed", type=int, default=1)
    found.add_argument("--only", type=int, metavar="NUMBER")
    return found.parse_args()


def each(given, do):
    """Does something for each number, two at a time; yields what comes of it, in order."""
    numbers = range(given.count) if given.only is None else [given.only]
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(do, numbers)


def train(program, folder, experiment, sets):
    """Leaves a run in a folder, which is its working directory; returns the run's."""
    subprocess.run(training(program, experiment, sets), check=True, cwd=folder, stdout=subprocess.DEVNULL)
    (run,) = folder.glob("runs/*")
    return run


def training(program, experiment, sets):
    """The command that trains, on one thread: others are at work beside it."""
    sets = ["train.threads=1", *sets]
    return [program, "train", experiment, "--json", *(word for key in sets for word in ("--set", key))]


def timeless(answer):
    """An answer without what tells of time or place, at any depth."""
    if isinstance(answer, dict):
        kept = {key: of for key, of in answer.items() if key not in ("run", "cost", "folder") and "second" not in key}
        return {key: timeless(of) for key, of in kept.items()}
    return [timeless(of) for of in answer] if isinstance(answer, list) else answer


def records(facts):
    """The records in a file of facts, one after the other, in whatever blocks they are (see app/src/run/facts.rs)."""
    if facts[:12] != b"whyfacts" + struct.pack("<I", 2):
        raise ValueError("facts.bin has another format than this script reads")
    blocks, at = [], 16
    while at + 16 <= len(facts):
        mark, length = struct.unpack_from("<4sI", facts, at)
        block = facts[at + 16 : at + 16 + length]
        if mark != b"\xf1blk" or len(block) < length:
            break  # torn
        blocks.append(block)
        at += 16 + length
    # In front of a block's records is how many they are: at most 64, in one byte.
    return blocks[:1] + [b"".join(block[1:] for block in blocks[1:])]


def contents(run):
    """What a run left, by file: bytes; of facts the records, of what is JSON what does not tell of time or place, where
    they can be read."""
    files = {path.relative_to(run).as_posix(): path.read_bytes() for path in run.rglob("*") if path.is_file()}
    said = lambda file: timeless(json.loads(file))
    for name, read in [("facts.bin", records), ("summary.json", said), ("provenance.json", said)]:
        with suppress(KeyError, ValueError):
            files[name] = read(files[name])
    return {name: of for name, of in files.items() if not name.endswith(".tmp")}


def differing(left, wanted):
    """The names of files that are not the same in two runs' contents."""
    return sorted(name for name in left.keys() | wanted.keys() if left.get(name) != wanted.get(name))


def keep(folder, name):
    """Leaves a folder among what was found; returns where."""
    kept = FOUND / name
    shutil.rmtree(kept, ignore_errors=True)
    return shutil.copytree(folder, kept)
