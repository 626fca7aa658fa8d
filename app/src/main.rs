//! x
#![allow(dead_code)]
mod chart;
mod data;
mod error;
mod experiment;
fn main() { let a: Vec<String> = std::env::args().skip(1).collect(); let n = &a[0]; for set in &a[1..] { let mut out = vec![]; let t = std::time::Instant::now(); for seed in 0..30 { let mut o: Vec<String> = set.split(';').filter(|s| !s.is_empty()).map(String::from).collect(); o.push(format!("seed={seed}")); let e = match experiment::Experiment::load(n, &o) { Ok(e) => e, Err(e) => { println!("{n} {e}"); return } }; let mut p = match e.prepare::<f32>() { Ok(e) => e, Err(e) => { println!("{n} {e}"); return } }; let mut pr = Default::default(); whygrad::train::fit(&mut p.trainer, &p.train, p.test.as_ref(), &p.fit, &mut pr, &mut []).unwrap(); let m = p.trainer.evaluate(p.test.as_ref().unwrap_or(&p.train)); out.push(m.accuracy.unwrap_or(m.loss)); } println!("{n} {set} first10 {} all30 {} mean {:.3} {:.2?} {:.3}", out[..10].iter().filter(|x| **x >= 0.95).count(), out.iter().filter(|x| **x >= 0.95).count(), out.iter().sum::<f64>()/30.0, &out[..10], t.elapsed().as_secs_f64()/30.0); } }
