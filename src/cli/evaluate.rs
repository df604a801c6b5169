//! `rolecall evaluate`

use super::exit::{Exit, Outcome};
use super::{console, input};
use crate::evaluate::{Matching, Pairing, render_json, render_table};
use std::path::PathBuf;

/// Score predicted annotations against gold annotations: precision, recall and F1 of spans (Task 1) and roles (Task 2).
///
/// Documents are paired by name, so the two folders may be in different formats. A document without a prediction counts as one in
/// which nothing was found, and is named. Roles are right when the role, its direction and both ends are right.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall evaluate --gold gold/ --pred found/
  rolecall evaluate --gold gold/ --pred found/ --soft --json")]
pub(super) struct Evaluate {
    /// Folder or file with the annotations that are taken as right.
    #[arg(long, value_name = "DIR")]
    gold: PathBuf,
    /// Folder or file with the annotations to be scored.
    #[arg(long, value_name = "DIR")]
    pred: PathBuf,
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
        let gold = input::load(std::slice::from_ref(&self.gold))?;
        let predicted = input::load(std::slice::from_ref(&self.pred))?;
        let pairing = Pairing::by_name(
            gold.loaded.iter().map(|loaded| &loaded.document),
            predicted.loaded.iter().map(|loaded| &loaded.document),
        );
        let scores = pairing.score(self.matching());
        console::result(&if self.json { format!("{:#}\n", render_json(&scores)) } else { render_table(&scores) });
        tell("without a prediction, scored as if nothing had been found in them", &pairing.missing);
        tell("predicted without gold, not scored", &pairing.surplus);
        tell("whose texts differ, so that their offsets may not mean the same", &pairing.differing);
        let sound = pairing.missing.is_empty() && pairing.surplus.is_empty() && pairing.differing.is_empty();
        Ok(if sound { Exit::Fine } else { Exit::Findings })
    }

    fn matching(&self) -> Matching {
        match (self.soft, self.overlap) {
            (true, _) => Matching::Soft,
            (_, true) => Matching::Overlap,
            _ => Matching::Strict,
        }
    }
}

fn tell(what: &str, names: &[&str]) {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return;
    }
    let dots = if names.len() > SHOWN { ", …" } else { "" };
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    console::note(&format!("{} documents {what}: {shown}{dots}", names.len()));
}
