//! `rolecall diff`

use super::console;
use super::exit::{Exit, Outcome};
use super::pair::{Annotators, Pair};
use crate::evaluate::{Difference, differences};
use crate::formats::visible;
use serde_json::{Value, json};

/// List what two annotators say differently, document by document: `<` only the first, `>` only the second, `!` another type or edge.
///
/// Documents are paired by name; those that only one has are named and left out. The exit code is 1 when anything differs, and when
/// something was wrong with what was read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  rolecall diff anna/ ben/")]
pub(super) struct Diff {
    #[command(flatten)]
    annotators: Annotators,
    /// Print the differences as JSON.
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(super) fn run(self) -> Outcome {
        let pair = Pair::load(&self.annotators, None)?;
        let (pairs, left_out) = pair.common();
        let (mut count, mut documents, mut values) = (0, 0, Vec::new());
        for (first, second) in &pairs {
            let found = differences(first, second);
            count += found.len();
            documents += usize::from(!found.is_empty());
            if self.json {
                values.extend(found.iter().map(|difference| value(&first.name, difference)));
            } else if !found.is_empty() {
                let lines: String = found.iter().map(|difference| format!("  {}\n", visible(&difference.to_string()))).collect();
                console::result(&format!("{}\n{lines}", visible(&first.name)));
            }
        }
        if self.json {
            console::result(&format!("{:#}\n", Value::Array(values)));
        }
        let [first, second] = &pair.names;
        console::note(&format!("{count} differences in {documents} of {} documents (< {first}, > {second}).", pairs.len()));
        Ok(Exit::of(count == 0 && left_out == 0 && pair.is_sound()))
    }
}

fn value(document: &str, difference: &Difference) -> Value {
    match difference {
        Difference::OnlyOne { who, what } => json!({ "document": document, "kind": "only", "who": who + 1, "what": what }),
        Difference::Type { what, labels: [first, second] } => {
            json!({ "document": document, "kind": "type", "what": what, "first": first, "second": second })
        }
        Difference::Edges { label, spans: [first, second] } => {
            json!({ "document": document, "kind": "edges", "label": label, "first": first, "second": second })
        }
    }
}
