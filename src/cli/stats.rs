//! `rolecall stats`

mod plot;

use super::exit::{Exit, OrFail as _, Outcome};
use super::{console, input, session};
use crate::document::DocumentStatus;
use crate::review::stats::{CONFIDENCE_BINS, DocumentStats, Fate, Stats};
use std::path::{Path, PathBuf};

/// Tell what a review came to: how the proposals fared, and what it cost in time and keys.
///
/// Read from the journal of the folders, also while a review of them is open. Active time is the time between one decision and the
/// next, pauses longer than a minute counted as a minute. The accept rate is the share of the decided proposals that were taken as they were.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall stats abstracts/
  rolecall stats abstracts/ --svg plots/
  rolecall stats abstracts/ --json")]
pub(super) struct Tell {
    /// Folders or files that were reviewed.
    #[arg(required = true, value_name = "IN")]
    paths: Vec<PathBuf>,
    /// Folder to draw plots into, as SVG; it is made when it does not exist.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Print everything as JSON instead of tables.
    #[arg(long)]
    json: bool,
}

impl Tell {
    pub(super) fn run(self) -> Outcome {
        let report = input::load(&self.paths)?;
        let sound = input::is_sound(&report);
        let (session, left_out) = session::look(report)?;
        left_out.iter().for_each(|left| console::error(&format!("left out: {}", left.why)));
        let stats = Stats::of(&session);
        if self.json {
            let json = serde_json::to_string_pretty(&stats).or_fail(Exit::Io, "The statistics can't be written as JSON")?;
            console::result(&format!("{json}\n"));
        } else {
            console::result(&tables(&stats));
        }
        if let Some(folder) = &self.svg {
            draw(&stats, folder)?;
        }
        Ok(Exit::of(sound && left_out.is_empty()))
    }
}

fn draw(stats: &Stats, folder: &Path) -> Result<(), super::exit::Failure> {
    std::fs::create_dir_all(folder).or_fail(Exit::Io, format!("The folder {} can't be made", folder.display()))?;
    let by_type: Vec<_> = stats.by_type.iter().map(|(label, fate)| (label.to_string(), *fate)).collect();
    let bins: Vec<_> = stats.by_confidence.iter().enumerate().map(|(bin, fate)| (bin_name(bin), *fate)).collect();
    let pictures = [
        ("accepted-by-type.svg", plot::fates("What became of proposals, by type and role", &by_type)),
        ("accepted-by-confidence.svg", plot::fates("What became of proposals, by confidence", &bins)),
        ("seconds.svg", plot::seconds("Active seconds for each document, in the order of the work", &in_time(stats))),
    ];
    for (name, picture) in pictures {
        let file = folder.join(name);
        std::fs::write(&file, picture).or_fail(Exit::Io, format!("{} can't be written", file.display()))?;
        console::note(&format!("wrote {}", file.display()));
    }
    Ok(())
}

/// Active seconds of the documents that a person worked on, in the order in which they were begun.
fn in_time(stats: &Stats) -> Vec<(String, f64)> {
    let mut worked: Vec<&DocumentStats> = stats.documents.iter().filter(|document| document.actions > 0).collect();
    worked.sort_by_key(|document| document.period.0);
    worked.into_iter().map(|document| (document.name.clone(), document.milliseconds as f64 / 1e3)).collect()
}

fn bin_name(bin: usize) -> String {
    let edge = |bin: usize| bin as f64 / CONFIDENCE_BINS as f64;
    format!("{:.1}–{:.1}", edge(bin), edge(bin + 1))
}

fn tables(stats: &Stats) -> String {
    if stats.documents.is_empty() {
        return "Nothing was proposed or decided here yet.\n".to_owned();
    }
    let width = stats.documents.iter().map(|document| document.name.chars().count()).max().unwrap_or(0).clamp(8, 32);
    let mut out =
        format!("{:<width$} {:<9} {:>7} {:>6} {:>7} {FATES} {:>6}\n", "document", "state", "min:s", "keys", "actions", "added");
    for document in &stats.documents {
        let name: String = document.name.chars().take(width).collect();
        let seconds = document.milliseconds / 1000;
        out += &format!(
            "{name:<width$} {:<9} {:>4}:{:02} {:>6} {:>7} {} {:>6}\n",
            state(document.status),
            seconds / 60,
            seconds % 60,
            document.keys,
            document.actions,
            fate(document.proposals),
            document.added
        );
    }
    out += &totals(stats);
    out += &format!("\n{:<16} {FATES}   rate\n", "type or role");
    for (label, of) in &stats.by_type {
        out += &format!("{:<16} {} {}\n", label.as_str(), fate(*of), rate(*of));
    }
    out += &format!("\n{:<16} {FATES}   rate\n", "confidence");
    for (bin, of) in stats.by_confidence.iter().enumerate().filter(|(_, of)| **of != Fate::default()) {
        out += &format!("{:<16} {} {}\n", bin_name(bin), fate(*of), rate(*of));
    }
    out
}

const FATES: &str = "accept. correct. reject. undec.";

fn fate(of: Fate) -> String {
    format!("{:>7} {:>8} {:>7} {:>6}", of.accepted, of.corrected, of.rejected, of.undecided)
}

fn rate(of: Fate) -> String {
    of.accept_rate().map_or_else(|| "     –".to_owned(), |rate| format!("{:>4.0} %", rate * 100.0))
}

fn state(status: DocumentStatus) -> &'static str {
    match status {
        DocumentStatus::New => "new",
        DocumentStatus::InReview => "in review",
        DocumentStatus::Done => "done",
        DocumentStatus::Skipped => "skipped",
    }
}

/// Sums and, over the documents that are done, medians.
fn totals(stats: &Stats) -> String {
    let sum = |of: fn(&DocumentStats) -> u64| stats.documents.iter().map(of).sum::<u64>();
    let (seconds, keys, actions) = (sum(|it| it.milliseconds) / 1000, sum(|it| it.keys), sum(|it| it.actions));
    let per_action = |of: u64| if actions == 0 { 0.0 } else { of as f64 / actions as f64 };
    let mut out = format!(
        "\nall: {} documents, {}:{:02} min active, {keys} keys, {actions} actions: {:.1} keys and {:.1} s an action\n",
        stats.documents.len(),
        seconds / 60,
        seconds % 60,
        per_action(keys),
        per_action(seconds)
    );
    let done: Vec<&DocumentStats> = stats.documents.iter().filter(|document| document.status == DocumentStatus::Done).collect();
    let median = |of: fn(&DocumentStats) -> u64| {
        let mut values: Vec<u64> = done.iter().map(|document| of(document)).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or(0)
    };
    if !done.is_empty() {
        let (seconds, keys) = (median(|it| it.milliseconds) as f64 / 1e3, median(|it| it.keys));
        out += &format!("done: {} documents, median {seconds:.0} s and {keys} keys each\n", done.len());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: &str, status: DocumentStatus, milliseconds: u64, began: u64) -> DocumentStats {
        let proposals = Fate { accepted: 3, corrected: 1, rejected: 4, undecided: 0 };
        let period = (began, began + milliseconds);
        DocumentStats { name: name.to_owned(), status, milliseconds, keys: 20, actions: 10, period, proposals, added: 2 }
    }

    #[test]
    fn tables_say_what_was_done_and_what_it_cost() {
        let mut stats = Stats::default();
        assert!(tables(&stats).starts_with("Nothing was"));
        stats.documents = vec![document("a", DocumentStatus::Done, 65_000, 9), document("b", DocumentStatus::New, 5_000, 2)];
        stats.by_type.insert("Gene".into(), stats.documents[0].proposals);
        stats.by_confidence[9] = Fate { rejected: 2, ..Fate::default() };
        let told = tables(&stats);
        assert!(told.contains("a        done         1:05     20      10       3        1       4      0      2"), "{told}");
        assert!(told.contains("all: 2 documents, 1:10 min active, 40 keys, 20 actions: 2.0 keys and 3.5 s an action"), "{told}");
        assert!(told.contains("done: 1 documents, median 65 s and 20 keys each"), "{told}");
        assert!(told.contains("38 %") && told.contains("0.9–1.0") && told.contains("   0 %"), "{told}");
        assert_eq!(in_time(&stats), [("b".to_owned(), 5.0), ("a".to_owned(), 65.0)]);
    }
}
