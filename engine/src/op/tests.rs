//! Every operation in [`LIST`], over all its cases: written once.

use super::*;
use crate::init::Init;
use crate::kernel::matmul::SCRATCH;
use crate::kernel::{Aligned, Team, random};
use crate::setting::Settings;
use std::ops::Range;

/// Everything an operation touches, with room to run it once.
struct Bench<T> {
    op: Arc<dyn Operation>,
    rows: usize,
    places: Vec<Place>,
    arena: Vec<T>,
    params: Vec<T>,
    param_ranges: Vec<Range<usize>>,
    buffers: Vec<T>,
    buffer_ranges: Vec<Range<usize>>,
    y: Vec<T>,
    saved: Vec<T>,
    mode: Mode,
}

const TRAIN: Mode = Mode::Train { key: 77, first_row: 0 };

fn ranges<S>(specs: &[S], len: impl Fn(&S) -> usize) -> Vec<Range<usize>> {
    let mut start = 0;
    let range = |spec: &S| {
        start += len(spec);
        start - len(spec)..start
    };
    specs.iter().map(range).collect()
}

/// A number in ±2, never nearer to 0 (where kinks are) than 0.05.
fn number(key: u64, i: usize) -> f64 {
    let u = 4.0 * random::uniform(key, i as u64) - 2.0;
    u + 0.05 * u.signum()
}

impl<T: Precision> Bench<T> {
    fn new(op: Arc<dyn Operation>, shapes: &[Shape], rows: usize, mode: Mode) -> Bench<T> {
        let x: Vec<&Shape> = shapes.iter().collect();
        let out = op.shape(&x).unwrap();
        let (params, buffers) = (op.params(&x), op.buffers(&x));
        let (param_ranges, buffer_ranges) =
            (ranges(&params, |p| p.shape.len()), ranges(&buffers, |b| b.shape.len()));
        let mut at = 0;
        let mut places = vec![];
        for shape in shapes {
            places.push(Place { at, shape: shape.clone() });
            at += rows * shape.len();
        }
        let numbers = |key, n| (0..n).map(|i| T::of(number(key, i))).collect::<Vec<T>>();
        let mut bench = Bench {
            rows,
            places,
            arena: numbers(1, at),
            params: numbers(2, param_ranges.last().map_or(0, |r| r.end)),
            param_ranges,
            // Means and variances: above 0.
            buffers: numbers(3, buffer_ranges.last().map_or(0, |r| r.end)).iter().map(|b| b.abs()).collect(),
            buffer_ranges,
            y: vec![T::nan(); rows * out.len()],
            saved: vec![T::nan(); op.saved(rows, &x)],
            op,
            mode,
        };
        bench.forward();
        bench
    }

    fn forward(&mut self) {
        let io = Forward {
            rows: self.rows,
            x: Inputs::new(&[], &self.arena, &self.places, self.rows),
            w: Parts::new(&self.params, &self.param_ranges),
            buffers: Parts::new(&self.buffers, &self.buffer_ranges),
            y: &mut self.y,
            saved: &mut self.saved,
            mode: self.mode,
        };
        T::of_op(&*self.op).forward(io, &mut Team::alone(&mut Aligned::from(vec![T::nan(); SCRATCH])));
    }

    fn point(&self) -> Point<'_, T> {
        Point {
            rows: self.rows,
            x: Inputs::new(&[], &self.arena, &self.places, self.rows),
            w: Parts::new(&self.params, &self.param_ranges),
            buffers: Parts::new(&self.buffers, &self.buffer_ranges),
            y: &self.y,
            saved: &self.saved,
            mode: self.mode,
        }
    }

    /// Gradients of Σ dy·y by inputs and parameters, added to `start`; where that is 0, to nothing, with NaN in the
    /// way.
    fn backward(&self, dy: &[T], start: T) -> (Vec<T>, Vec<T>) {
        let (start, pull) = if start.is_zero() { (T::nan(), GradReq::Write) } else { (start, GradReq::Add) };
        let mut dx = vec![start; self.arena.len()];
        let pulls = vec![pull; self.places.len()];
        let room = &mut Aligned::from(vec![T::nan(); SCRATCH]);
        let team = &mut Team::alone(room);
        let op = T::of_op(&*self.op);
        let (grads, _) = InputGrads::and_output(&mut dx, 0..0, &self.places, &pulls, self.rows);
        op.backward(&self.point(), dy, grads, team);
        let mut dw = vec![start; self.params.len()];
        let point = Point { w: Parts::new(&[], &self.param_ranges), ..self.point() };
        for (param, range) in self.param_ranges.iter().enumerate() {
            let rows = 0..self.param_rows(param);
            let dw = &mut dw[range.clone()];
            let dw = if pull == GradReq::Write { Grad::empty(dw) } else { Grad::new(dw) };
            op.backward_param(&point, dy, Part { param, rows }, dw, team);
        }
        (dx, dw)
    }

    fn param_rows(&self, param: usize) -> usize {
        let x: Vec<&Shape> = self.places.iter().map(|place| &place.shape).collect();
        self.op.params(&x)[param].shape.dims()[0]
    }

    fn upstream(&self) -> Vec<T> {
        (0..self.y.len()).map(|i| T::of(number(4, i))).collect()
    }

    /// Σ dy·y for the numbers as they are.
    fn value(&mut self, dy: &[T]) -> f64 {
        self.forward();
        self.y.iter().zip(dy).map(|(y, dy)| y.f64() * dy.f64()).sum()
    }
}

/// The one comparison: NaN loses.
fn within(difference: f64, tolerance: f64) -> bool {
    difference <= tolerance
}

/// Relative error that a gradient may have: differences of fourth order with a step h err by about h⁴ of the
/// fifth derivative (1.6e-15 for h = 2e-4, times what these functions bend), far below a fault worth the name.
const TOLERANCE: f64 = 2e-9;

/// Compares the gradient with differences of fourth order, (8·(f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h, along random directions of inputs and of each parameter.
fn check(bench: &mut Bench<f64>) -> Result<f64, String> {
    let dy = bench.upstream();
    let (dx, dw) = bench.backward(&dy, 0.0);
    let mut worst: f64 = 0.0;
    let mut pieces = vec![(false, 0..dx.len())];
    pieces.extend(bench.param_ranges.iter().map(|range| (true, range.clone())));
    for (is_param, range) in pieces {
        for seed in 0..3 {
            let direction: Vec<f64> = range.clone().map(|i| number(10 + seed, i)).collect();
            let gradient = if is_param { &dw } else { &dx };
            let slope: f64 = gradient[range.clone()].iter().zip(&direction).map(|(g, d)| g * d).sum();
            let h = 2e-4;
            let mut nudged = |steps: f64| {
                let numbers = if is_param { &mut bench.params } else { &mut bench.arena };
                let before = numbers.clone();
                numbers[range.clone()].iter_mut().zip(&direction).for_each(|(x, d)| *x += steps * h * d);
                let value = bench.value(&dy);
                *(if is_param { &mut bench.params } else { &mut bench.arena }) = before;
                value
            };
            let [up, down, up2, down2] = [1.0, -1.0, 2.0, -2.0].map(&mut nudged);
            let difference = (8.0 * (up - down) - (up2 - down2)) / (12.0 * h);
            // Sums of a few dozen numbers of order 1 are rounded to about 1e-15 before they are divided by h.
            let rounding = 16.0 * f64::EPSILON * up.abs().max(down.abs()).max(1.0) / h;
            let error = (difference - slope).abs();
            let scale = slope.abs().max(difference.abs());
            if !within(error, TOLERANCE * scale + rounding) {
                return Err(format!("{slope} against {difference} by differences (parameter: {is_param})"));
            }
            worst = worst.max((error - rounding).max(0.0) / scale.max(f64::MIN_POSITIVE));
        }
    }
    bench.forward();
    Ok(worst)
}

fn shapes(case: &Case) -> Vec<Shape> {
    case.inputs.iter().map(|dims| Shape::from(dims.to_vec())).collect()
}

fn build(entry: &OpEntry, case: &Case) -> Arc<dyn Operation> {
    let given = case.given.iter().map(|(key, value)| (key.to_string(), value.clone()));
    (entry.build)(&Settings::read(entry.keys, given).unwrap()).unwrap()
}

/// Calls `f` with every operation, case and mode.
fn for_all(mut f: impl FnMut(&OpEntry, Arc<dyn Operation>, &[Shape], Mode)) {
    for entry in LIST {
        assert!(!entry.cases.is_empty(), "{} has no cases", entry.name);
        for case in entry.cases {
            for mode in [TRAIN, Mode::Eval] {
                f(entry, build(entry, case), &shapes(case), mode);
            }
        }
    }
}

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
    for_all(|entry, op, _, _| assert_eq!(op.name(), entry.name));
    assert!(
        LIST.iter().all(|entry| !entry.doc.is_empty() && entry.keys.iter().all(|key| !key.doc.is_empty()))
    );
}

#[test]
fn gradients_agree_with_finite_differences() {
    for_all(|entry, op, shapes, mode| {
        if let Err(found) = check(&mut Bench::new(op, shapes, 5, mode)) {
            panic!("{} {mode:?}: {found}", entry.name);
        }
    });
}

#[test]
fn single_precision_agrees_with_double() {
    for_all(|entry, op, shapes, mode| {
        let single = Bench::<f32>::new(Arc::clone(&op), shapes, 5, mode);
        let double = Bench::<f64>::new(op, shapes, 5, mode);
        let (dx, dw) = single.backward(&single.upstream(), 0.0);
        let (exact_dx, exact_dw) = double.backward(&double.upstream(), 0.0);
        for (single, double) in [(&single.y, &double.y), (&dx, &exact_dx), (&dw, &exact_dw)] {
            let scale = double.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            for (a, b) in single.iter().zip(double) {
                assert!(within((a.f64() - b).abs(), 3e-6 * scale), "{} {mode:?}: {a} is not {b}", entry.name);
            }
        }
    });
}

#[test]
fn backward_adds_to_what_is_there() {
    for_all(|entry, op, shapes, mode| {
        let bench = Bench::<f64>::new(op, shapes, 3, mode);
        let dy = bench.upstream();
        let (zero, seven) = (bench.backward(&dy, 0.0), bench.backward(&dy, 7.0));
        let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| within((a + 7.0 - b).abs(), 1e-12));
        assert!(same(&zero.0, &seven.0), "{}: dx", entry.name);
        assert!(same(&zero.1, &seven.1), "{}: dw", entry.name);
    });
}

/// Fills with NaN what the operation does not declare that it reads.
fn poison(bench: &mut Bench<f64>) {
    if !bench.op.reads().inputs() && bench.params.is_empty() {
        bench.arena.fill(f64::NAN);
    }
    if !bench.op.reads().output() {
        bench.y.fill(f64::NAN);
    }
}

#[test]
fn backward_reads_only_what_the_operation_declares() {
    for_all(|entry, op, shapes, mode| {
        let mut bench = Bench::<f64>::new(op, shapes, 3, mode);
        let dy = bench.upstream();
        let clean = bench.backward(&dy, 0.0);
        poison(&mut bench);
        assert_eq!(clean, bench.backward(&dy, 0.0), "{}", entry.name);
    });
}

#[test]
fn partials_are_the_gradient_of_each_output() {
    for_all(|entry, op, shapes, mode| {
        let bench = Bench::<f64>::new(op, shapes, 3, mode);
        let width = bench.y.len() / bench.rows;
        for of in 0..bench.y.len() {
            let mut dy = vec![0.0; bench.y.len()];
            dy[of] = 1.0;
            let (dx, dw) = bench.backward(&dy, 0.0);
            let (mut by_input, mut by_param) = (vec![0.0; dx.len()], vec![0.0; dw.len()]);
            f64::of_op(&*bench.op).partials(&bench.point(), of / width, of % width, &mut |partial| {
                match partial.by {
                    By::Input { input, row, at } => {
                        let place = &bench.places[input];
                        by_input[place.at + row * place.shape.len() + at] += partial.slope;
                    }
                    By::Param { param, at } => {
                        by_param[bench.param_ranges[param].start + at] += partial.slope;
                    }
                }
            });
            let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| within((a - b).abs(), 1e-14));
            assert!(same(&dx, &by_input), "{} {mode:?}: by inputs\n{dx:?}\n{by_input:?}", entry.name);
            assert!(same(&dw, &by_param), "{} {mode:?}: by parameters", entry.name);
        }
    });
}

#[test]
fn an_operation_that_says_it_is_affine_has_its_first_parameter_as_its_slopes() {
    let mut affine = 0;
    for_all(|entry, op, shapes, mode| {
        if Op::structure(&*op) != Structure::Affine {
            return;
        }
        affine += 1;
        let bench = Bench::<f64>::new(op, shapes, 2, mode);
        let (features, width) = (shapes[0].last(), bench.y.len() / 2);
        let (w, out) = (&bench.params[bench.param_ranges[0].clone()], width / shapes[0].leading());
        for of in 0..bench.y.len() {
            let (row, lead, o) = (of / width, of % width / out, of % out);
            let x = &bench.arena[row * shapes[0].len() + lead * features..][..features];
            let mut seen = 0;
            f64::of_op(&*bench.op).partials(&bench.point(), row, of % width, &mut |partial| {
                let expected = match partial.by {
                    By::Input { input, row: from, at } => {
                        assert_eq!((input, from, at / features), (0, row, lead));
                        w[o * features + at % features]
                    }
                    By::Param { param: 0, at } => {
                        assert_eq!(at / features, o);
                        x[at % features]
                    }
                    By::Param { param, at } => {
                        assert_eq!((param, at), (1, o));
                        1.0
                    }
                };
                assert_eq!(partial.slope, expected, "{}", entry.name);
                seen += 1;
            });
            assert_eq!(seen, 2 * features + bench.param_ranges.len() - 1, "{}", entry.name);
        }
    });
    assert!(affine > 0);
}

#[test]
fn a_parameters_gradient_can_be_taken_in_parts() {
    for_all(|entry, op, shapes, mode| {
        let bench = Bench::<f64>::new(op, shapes, 3, mode);
        let dy = bench.upstream();
        let (_, whole) = bench.backward(&dy, 0.0);
        for (param, range) in bench.param_ranges.iter().enumerate() {
            let rows = bench.param_rows(param);
            let width = range.len() / rows;
            for row in 0..rows {
                let mut dw = vec![f64::NAN; width];
                let part = Part { param, rows: row..row + 1 };
                let room = &mut Aligned::from(vec![f64::NAN; SCRATCH]);
                let team = &mut Team::alone(room);
                f64::of_op(&*bench.op).backward_param(&bench.point(), &dy, part, Grad::empty(&mut dw), team);
                let start = range.start + row * width;
                assert_eq!(dw, whole[start..start + width], "{}: row {row} of {param}", entry.name);
            }
        }
    });
}

#[test]
fn examples_mix_exactly_where_the_operation_says_so() {
    for_all(|entry, op, shapes, mode| {
        let mixes = op.mixes_examples() && mode != Mode::Eval;
        let mut bench = Bench::<f64>::new(op, shapes, 3, mode);
        let width = bench.y.len() / 3;
        let before = bench.y.clone();
        let place = bench.places[0].clone();
        bench.arena[place.at] += 0.5; // the first number of the first example
        bench.forward();
        assert_eq!(before[width..] != bench.y[width..], mixes, "{} {mode:?}", entry.name);
    });
}

#[test]
fn results_of_an_example_do_not_depend_on_where_the_batch_is_cut() {
    for_all(|entry, op, shapes, _| {
        if op.mixes_examples() {
            return;
        }
        let whole = Bench::<f32>::new(Arc::clone(&op), shapes, 4, TRAIN);
        let mut part = Bench::<f32>::new(op, shapes, 1, Mode::Train { key: 77, first_row: 2 });
        for (place, from) in part.places.iter().zip(&whole.places) {
            let n = place.shape.len();
            part.arena[place.at..place.at + n].copy_from_slice(&whole.arena[from.at + 2 * n..][..n]);
        }
        part.forward();
        let width = part.y.len();
        assert_eq!(part.y, whole.y[2 * width..3 * width], "{}", entry.name);
    });
}

#[test]
fn kinks_are_kinks_and_have_the_declared_slope() {
    let mut kinks = 0;
    for_all(|entry, op, _, _| {
        for kink in Op::kinks(&*op) {
            kinks += 1;
            let mut bench = Bench::<f64>::new(Arc::clone(&op), &[Shape::from([1])], 1, TRAIN);
            let mut at = |x: f64| {
                bench.arena[0] = x;
                bench.forward();
                (bench.y[0], bench.backward(&[1.0], 0.0).0[0])
            };
            let (h, (y, slope)) = (1e-6, at(kink.at));
            let left = (y - at(kink.at - h).0) / h;
            let right = (at(kink.at + h).0 - y) / h;
            assert!((left - right).abs() > 1e-4, "{}: no kink at {}", entry.name, kink.at);
            assert_eq!(slope, kink.slope, "{}", entry.name);
            assert!(left.min(right) - 1e-6 <= slope && slope <= left.max(right) + 1e-6, "{}", entry.name);
        }
    });
    assert!(kinks > 0);
}

#[test]
fn values_and_slopes_stay_finite_and_right_far_out() {
    // Limits for very large and very small arguments: value over |x| where unbounded.
    for_all(|entry, op, shapes, mode| {
        if shapes.len() != 1 || !op.params(&[&shapes[0]]).is_empty() {
            return;
        }
        for x in [17.0, -17.0, 104.0, -104.0, 1e4, -1e4] {
            let mut bench = Bench::<f32>::new(Arc::clone(&op), shapes, 2, mode);
            bench.arena.iter_mut().enumerate().for_each(|(i, slot)| *slot = if i % 2 == 0 { x } else { 0.5 });
            bench.forward();
            let (dx, _) = bench.backward(&bench.upstream(), 0.0);
            assert!(bench.y.iter().chain(&dx).all(|v| v.is_finite()), "{} at {x}", entry.name);
        }
    });
    let value = |op: Arc<dyn Operation>, x: f64| {
        let mut bench = Bench::<f64>::new(op, &[Shape::from([1])], 1, TRAIN);
        bench.arena[0] = x;
        bench.forward();
        (bench.y[0], bench.backward(&[1.0], 0.0).0[0])
    };
    let close = |(a, b): (f64, f64), (c, d): (f64, f64)| {
        assert!(
            within((a - c).abs(), 1e-15 * c.abs()) && within((b - d).abs(), 1e-14 * d.abs()),
            "{a} {b}, {c} {d}"
        );
    };
    // Tails keep their digits: σ(−104) = e^−104/(1 + e^−104), and so on.
    let tail = (-104f64).exp();
    close(value(Arc::new(Sigmoid), -104.0), (tail, tail));
    close(value(Arc::new(Softplus::default()), -104.0), (tail, tail));
    close(value(Arc::new(Silu), -104.0), (-104.0 * tail, tail * (1.0 - 104.0)));
    close(value(Arc::new(Elu::default()), -104.0), (-1.0, tail));
    close(value(Arc::new(Sigmoid), 1e4), (1.0, 0.0));
    close(value(Arc::new(Gelu::Exact), 1e4), (1e4, 1.0));
    close(value(Arc::new(Gelu::Tanh), -1e4), (0.0, 0.0));
}

mod planted_faults {
    //! The judge is judged: each of these broken operations has to be caught.

    use super::*;

    /// What is wrong with a hyperbolic tangent times a weight, y = w·tanh(x).
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fault {
        None,
        OffByATenthOfAPercent,
        OffByOneInTenMillion,
        ArgumentsSwapped,
        OverwrittenNotAdded,
        NotANumber,
        ReadsUndeclared,
        SignFlipped,
        TermMissing,
        ParameterOffByATenthOfAPercent,
        PartialsOfAnother,
    }

    #[derive(Clone, Copy, Debug)]
    struct Broken(Fault);

    impl Op for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }

        fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
            only(x).cloned()
        }

        fn params(&self, _x: &[&Shape]) -> Vec<ParamSpec> {
            let weight = ParamSpec { name: "weight", shape: [1].into(), init: Init::Zeros, mask: None };
            vec![weight]
        }

        fn reads(&self) -> Reads {
            if self.0 == Fault::ReadsUndeclared { Reads::Inputs } else { Reads::Both }
        }
    }

    impl<T: Scalar> Compute<T> for Broken {
        fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
            let w = io.w.get(0)[0];
            io.y.iter_mut().zip(io.x.get(0)).for_each(|(y, x)| *y = w * x.tanh());
        }

        fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
            let Some(dx) = dx.get(0).map(Grad::sum) else { return };
            let w = at.w.get(0)[0];
            for (((dx, dy), x), y) in dx.iter_mut().zip(dy).zip(at.x.get(0)).zip(at.y) {
                let slope = w - *y * *y / w;
                let right = *dy * slope;
                match self.0 {
                    Fault::OffByATenthOfAPercent => *dx += right * T::of(1.001),
                    Fault::OffByOneInTenMillion => *dx += right * T::of(1.0 + 1e-7),
                    Fault::ArgumentsSwapped => *dx += *dy * (w - *x * *x / w),
                    Fault::OverwrittenNotAdded => *dx = right,
                    Fault::NotANumber => *dx += right * T::nan(),
                    Fault::SignFlipped => *dx -= right,
                    Fault::TermMissing => *dx += *dy * w,
                    _ => *dx += right,
                }
            }
        }

        fn backward_param(
            &self,
            at: &Point<'_, T>,
            dy: &[T],
            _part: Part,
            dw: Grad<'_, T>,
            _team: &mut Team<'_, T>,
        ) {
            let off = if self.0 == Fault::ParameterOffByATenthOfAPercent { 1.001 } else { 1.0 };
            let dw = dw.sum();
            for (dy, x) in dy.iter().zip(at.x.get(0)) {
                dw[0] += *dy * x.tanh() * T::of(off);
            }
        }

        fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
            let i = row * at.x.shape(0).len() + of;
            let (x, w) = (at.x.get(0)[i].tanh(), at.w.get(0)[0]);
            let slope = if self.0 == Fault::PartialsOfAnother { w } else { w * (T::one() - x * x) };
            emit(Partial { by: By::Input { input: 0, row, at: of }, slope });
            emit(Partial { by: By::Param { param: 0, at: 0 }, slope: x });
        }
    }

    /// Whether one of the generic checks objects.
    fn caught(fault: Fault) -> bool {
        let mut bench = Bench::<f64>::new(Arc::new(Broken(fault)), &[Shape::from([6])], 4, TRAIN);
        let dy = bench.upstream();
        let clean = bench.backward(&dy, 0.0);
        let seven = bench.backward(&dy, 7.0);
        let adds = clean.0.iter().zip(&seven.0).all(|(a, b)| within((a + 7.0 - b).abs(), 1e-12));
        let right = check(&mut bench).is_ok();
        let mut by_partials = vec![0.0; clean.0.len()];
        for (of, dy) in dy.iter().enumerate() {
            Compute::<f64>::partials(&Broken(fault), &bench.point(), of / 6, of % 6, &mut |partial| {
                if let By::Input { row, at, .. } = partial.by {
                    by_partials[row * 6 + at] += dy * partial.slope;
                }
            });
        }
        let explained = clean.0.iter().zip(&by_partials).all(|(a, b)| within((a - b).abs(), 1e-12));
        poison(&mut bench);
        let honest = bench.backward(&dy, 0.0) == clean;
        !(adds && right && honest && explained)
    }

    #[test]
    fn every_planted_fault_is_caught_and_the_healthy_operation_is_not() {
        assert!(!caught(Fault::None));
        for fault in [
            Fault::OffByATenthOfAPercent,
            Fault::OffByOneInTenMillion,
            Fault::ArgumentsSwapped,
            Fault::OverwrittenNotAdded,
            Fault::NotANumber,
            Fault::ReadsUndeclared,
            Fault::SignFlipped,
            Fault::TermMissing,
            Fault::ParameterOffByATenthOfAPercent,
            Fault::PartialsOfAnother,
        ] {
            assert!(caught(fault), "{fault:?} passed");
        }
    }
}

#[test]
fn gradients_hold_for_any_shape_and_number_of_examples() {
    for entry in LIST {
        for lead in 1..4 {
            for features in [1, 2, 7, 8, 9, 15, 16, 17] {
                for rows in 1..6 {
                    // Two numbers close to each other, normalised, bend too sharply for differences.
                    let count = if entry.name == "batch_norm" { rows * lead } else { features };
                    if entry.name.ends_with("_norm") && (features == 1 || count < 3) {
                        continue;
                    }
                    let op = build(entry, &entry.cases[0]);
                    let shapes = vec![Shape::from([lead, features]); entry.cases[0].inputs.len()];
                    if let Err(found) = check(&mut Bench::new(op, &shapes, rows, TRAIN)) {
                        panic!("{} {rows} × {}: {found}", entry.name, shapes[0]);
                    }
                }
            }
        }
    }
}
