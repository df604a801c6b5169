//! `rolecall evaluate`

use super::exit::{Exit, Failure, Outcome};
use super::threshold::Threshold;
use super::{console, input};
use crate::evaluate::{
    Draws, Matching, Pairing, compare, comparison_json, intervals, render_comparison, render_json, render_table,
};
use crate::formats::{LoadReport, visible};
use crate::model::decoder::Decoding;
use crate::model::engine::Precision;
use crate::nlp::Context;
use crate::train::{FoldReading, FoldScores, describe, score_folds};
use std::path::{Path, PathBuf};

/// Score predicted annotations against gold annotations: precision, recall and F1 of spans (Task 1) and roles (Task 2), per type and over all.
///
/// Documents are paired by name, so the two folders may be in different formats. A document without a prediction counts as one in
/// which nothing was found, and is named. Roles are right when the role, its direction and both ends are right. "gold" is the support: how
/// many there are to be found.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall evaluate --gold gold/ --pred found/
  rolecall evaluate --gold gold/ --pred found/ --soft --json
  rolecall evaluate --gold gold/ --pred found/ --bootstrap
  rolecall evaluate --gold gold/ --compare found-before/ found-now/
  rolecall evaluate --gold train/ --splits splits.json --folds run/folds")]
pub(super) struct Evaluate {
    /// Folder or file with the annotations that are taken as right.
    #[arg(long, value_name = "DIR")]
    gold: PathBuf,
    /// Folder or file with the annotations to be scored.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["compare", "folds"])]
    pred: Option<PathBuf>,
    /// Score the models of a cross-validation, each on the documents of the fold that it did not see: mean and spread. Of several
    /// cross-validations the models of each fold decide together.
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "splits", conflicts_with_all = ["pred", "compare", "bootstrap", "soft", "overlap", "json"])]
    folds: Vec<PathBuf>,
    /// JSON file whose "folds" list the names of the documents of each fold.
    #[arg(long, value_name = "FILE", requires = "folds")]
    splits: Option<PathBuf>,
    /// Leave out spans that the models of --folds are less sure of than this; without it, than their own threshold.
    #[arg(long, value_name = "X", requires = "folds")]
    threshold: Option<Threshold>,
    /// In what numbers the models of --folds compute: f32, or int8 (8-bit integers).
    #[arg(long, default_value_t, requires = "folds")]
    precision: Precision,
    /// How the models of --folds find spans: spans, of which the most can be expected to be right, or path, those of the most probable
    /// tags.
    #[arg(long, default_value_t, requires = "folds")]
    decoding: Decoding,
    /// What the models of --folds read each word with: abstract, neighbours (its sentence with the ones beside it) or sentence. Of
    /// several, what a model makes of each decides together; without it, the context that it was trained for.
    #[arg(long, value_name = "CONTEXT", num_args = 1.., requires = "folds")]
    contexts: Vec<Context>,
    /// Say whether the predictions in B are better than those in A by more than chance: approximate randomisation and paired bootstrap over documents.
    #[arg(long, value_names = ["A", "B"], num_args = 2, conflicts_with_all = ["pred", "bootstrap"])]
    compare: Option<Vec<PathBuf>>,
    /// Give a 95 % interval of F1, from N resamplings of the documents.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1000", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    bootstrap: Option<u32>,
    /// How often --compare shuffles and resamples.
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "compare", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    draws: u32,
    /// Seed of --bootstrap and --compare: the same seed gives the same numbers.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Match as the PubAnnotation evaluator does: same type, overlapping, both ends within 20 characters and 2 words.
    #[arg(long)]
    soft: bool,
    /// Match spans of the same type that share at least one character.
    #[arg(long, conflicts_with = "soft")]
    overlap: bool,
    /// Print the scores as JSON instead of a table.
    #[arg(long)]
    json: bool,
}

impl Evaluate {
    pub(super) fn run(self) -> Outcome {
        let gold = load(&self.gold)?;
        if let Some(splits) = &self.splits {
            return self.score_folds(gold, splits);
        }
        match (&self.compare, &self.pred) {
            (Some(folders), _) => self.compare(&gold, folders),
            (None, Some(predicted)) => self.score(&gold, predicted),
            // The command line is not taken without one of the two.
            (None, None) => Ok(Exit::Usage),
        }
    }

    fn score(&self, gold: &LoadReport, predicted: &Path) -> Outcome {
        let predicted = load(predicted)?;
        let pairing = pair(gold, &predicted);
        let scores = pairing.score(self.matching());
        let draws = self.bootstrap.map(|count| self.draws(count));
        let intervals = draws.map(|draws| intervals(&pairing.score_each(self.matching()), draws));
        let intervals = intervals.as_ref();
        let json = || format!("{:#}\n", render_json(&scores, intervals));
        console::result(&if self.json { json() } else { render_table(&scores, intervals) });
        Ok(Exit::of(tell_all(&pairing, "") && [gold, &predicted].into_iter().all(input::is_sound)))
    }

    fn score_folds(&self, gold: LoadReport, splits: &Path) -> Outcome {
        let sound = input::is_sound(&gold);
        let documents: Vec<_> = gold.loaded.into_iter().map(|loaded| loaded.document).collect();
        let threshold = self.threshold.map(|Threshold(least)| least);
        let contexts = self.contexts.clone();
        let how = FoldReading { precision: self.precision, decoding: self.decoding, threshold, contexts };
        let each = |fold: usize, scores: &FoldScores| {
            let [spans, roles, given] = [scores.spans, scores.roles, scores.roles_given_gold_spans].map(|score| score.f1);
            console::note(&format!("fold {fold}: F1 of spans {spans:.3}, roles {roles:.3}, roles given gold spans {given:.3}"));
        };
        let scores = score_folds(&self.folds, &documents, splits, &how, each)?;
        console::result(&describe(&scores));
        Ok(Exit::of(sound))
    }

    fn compare(&self, gold: &LoadReport, folders: &[PathBuf]) -> Outcome {
        let reports = folders.iter().map(|folder| load(folder)).collect::<Result<Vec<_>, _>>()?;
        let pairings: Vec<Pairing<'_>> = reports.iter().map(|report| pair(gold, report)).collect();
        let scores: Vec<_> = pairings.iter().map(|pairing| pairing.score_each(self.matching())).collect();
        let [first, second] = scores.as_slice() else { return Ok(Exit::Usage) };
        let comparisons = compare(first, second, self.draws(self.draws));
        let json = || format!("{:#}\n", comparison_json(&comparisons, self.matching()));
        console::result(&if self.json { json() } else { render_comparison(&comparisons, self.matching()) });
        let mut sound = reports.iter().chain([gold]).all(input::is_sound);
        for (pairing, who) in pairings.iter().zip(["A: ", "B: "]) {
            sound &= tell_all(pairing, who);
        }
        Ok(Exit::of(sound))
    }

    fn draws(&self, count: u32) -> Draws {
        Draws { count: count as usize, seed: self.seed }
    }

    fn matching(&self) -> Matching {
        match (self.soft, self.overlap) {
            (true, _) => Matching::Soft,
            (_, true) => Matching::Overlap,
            _ => Matching::Strict,
        }
    }
}

fn load(path: &Path) -> Result<LoadReport, Failure> {
    input::load_files(&[path.to_path_buf()])
}

fn pair<'a>(gold: &'a LoadReport, predicted: &'a LoadReport) -> Pairing<'a> {
    Pairing::by_name(gold.loaded.iter().map(|loaded| &loaded.document), predicted.loaded.iter().map(|loaded| &loaded.document))
}

/// Names the documents that could not be paired as they should, and says whether there were none; `who` says of which predictions it
/// is told.
fn tell_all(pairing: &Pairing<'_>, who: &str) -> bool {
    tell(who, "without a prediction, scored as if nothing had been found in them", &pairing.missing);
    tell(who, "predicted without gold, not scored", &pairing.surplus);
    tell(who, "whose texts differ, so that their offsets may not mean the same", &pairing.differing);
    pairing.missing.is_empty() && pairing.surplus.is_empty() && pairing.differing.is_empty()
}

fn tell(who: &str, what: &str, names: &[&str]) {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return;
    }
    let dots = if names.len() > SHOWN { ", …" } else { "" };
    let shown = names.iter().take(SHOWN).map(|name| visible(name)).collect::<Vec<_>>().join(", ");
    console::note(&format!("{who}{} documents {what}: {shown}{dots}", names.len()));
}
