//! What is not the same for every operation; what is, the room `judge` tests.

use super::*;
use crate::kernel::Aligned;
use crate::kernel::matmul::SCRATCH;

#[test]
fn the_list_has_every_file_of_the_room_under_its_own_name() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/op")).unwrap();
    let operation =
        |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap().contains("const ENTRY: OpEntry");
    let mut files: Vec<String> = files
        .map(|file| file.unwrap().path())
        .filter(operation)
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_string())
        .filter(|name| name != "tests")
        .collect();
    files.sort();
    let mut names: Vec<&str> = LIST.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    assert_eq!(files, names);
    for entry in LIST {
        let given =
            |case: &Case| case.given.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
        let given: Vec<Vec<(String, Literal)>> = entry.cases.iter().map(given).collect();
        assert!(given.into_iter().all(|given| read(entry.name, given).unwrap().name() == entry.name));
        assert!(!entry.doc.is_empty() && entry.keys.iter().all(|key| !key.doc.is_empty()));
    }
}

/// Value and slope of an operation that acts number by number.
fn at<P: Pointwise>(op: P, x: f64) -> (f64, f64) {
    let places = [Place { at: 0, shape: [1].into() }];
    let x = Inputs::new(&[], std::slice::from_ref(&x), &places, 1);
    let (w, buffers) = (Parts::new(&[], &[]), Parts::new(&[], &[]));
    let (mut y, mut dx) = ([f64::NAN], [f64::NAN]);
    let mode = Mode::Eval;
    let scratch = &mut Aligned::from(vec![f64::NAN; SCRATCH]);
    let io = Forward { rows: 1, x, w, buffers, y: &mut y, saved: &mut [], mode };
    op.forward(io, &mut Team::alone(scratch));
    let point = Point { rows: 1, x, w, buffers, y: &y, saved: &[], mode };
    let (grads, _) = InputGrads::and_output(&mut dx, 0..0, &places, &[GradReq::Write], 1);
    op.backward(&point, &[1.0], grads, &mut Team::alone(scratch));
    (y[0], dx[0])
}

#[test]
fn tails_keep_their_digits() {
    let close = |(a, b): (f64, f64), (c, d): (f64, f64)| {
        let same = (a - c).abs() <= 1e-15 * c.abs() && (b - d).abs() <= 1e-14 * d.abs();
        assert!(same, "{a} {b}, {c} {d}");
    };
    // σ(−104) = e^−104/(1 + e^−104), and so on.
    let tail = (-104f64).exp();
    close(at(Sigmoid, -104.0), (tail, tail));
    close(at(Softplus::default(), -104.0), (tail, tail));
    close(at(Silu, -104.0), (-104.0 * tail, tail * (1.0 - 104.0)));
    close(at(Elu::default(), -104.0), (-1.0, tail));
    close(at(Sigmoid, 1e4), (1.0, 0.0));
    close(at(Gelu::Exact, 1e4), (1e4, 1.0));
    close(at(Gelu::Tanh, -1e4), (0.0, 0.0));
}
