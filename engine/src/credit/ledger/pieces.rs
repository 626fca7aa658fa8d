//! What Simpson's rule misses on the line of a step, example by example, and the pieces of the line on which it is taken.
//!
//! The probe loss is a mean of losses of examples, each a function of its own along the line: ℓ(s) = ℓ(θ(s)). On a piece
//! [a, a + h], Simpson's rule misses of it
//!
//! r = ℓ(a + h) − ℓ(a) − h·(ℓ'(a) + 4·ℓ'(a + h/2) + ℓ'(a + h)) / 6.
//!
//! Most examples are smooth, and miss next to nothing. Where an operation has a kink (relu), ℓ' jumps at the place on the
//! line at which its argument crosses the kink; halving the pieces around that place, of that example alone, halves r.

use std::cmp::Ordering;

/// ℓ and ℓ' of an example at a place of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub loss: f64,
    pub slope: f64,
}

/// An example on a piece of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub example: usize,
    /// a
    pub from: f64,
    /// h
    pub length: f64,
    /// At a, a + h/2 and a + h.
    points: [Point; 3],
}

impl Piece {
    /// r
    pub(super) fn residual(&self) -> f64 {
        let [a, m, b] = self.points;
        b.loss - a.loss - self.length * (a.slope + 4.0 * m.slope + b.slope) / 6.0
    }

    /// Its halves, with what is known in their middles.
    fn halves(self, [left, right]: [Point; 2]) -> [Piece; 2] {
        let (length, [a, m, b]) = (self.length / 2.0, self.points);
        let half = |from, points| Piece { from, length, points, ..self };
        [half(self.from, [a, left, m]), half(self.from + length, [m, right, b])]
    }

    fn place(&self) -> (f64, f64) {
        (self.from, self.length)
    }
}

/// The line of a step, of every example in pieces of its own.
#[derive(Debug)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
    /// The shortest piece.
    shortest: f64,
    /// What it took and will take to sum them up: gradients of an example, of which a loss alone counts a third.
    work: f64,
}

/// The shortest pieces are not halved.
const SHORTEST: f64 = 1.0 / (1 << 20) as f64;

/// A gradient that is added: where, of which examples, with which factor.
pub(super) type Term = (f64, f64, Vec<usize>);

impl Pieces {
    /// The whole line for every example, with what is known at its ends and in its middle.
    pub(super) fn whole(points: [Vec<Point>; 3]) -> Pieces {
        let [a, m, b] = &points;
        let piece =
            |example| Piece { example, from: 0.0, length: 1.0, points: [a[example], m[example], b[example]] };
        // At three places, two losses for a slope.
        let work = (2 * a.len()) as f64;
        Pieces { pieces: (0..a.len()).map(piece).collect(), shortest: 1.0, work }
    }

    /// Σ r
    pub(super) fn residual(&self) -> f64 {
        self.pieces.iter().map(Piece::residual).sum()
    }

    /// What they took and will take, in gradients of an example.
    pub(super) fn work(&self) -> f64 {
        self.work
    }

    /// How often the shortest piece was halved.
    pub(super) fn halvings(&self) -> u32 {
        -self.shortest.log2() as u32
    }

    /// Takes out pieces that have to be halved, place by place: the largest, so that Σ |r| of the others is at most half of
    /// what it was, or `limit`; but none of which r is no more than `noise` · ℓ · h: what its slopes are off by.
    pub(super) fn take(&mut self, limit: f64, noise: f64) -> Vec<Piece> {
        let size = |piece: &Piece| piece.residual().abs();
        let is_coarse = |piece: &Piece| {
            piece.length > SHORTEST && size(piece) > noise * piece.points[1].loss.abs() * piece.length
        };
        let (mut coarse, fine) = std::mem::take(&mut self.pieces).into_iter().partition(is_coarse);
        self.pieces = fine;
        coarse.sort_by(|a, b| size(a).total_cmp(&size(b)).then(order(a, b)));
        let limit = limit.max(coarse.iter().map(size).sum::<f64>() / 2.0);
        let mut sum = 0.0;
        let small = coarse.iter().take_while(|piece| {
            sum += size(piece);
            sum <= limit
        });
        let mut taken = coarse.split_off(small.count());
        self.pieces.extend(coarse);
        taken.sort_by(order);
        taken
    }

    /// Puts pieces that were taken out of one place back in halves, with what is known in the middles of their halves.
    pub(super) fn put(&mut self, taken: &[Piece], middles: [Vec<Point>; 2]) {
        let [left, right] = &middles;
        for ((piece, left), right) in taken.iter().zip(left).zip(right) {
            self.pieces.extend(piece.halves([*left, *right]));
            self.shortest = self.shortest.min(piece.length / 2.0);
            // At two places a loss and two more for its slope, and a gradient; the first time at the ends and in the middle, too,
            // where that of the whole is taken back.
            self.work += 4.0 + if piece.length == 1.0 { 3.0 } else { 0.0 };
        }
    }

    /// What is added to g(0)/4 + g(½) + g(1)/4 of all examples, so that it is, over all pieces of all examples,
    /// Σ h·(g(a)/4 + g(a + h/2) + g(a + h)/4).
    pub(super) fn terms(&self) -> Vec<Term> {
        let mut terms: Vec<(f64, f64, usize)> = vec![];
        let mut add = |from: f64, length: f64, factor: f64, example| {
            for (at, share) in [(0.0, 0.25), (0.5, 1.0), (1.0, 0.25)] {
                terms.push((from + at * length, factor * share, example));
            }
        };
        for piece in self.pieces.iter().filter(|piece| piece.length < 1.0) {
            add(piece.from, piece.length, piece.length, piece.example);
            // The first piece of an example's line stands for the whole that is replaced.
            if piece.from == 0.0 {
                add(0.0, 1.0, -1.0, piece.example);
            }
        }
        // Of each place and example one term, then of each place and factor all examples.
        let order = |a: &(f64, f64, usize), b: &(f64, f64, usize)| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2));
        terms.sort_by(order);
        let same = |a: &(f64, f64, usize), b: &(f64, f64, usize)| order(a, b).is_eq();
        let sum = |of: &[(f64, f64, usize)]| (of[0].0, of.iter().map(|term| term.1).sum::<f64>(), of[0].2);
        let mut terms: Vec<_> = terms.chunk_by(same).map(sum).filter(|term| term.1 != 0.0).collect();
        terms.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let groups = terms.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
        groups.map(|of| (of[0].0, of[0].1, of.iter().map(|term| term.2).collect())).collect()
    }
}

/// By place, then by example.
fn order(a: &Piece, b: &Piece) -> Ordering {
    a.from.total_cmp(&b.from).then(a.length.total_cmp(&b.length)).then(a.example.cmp(&b.example))
}

/// Pieces that lie at one place, together.
pub(super) fn by_place(pieces: &[Piece]) -> impl Iterator<Item = &[Piece]> {
    pieces.chunk_by(|a, b| a.place() == b.place())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of ℓ = max(0, s − kink) or, without a kink, s².
    fn point(kink: Option<f64>, s: f64) -> Point {
        match kink {
            Some(kink) => Point { loss: (s - kink).max(0.0), slope: f64::from(u8::from(s > kink)) },
            None => Point { loss: s * s, slope: 2.0 * s },
        }
    }

    #[test]
    fn only_pieces_with_a_kink_are_halved_until_little_is_missed() {
        let kinks = [None, Some(0.3), None, Some(0.8)];
        let at = |s: f64, of: &[usize]| of.iter().map(|n| point(kinks[*n], s)).collect::<Vec<_>>();
        let mut pieces = Pieces::whole([0.0, 0.5, 1.0].map(|s| at(s, &[0, 1, 2, 3])));
        let mut evaluated = 0;
        loop {
            let taken = pieces.take(1e-3, 0.0);
            if taken.is_empty() {
                break;
            }
            for place in by_place(&taken) {
                let of: Vec<usize> = place.iter().map(|piece| piece.example).collect();
                let Piece { from, length, .. } = place[0];
                pieces.put(place, [0.25, 0.75].map(|s| at(from + s * length, &of)));
                evaluated += 2 * of.len();
            }
        }
        assert!(pieces.residual().abs() <= 1e-3);
        // Two kinks, one piece of each halved at a time.
        assert!((6..=12).contains(&pieces.halvings()), "{}", pieces.halvings());
        assert!(evaluated <= 4 * pieces.halvings() as usize, "{evaluated}");
        // What is added makes of each whole line its pieces: the integral of the slope, example by example.
        let mut integrals = [0.0; 4];
        for (n, integral) in integrals.iter_mut().enumerate() {
            let [a, m, b] = [0.0, 0.5, 1.0].map(|s| point(kinks[n], s).slope);
            *integral = 0.25 * a + m + 0.25 * b;
        }
        for (s, factor, of) in pieces.terms() {
            of.iter().for_each(|&n| integrals[n] += factor * point(kinks[n], s).slope);
        }
        for (n, right) in [1.0, 0.7, 1.0, 0.2].into_iter().enumerate() {
            let found = 4.0 / 6.0 * integrals[n];
            assert!((found - right).abs() <= 1e-3, "{n}: {found}");
        }
        assert!(pieces.terms().iter().all(|(.., of)| of.iter().all(|n| kinks[*n].is_some())));
    }

    #[test]
    fn what_is_lost_in_noise_stays() {
        let at = |s| vec![point(Some(0.3), s)];
        let mut pieces = Pieces::whole([0.0, 0.5, 1.0].map(at));
        assert!(pieces.take(0.0, 10.0).is_empty());
        assert_eq!(pieces.take(0.0, 0.0).len(), 1);
    }
}
