//! `rolecall agree`

use super::console;
use super::exit::{Exit, Outcome};
use super::pair::{Annotators, Pair};
use crate::evaluate::{Agreement, Pairing, agreement_json, render_agreement};

/// Say how far two annotators agree: F1 of spans and roles, strict and relaxed, per type; Cohen's kappa of the types; a table of confusions.
///
/// Strict is the same type and the same characters, relaxed the same type and at least one character in common; a role needs both
/// its ends. Kappa is over the spans that both marked to the character. Documents are paired by name; those that only one has are
/// named and left out. Proposals that nobody decided on and rejected ones do not count. The exit code is 1 when a document was left
/// out or something was wrong with what was read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall agree anna/ ben/
  rolecall agree anna/ ben.jsonl --json")]
pub(super) struct Agree {
    #[command(flatten)]
    annotators: Annotators,
    /// Print the numbers as JSON instead of tables.
    #[arg(long)]
    json: bool,
}

impl Agree {
    pub(super) fn run(self) -> Outcome {
        let pair = Pair::load(&self.annotators, None)?;
        let (pairs, left_out) = pair.common();
        let (first, second) = pairs.iter().map(|(first, second)| (*first, *second)).unzip::<_, _, Vec<_>, Vec<_>>();
        let agreement = Agreement::of(&Pairing::by_name(first, second));
        let [first, second] = &pair.names;
        let tables = || render_agreement(&agreement, [first, second]);
        console::result(&if self.json { format!("{:#}\n", agreement_json(&agreement)) } else { tables() });
        Ok(Exit::of(left_out == 0 && pair.is_sound()))
    }
}
