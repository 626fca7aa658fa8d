//! `whygrad export`: what a run trained, for those who go on in PyTorch.

use super::{after, print};
use crate::error::{Error, Result};
use crate::pytorch;
use crate::run::{Kept, Run, Weights, write_whole};
use crate::terminal::Page;
use crate::view::export::Exported;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;
use whygrad::train::Real;

/// Writes a trained network for PyTorch: a program that predicts, and its weights
///
/// `model.py` has the layers, what training did to the data (missing cells, texts, scaling), and the classes; it predicts
/// what `whygrad predict` predicts. `weights.safetensors` beside it has weights and buffers alone, as `load_state_dict` takes
/// them. They need nothing but PyTorch and the package safetensors.
#[derive(clap::Args)]
#[command(after_long_help = after::<Exported>("\
Example:
  whygrad export runs/2026-11-30-iris-1 --out iris && python iris/model.py flowers.csv"))]
pub(super) struct Args {
    /// A run folder; `newest` is the one in the folder `runs` that began last
    run: PathBuf,
    /// The folder to write into, by default `export` in the run folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The weights of the epoch with the lowest held-out loss, or those after the last step
    #[arg(long, value_name = "WHICH", value_parser = ["best", "last"], default_value = "best")]
    weights: String,
    /// Prints one JSON object; its fields stand at the end of --help
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let run = Run::open(&args.run)?;
    let exported = match run.experiment()?.is_double() {
        true => export::<f64>(args, &run),
        false => export::<f32>(args, &run),
    };
    print(&exported?, args.json, page)?;
    Ok(ExitCode::SUCCESS)
}

fn export<T: Real>(args: &Args, run: &Run) -> Result<Exported> {
    let (experiment, kept) = (run.experiment()?, Kept::load(run.path())?);
    let trainer =
        run.trained::<T>(&experiment, kept.preprocessing.inputs(), Weights::named(&args.weights))?;
    let network = trainer.network();
    let program = pytorch::program(&experiment, network, &kept)?;
    let folder = args.out.clone().unwrap_or_else(|| run.path().join("export"));
    std::fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
    let [program_file, weights_file] = ["model.py", "weights.safetensors"].map(|name| folder.join(name));
    // Somebody else's program of this name is not written over.
    let other =
        std::fs::read(&program_file).is_ok_and(|there| !there.starts_with(pytorch::BEGINS.as_bytes()));
    if other {
        let problem = format!(
            "{} is there, and no export of this program; give another folder",
            program_file.display()
        );
        return Err(Error::argument("--out", problem));
    }
    // A program that could not be written is never beside weights that are not its own.
    match std::fs::remove_file(&weights_file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Error::file("write", &weights_file)(error));
        }
        _ => write_whole(&program_file, program.as_bytes())?,
    }
    write_whole(&weights_file, &trainer.state().weights.to_safetensors(network))?;
    let [program, weights] = [program_file, weights_file].map(|path| path.display().to_string());
    Ok(Exported { program, weights, reads_tables: !kept.preprocessing.columns.columns.is_empty() })
}

/// What was written, and what to do with it.
pub(super) fn page(Exported { program, weights, reads_tables }: &Exported, page: &mut Page) {
    page.paragraph(&format!("wrote {program} and {weights}"));
    let how = match reads_tables {
        true => format!("python {program} FILE predicts what whygrad predict does; it needs PyTorch"),
        false => {
            "from model import predict; predict(rows) says what whygrad predict does; it needs PyTorch".into()
        }
    };
    page.paragraph(&format!("{how}: pip install torch safetensors"));
}
