//! Affine map: y = x·Wᵀ + b, with W [out, in] as PyTorch has it, over the last axis.
//! dx = dy·W, dW = dyᵀ·x, db = Σ dy. A mask leaves connections out: their weight is 0 and stays 0.

use super::{
    By, Case, Compute, Forward, Grad, InputGrads, MOST, Misfit, Of, Op, OpEntry, ParamSpec, Part, Partial,
    Point, Reads, Structure, features, only, sum_vectors,
};
use crate::expr::{Expr, Role};
use crate::init::Init;
use crate::kernel::matmul::{Matrix, Onto};
use crate::kernel::{Scalar, Team};
use crate::setting::{Default, Key, Kind, Literal, SettingError};
use crate::shape::Shape;
use std::sync::Arc;

/// The affine map: `Linear::new(10)`, or `Linear { bias: false, ..Linear::new(10) }`.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Number of outputs.
    pub out: usize,
    /// Number of features, to be checked against what arrives.
    pub features: Option<usize>,
    /// Whether b is added.
    pub bias: bool,
    /// How W starts; `None`: uniform in ±1/√in, as PyTorch.
    pub init: Option<Init>,
    /// How b starts; `None`: uniform in ±1/√in.
    pub bias_init: Option<Init>,
    /// Which connections there are, `out` rows of `in`; `None`: all.
    pub mask: Option<Vec<Vec<bool>>>,
}

pub(super) const ENTRY: OpEntry = OpEntry {
    name: "linear",
    doc: "affine map over the last axis: y = x·Wᵀ + b, W [out, in]",
    keys: &[
        Key::new("out", Kind::Count, Default::Required, "number of outputs"),
        Key::new("in", Kind::Count, Default::Absent, "number of inputs; if given, it must be what arrives"),
        Key::new("bias", Kind::Switch, Default::Switch(true), "whether b is added"),
        Key::new(
            "init",
            Kind::Init,
            Default::Absent,
            "how W starts; by default uniform in ±1/√in, as PyTorch",
        ),
        Key::new("bias_init", Kind::Init, Default::Absent, "how b starts; by default uniform in ±1/√in"),
        Key::new("mask", Kind::Mask, Default::Absent, "out rows of in cells: 0 leaves the connection out"),
    ],
    build: |settings| {
        if !settings.switch("bias") && settings.get("bias_init").is_some() {
            return Err(SettingError::Clash("`bias_init` has no effect with `bias = false`"));
        }
        Ok(Arc::new(Linear {
            out: settings.count("out"),
            features: settings.count_if("in"),
            bias: settings.switch("bias"),
            init: settings.get("init").map(Init::read).transpose()?,
            bias_init: settings.get("bias_init").map(Init::read).transpose()?,
            mask: settings.mask_if("mask"),
        }))
    },
    cases: &[
        Case { given: &[("out", Literal::Whole(3))], inputs: &[&[5]] },
        Case { given: &[("out", Literal::Whole(1)), ("bias", Literal::Switch(false))], inputs: &[&[17]] },
        Case { given: &[("out", Literal::Whole(4))], inputs: &[&[2, 3]] },
    ],
};

impl Linear {
    /// To `out` outputs, with bias, starting as PyTorch's `Linear`.
    pub fn new(out: usize) -> Linear {
        Linear { out, features: None, bias: true, init: None, bias_init: None, mask: None }
    }

    fn connected(&self, o: usize, i: usize) -> bool {
        self.mask.as_ref().is_none_or(|mask| mask[o][i])
    }
}

/// A letter for a number of W.
fn weight(at: usize) -> Expr {
    Expr::symbol("w", Role::Param { param: 0, at })
}

impl Op for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        let x = only(x)?;
        features(x, self.features)?;
        if self.out.checked_mul(x.last()).is_none_or(|count| count > MOST) {
            return Err(Misfit::TooLarge { out: self.out, features: x.last() });
        }
        if let Some(mask) = &self.mask {
            let (rows, columns) = (mask.len(), mask.first().map_or(0, Vec::len));
            if (rows, columns) != (self.out, x.last()) || mask.iter().any(|row| row.len() != columns) {
                return Err(Misfit::Mask { rows, columns, out: self.out, features: x.last() });
            }
        }
        Ok(x.with_last(self.out))
    }

    fn params(&self, x: &[&Shape]) -> Vec<ParamSpec> {
        let features = x[0].last();
        let usual = Init::Within(features);
        let mut params = vec![ParamSpec {
            name: "weight",
            shape: Shape::from([self.out, features]),
            init: self.init.unwrap_or(usual),
            mask: self.mask.as_ref().map(|mask| mask.concat()),
        }];
        if self.bias {
            params.push(ParamSpec {
                name: "bias",
                shape: Shape::from([self.out]),
                init: self.bias_init.unwrap_or(usual),
                mask: None,
            });
        }
        params
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn structure(&self) -> Structure {
        Structure::Affine
    }

    fn flops(&self, rows: usize, x: &[&Shape]) -> usize {
        rows * x[0].leading() * self.out * (2 * x[0].last() + usize::from(self.bias))
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        let features = of.x[0].last();
        let (lead, o) = (of.at / self.out, of.at % self.out);
        let connected = (0..features).filter(|&i| self.connected(o, i));
        let product = |i| weight(o * features + i) * of.input("x", 0, lead * features + i);
        let mut terms: Vec<Expr> = connected.map(product).collect();
        if self.bias {
            terms.push(Expr::symbol("b", Role::Param { param: 1, at: o }));
        }
        match terms.len() {
            0 => Some(Expr::Number(0.0)),
            1 => terms.pop(),
            _ => Some(Expr::Sum(terms)),
        }
    }

    fn slope(&self, of: Of<'_>, by: By) -> Option<Expr> {
        let features = of.x[0].last();
        let (lead, o) = (of.at / self.out, of.at % self.out);
        Some(match by {
            By::Input { at, .. } => weight(o * features + at % features),
            By::Param { param: 0, at } => of.input("x", 0, lead * features + at % features),
            By::Param { .. } => Expr::Number(1.0),
        })
    }
}

impl<T: Scalar> Compute<T> for Linear {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let (features, out) = (io.x.shape(0).last(), self.out);
        let rows = io.rows * io.x.shape(0).leading();
        let onto = if self.bias { Onto::Row(io.w.get(1)) } else { Onto::Zero };
        let x = Matrix::rows(io.x.get(0), features);
        let w = Matrix::rows(io.w.get(0), features);
        team.matmul([rows, out, features], x, w.transposed(), io.y, onto);
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        let Some(dx) = dx.get(0) else { return };
        let (features, out) = (at.x.shape(0).last(), self.out);
        let rows = at.rows * at.x.shape(0).leading();
        let (dy, w) = (Matrix::rows(dy, out), Matrix::rows(at.w.get(0), features));
        let (dx, onto) = dx.onto();
        team.matmul([rows, features, out], dy, w, dx, onto);
    }

    fn backward_param(
        &self,
        at: &Point<'_, T>,
        dy: &[T],
        part: Part,
        dw: Grad<'_, T>,
        team: &mut Team<'_, T>,
    ) {
        let (features, out) = (at.x.shape(0).last(), self.out);
        if part.param == 1 {
            return sum_vectors(out, dy, part, dw, team);
        }
        let rows = at.rows * at.x.shape(0).leading();
        let these = Matrix::rows(dy.get(part.rows.start..).unwrap_or(&[]), out);
        let (dw, onto) = dw.onto();
        let x = Matrix::rows(at.x.get(0), features);
        team.matmul([part.rows.len(), features, rows], these.transposed(), x, dw, onto);
        if let Some(mask) = &self.mask {
            for (dw, mask) in dw.chunks_exact_mut(features).zip(&mask[part.rows]) {
                dw.iter_mut().zip(mask).filter(|(_, keep)| !**keep).for_each(|(dw, _)| *dw = T::zero());
            }
        }
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let features = at.x.shape(0).last();
        let (lead, o) = (of / self.out, of % self.out);
        let start = row * at.x.shape(0).len() + lead * features;
        let x = &at.x.get(0)[start..start + features];
        let w = &at.w.get(0)[o * features..(o + 1) * features];
        for i in (0..features).filter(|&i| self.connected(o, i)) {
            emit(Partial { by: By::Input { input: 0, row, at: lead * features + i }, slope: w[i] });
            emit(Partial { by: By::Param { param: 0, at: o * features + i }, slope: x[i] });
        }
        if self.bias {
            emit(Partial { by: By::Param { param: 1, at: o }, slope: T::one() });
        }
    }
}
