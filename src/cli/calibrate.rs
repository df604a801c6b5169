//! `rolecall calibrate`

mod picture;
mod table;

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::interrupt::Interrupt;
use super::{console, input, model};
use crate::model::engine::Precision;
use crate::nlp::Context;
use crate::pipeline::CancelToken;
use crate::train::{CalibrateInputs, Calibrated, calibrate};
use std::path::PathBuf;

/// Make a model's confidence mean how often it is right, and choose the thresholds of the best F1.
///
/// Measured on the models of a cross-validation (`rolecall train --all-folds`), each on the documents that it did not see. What is
/// printed is cross-fitted: what is applied to a fold was fitted on the others. Nothing is written unless --model or --svg is given.
/// Unless --no-rerank is given, each span and each role is also judged by all else that was found in its document.
/// ECE is the expected calibration error, the mean distance between confidence and the share that is right; "by chance" is what it
/// would be if every confidence were exactly right, for there is only so much to count.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  rolecall train --recipe assets/recipes/agac.toml --corpus train/ \\
      --splits splits.json --all-folds --encoder run/biomedical/encoder --out run/folds
  rolecall calibrate --folds run/folds --corpus train/ --splits splits.json --model run/agac/model")]
pub(super) struct Calibrate {
    /// Folder of the cross-validation: the models are in DIR/fold0/model and so on. Of several the models of each fold decide
    /// together.
    #[arg(long, value_name = "DIR", required = true, num_args = 1..)]
    folds: Vec<PathBuf>,
    /// Folder with the annotated documents that it was trained on.
    #[arg(long, value_name = "DIR")]
    corpus: PathBuf,
    /// JSON file whose "folds" list the names of the documents of each fold.
    #[arg(long, value_name = "FILE")]
    splits: PathBuf,
    /// Contexts that each model reads in, as if it were several: abstract, neighbours or sentence. To be measured only:
    /// a model by itself reads in the one that it was trained for.
    #[arg(long, value_name = "CONTEXT", num_args = 1.., conflicts_with = "model")]
    contexts: Vec<Context>,
    /// Model folder, trained by the same recipe on everything, whose manifest is to get the calibration; its weights stay as they are. For an ensemble, its first model.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Draw confidence against the share that is right, as SVG.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// In what numbers the models compute: f32, or int8 (8-bit integers).
    #[arg(long, default_value_t)]
    precision: Precision,
    /// Take no second look at what was found by what else was found in the document; curves and thresholds alone.
    #[arg(long)]
    no_rerank: bool,
}

impl Calibrate {
    pub(super) fn run(self) -> Outcome {
        if let Some(folder) = &self.model {
            model::check(folder)?;
        }
        let report = input::load_files(std::slice::from_ref(&self.corpus))?;
        let exit = Exit::of(input::is_sound(&report));
        let documents = report.loaded.into_iter().map(|loaded| loaded.document).collect();
        let inputs = CalibrateInputs {
            folds: self.folds,
            documents,
            splits: self.splits,
            contexts: self.contexts,
            precision: self.precision,
            rerank: !self.no_rerank,
        };
        let (interrupt, cancel) = (Interrupt::catch()?, CancelToken::default());
        let bar = console::progress(Some(0));
        let mut progress = |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
            if interrupt.asked() {
                cancel.cancel();
            }
        };
        let calibrated = calibrate(&inputs, &mut progress, &cancel).map_err(Failure::from);
        bar.finish_and_clear();
        let Some(calibrated) = calibrated? else {
            console::note("Stopped; nothing was written.");
            return Ok(Exit::Findings);
        };
        console::result(&table::all(&calibrated));
        if let Some(file) = &self.svg {
            let picture = picture::reliability_of(&calibrated.measured);
            std::fs::write(file, picture).or_fail(Exit::Io, format!("{} can't be written", file.display()))?;
            console::note(&format!("wrote {}", file.display()));
        }
        if let Some(folder) = &self.model {
            write(&calibrated, folder)?;
        }
        Ok(exit)
    }
}

fn write(calibrated: &Calibrated, folder: &std::path::Path) -> Result<(), Failure> {
    let same_recipe = calibrated.write(folder)?;
    console::note(&format!("The calibration is in {}.", folder.join(crate::model::folder::MANIFEST).display()));
    if !same_recipe {
        console::note("That model was trained by another recipe than the folds' models: the numbers above are not about it.");
    }
    Ok(())
}
