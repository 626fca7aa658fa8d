//! Gives bytes to a reader, over and over: libFuzzer changes files of its kind and keeps a change that reaches new
//! code. `READER` says which reader, `RUN` is the folder of a run; `fuzz/run` sets both, makes the first files and tells
//! what was found.
//!
//! A panic, more than a second, or more than 256 MB for one input is a fault. To refuse is none.

#![no_main]

use cap::Cap;
use libfuzzer_sys::fuzz_target;
use std::alloc::System;
use std::path::Path;
use whygrad::data::{Fill, Preprocessing, Scale, Scaler};
use whygrad_cli::command::verify;
use whygrad_cli::data::{Apart, Missing, Share, Source, Want, load, load_other};
use whygrad_cli::experiment::Experiment;
use whygrad_cli::run::{Run, checkpoint, facts};

/// The most memory that an input is given.
const MEMORY: usize = 256 << 20;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Reads a file.
type Reader = Box<dyn Fn(&Path)>;

/// A reader's name, the name of the file that it reads, and what makes the reader.
type Entry = (&'static str, &'static str, fn() -> Reader);

const READERS: [Entry; 11] = [
    ("csv", "input.csv", data),
    ("tsv", "input.tsv", data),
    ("table", "input.csv", table),
    ("npy", "input.npy", data),
    ("npz", "input.npz", data),
    ("idx", "input.idx", data),
    ("gz", "input.csv.gz", data),
    ("experiment", "input.toml", experiment),
    ("checkpoint", "input.safetensors", checkpoint),
    ("facts", "facts.bin", facts),
    ("case", "input.json", case),
];

/// Examples, as classes and as numbers; an array file is its own targets, too.
fn data() -> Reader {
    Box::new(|path| {
        let source = path.to_string_lossy();
        for (targets, want) in [(None, Want::Classes), (Some(&source), Want::Values)] {
            let targets = targets.map(|path| path.to_string());
            let _ = load::<f32>(
                &Source { source: source.to_string(), targets, ..Source::default() },
                want,
                ALL,
                APART,
            );
        }
    })
}

/// A table with gaps, to train on; and one whose columns are known, to judge and to predict.
fn table() -> Reader {
    let known = b"size;district;lift;label\n1,5;north;yes;a\n2;south;no;b\n?;north;no;a\n";
    std::fs::write("known.csv", known).expect("a folder that can be written");
    let source = |path: &str, missing| Source { source: path.into(), missing, ..Source::default() };
    let known = load::<f32>(&source("known.csv", Missing::Fill(Fill::Median)), Want::Classes, ALL, APART);
    let known = known.expect("a good table");
    let preprocessing = Preprocessing {
        scaler: Scaler::fit(Scale::None, &known.train),
        target_scaler: Scaler::fit_targets(Scale::None, &known.train),
        classes: known.train.class_names().to_vec(),
        columns: known.columns,
        targets: known.targets,
    };
    Box::new(move |path| {
        let path = path.to_string_lossy();
        for missing in [Missing::Drop, Missing::Fill(Fill::Mean), Missing::Fill(Fill::MostFrequent)] {
            for want in [Want::Classes, Want::Values] {
                let _ = load::<f32>(&source(&path, missing), want, ALL, APART);
            }
            let _ = load_other::<f32>(&source(&path, missing), &preprocessing, Want::Classes);
        }
    })
}

/// All numbers are to be scaled.
const APART: Apart = Apart { inputs: true, targets: true };

/// A split as experiments have it.
const ALL: Share = Share { share: 0.2, shuffle: true, seed: 0 };

/// An experiment, and the network that it describes.
fn experiment() -> Reader {
    Box::new(|path| {
        if let Ok(experiment) = Experiment::load(&path.to_string_lossy(), &[]) {
            let _ = experiment.network([4].into());
        }
    })
}

/// A checkpoint of the run, and weights for its network.
fn checkpoint() -> Reader {
    let (prepared, _) = run().at::<f32>(None).expect("a run of which the last step is there");
    Box::new(move |path| {
        let _ = checkpoint::load(path, &prepared.trainer);
        let _ = checkpoint::load_weights::<f32>(path, prepared.trainer.network());
    })
}

/// Facts: the file as it is, and with checksums that are right.
fn facts() -> Reader {
    let read = |path: &Path| {
        let _ = facts::Reader::open(path).and_then(|mut reader| reader.poll());
    };
    Box::new(move |path| {
        read(path);
        let mut bytes = std::fs::read(path).expect("what was written a moment ago");
        seal(&mut bytes);
        std::fs::write(path, bytes).expect("a folder that can be written");
        read(path);
    })
}

/// Cases to verify against, and what the engine makes of them.
fn case() -> Reader {
    Box::new(|path| {
        let _ = verify::compare(&[path.into()]);
    })
}

/// Makes the heads of a file of facts right: nothing else gets past its checksums.
fn seal(bytes: &mut [u8]) {
    let mut at = 16;
    while let Some((head, payload)) = bytes.get_mut(at..).and_then(|rest| rest.split_at_mut_checked(16)) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let length = length.min(payload.len());
        head[..4].copy_from_slice(b"\xf1blk");
        head[4..8].copy_from_slice(&(length as u32).to_le_bytes());
        head[8..12].copy_from_slice(&crc32c::crc32c(&payload[..length]).to_le_bytes());
        let sum = crc32c::crc32c(&head[..12]);
        head[12..].copy_from_slice(&sum.to_le_bytes());
        at += 16 + length;
    }
}

/// The run whose files are read.
fn run() -> Run {
    Run::open(std::env::var_os("RUN").expect("RUN names a folder").as_ref()).expect("a run folder")
}

/// The name of the file to write and who reads it. From then on memory is counted.
fn chosen() -> (&'static Path, Reader) {
    let name = std::env::var("READER").expect("READER names a reader");
    let entry = READERS.iter().find(|(known, ..)| *known == name);
    let (_, file, reader) = entry.expect("READER names a reader");
    let reader = reader();
    ALLOCATOR.set_limit(ALLOCATOR.allocated() + MEMORY).expect("more than is in use");
    (Path::new(file), reader)
}

thread_local!(static CHOSEN: (&'static Path, Reader) = chosen());

fuzz_target!(|bytes: &[u8]| {
    CHOSEN.with(|(file, read)| {
        std::fs::write(file, bytes).expect("a folder that can be written");
        read(file);
    });
});
