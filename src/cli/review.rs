//! `rolecall review`, which is also `rolecall` without a subcommand.

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::session::{self, Resumed};
use super::threshold::Threshold;
use super::{demo, input, model};
use crate::document::Schema;
use crate::formats::{Format, LoadReport, Loaded, WriteOptions, safe_name};
use crate::nlp::{WordSplit, sentences, words};
use crate::tui::{self, Keymap, Setup, Theme};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Review abstracts on the terminal: what the model found, and what it missed.
///
/// The given folders and files are opened: brat standoff (.txt with or without .ann), BioNLP (.a1, .a2), PubAnnotation JSON and plain
/// text. Annotations of the files stay as they are; the model's are proposals until you decide on them. Every decision is kept in
/// the folder's .rolecall at once, so that nothing is lost and the next start goes on where you left. Without a path, five demo
/// abstracts are opened.
#[derive(Debug, clap::Args)]
pub(super) struct Review {
    /// Folders or files to review; the demo abstracts when there are none.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Review without a model: only what is in the files.
    #[arg(long)]
    no_model: bool,
    /// Folder of the model to use instead of the built-in one.
    #[arg(long, value_name = "DIR", conflicts_with = "no_model")]
    model: Option<PathBuf>,
    /// Folder that results are written into; without it they are written beside the texts.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Format of the results: brat, bionlp or pubannotation; without it each document keeps its own, and plain text becomes brat.
    #[arg(long)]
    format: Option<Format>,
    /// Pass over proposals that the model is less sure of than this, from 0 to 1.
    #[arg(long, value_name = "X")]
    threshold: Option<Threshold>,
}

impl Review {
    pub(super) fn run(mut self) -> Outcome {
        // Looked at first, so that a call from a script leaves no journal behind.
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            let what = "A review needs a terminal; `rolecall predict` and `rolecall export` work without one.";
            return Err(Failure::new(Exit::Usage, what));
        }
        let mut notices = Vec::new();
        if self.paths.is_empty() {
            let demo = demo::unpack()?;
            if !demo.persists {
                notices.push(format!("Your data directory can't be written: the demo lies in {}.", demo.folder.display()));
            }
            self.paths.push(demo.folder);
        }
        if let Some(folder) = &self.model {
            model::check(folder)?;
        }
        let report = input::load(&self.paths)?;
        notices.extend(input::summary(&report));
        let export = self.export(&report);
        let Resumed { mut session, journals, notices: more, .. } = session::resume(report)?;
        notices.extend(more);
        if let Some(Threshold(threshold)) = self.threshold {
            session.set_threshold(threshold);
        }
        let keymap = Keymap::built_in().or_fail(Exit::Usage, "The keys clash")?;
        let theme = Theme::detect(|variable| std::env::var(variable).ok());
        let load = (!self.no_model).then(|| model::loader(self.model));
        let words: tui::Segmenter = |text| words(text, WordSplit::default());
        let setup = Setup { session, journals, notices, keymap, theme, sentences, words, load, export };
        tui::run(setup).map_err(|error| Failure { exit: Exit::Io, error: error.into() })?;
        Ok(Exit::Fine)
    }

    /// Writes results where this command line wants them.
    fn export(&self, report: &LoadReport) -> tui::Export {
        let places: Vec<_> = report.loaded.iter().map(|loaded| self.place(loaded)).collect();
        let options = WriteOptions { with_text: true, schema: Schema::agac().ok().map(Arc::new), ..WriteOptions::default() };
        Box::new(move |session, index, now| {
            let (folder, format) = places.get(index).cloned().unwrap_or_else(|| Err("there is no such document".to_owned()))?;
            session.export(index, format, &folder, &options, now).map_err(|error| error.to_string())
        })
    }

    /// Folder and format of a document's results; an error is a sentence for the curator.
    fn place(&self, loaded: &Loaded) -> Result<(PathBuf, Format), String> {
        let own = if loaded.format == Format::Plain { Format::Brat } else { loaded.format };
        let format = self.format.unwrap_or(own);
        if let Some(out) = &self.out {
            return Ok((out.clone(), format));
        }
        let folder = input::folder_of(&loaded.source).to_path_buf();
        // Beside a JSON file, results in other files would be opened as documents of their own the next time.
        let itself = folder.join(format!("{}.json", safe_name(&loaded.document.name)));
        if loaded.format == Format::PubAnnotation
            && (format != Format::PubAnnotation || itself != beside(&folder, &loaded.source))
        {
            return Err("beside this JSON file the results would look like new documents; start with --out DIR".to_owned());
        }
        Ok((folder, format))
    }
}

/// A file by its folder's name, so that `a.json` and `./a.json` are the same.
fn beside(folder: &Path, file: &Path) -> PathBuf {
    file.file_name().map_or_else(|| file.to_path_buf(), |name| folder.join(name))
}
