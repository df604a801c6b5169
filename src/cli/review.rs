//! `rolecall review`, which is also `rolecall` without a subcommand.

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::session::{self, Resumed};
use super::threshold::Threshold;
use super::{console, demo, input, model, settings, threads};
use crate::document::Schema;
use crate::formats::{AnnotationConfs, Format, LoadReport, Loaded, Stamps, WriteOptions, file_key, safe_name};
use crate::model::engine::Precision;
use crate::nlp::{WordSplit, sentences, words};
use crate::tui::{self, Setup};
use std::collections::HashSet;
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
    /// Format of the results, as for `rolecall convert --to`; without it each document keeps its own, and plain text becomes brat.
    #[arg(long)]
    format: Option<Format>,
    /// Pass over proposals that the model is less sure of than this, from 0 to 1.
    #[arg(long, value_name = "X")]
    threshold: Option<Threshold>,
    /// Types and roles: a TOML schema or brat's annotation.conf. Without it, schema.toml or annotation.conf of the folder count, else
    /// those of the AGAC corpus. The model knows AGAC's types only; with others the review goes without it.
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Theme: dark, light, high-contrast, colour-blind, 16-colour, or the name of a file in themes/ in your config directory. Without
    /// it, the terminal decides, or a line such as theme = "light" in your config.toml. NO_COLOR is always respected.
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// Set the recorded decisions on this document aside, in a file of their own, and begin it anew from its files: the way forward
    /// when it changed since it was reviewed. May be given several times.
    #[arg(long, value_name = "NAME")]
    set_aside: Vec<String>,
    /// In what numbers the model computes: f32, or int8 (8-bit integers).
    #[arg(long, default_value_t, conflicts_with = "no_model")]
    precision: Precision,
}

impl Review {
    pub(super) fn run(self) -> Outcome {
        let settings = settings::folder();
        let keymap = settings::keymap(settings.as_deref())?;
        let theme = settings::theme(self.theme.as_deref(), settings.as_deref(), |variable| std::env::var(variable).ok())?;
        let (report, mut notices) = self.open()?;
        if let Some(folder) = &self.model {
            model::check(folder)?;
        }
        notices.extend(input::summary(&report));
        let findings: Vec<Vec<String>> = report.loaded.iter().map(|loaded| input::sentences(&loaded.findings)).collect();
        // Some file systems take upper and lower case for the same; beside texts that are told apart, results are too.
        let name = |name: &str| if self.out.is_some() { file_key(name) } else { safe_name(name) };
        let place = |loaded: &Loaded| (self.place(loaded), name(&loaded.document.name));
        let places: Vec<_> = report.loaded.iter().map(place).collect();
        let stamps = Stamps::of(&report.loaded);
        let resumed = session::resume_with(report, &self.set_aside, self.schema.as_deref())?;
        let Resumed { mut session, journals, notices: more, left_out, schema } = resumed;
        // The screen covers these; they are there in full once it is gone.
        left_out.iter().for_each(|left| console::note(&format!("left out: {}", left.why)));
        let notices: Vec<String> = session::summary(&left_out).into_iter().chain(notices).chain(more).collect();
        let agac = Schema::agac().or_fail(Exit::Io, "The built-in schema is damaged")?;
        let knows = schema.covers(&agac) || self.model.is_some();
        let stranger = format!("the built-in model does not know the types of \"{}\": this review goes without it", schema.name);
        let notices = Some(stranger).filter(|_| !knows && !self.no_model).into_iter().chain(notices).collect();
        let left_out = |index| left_out.iter().any(|left| left.index == index);
        let findings = findings.into_iter().enumerate().filter(|(index, _)| !left_out(*index)).map(|(_, it)| it).collect();
        let open = places.into_iter().enumerate().filter(|(index, _)| !left_out(*index)).map(|(_, place)| place);
        let export = export(schema, apart(open), stamps);
        if let Some(Threshold(threshold)) = self.threshold {
            session.filter_mut().set_threshold(threshold);
        }
        threads::leave_one_free()?;
        let load = (!self.no_model && knows).then(|| model::loader(self.model, self.precision));
        let words: tui::Segmenter = |text| words(text, WordSplit::default());
        let setup = Setup { session, journals, notices, findings, keymap, theme, sentences, words, load, export };
        tui::run(setup).map_err(|error| Failure { exit: Exit::Io, error: error.into() })?;
        Ok(Exit::Fine)
    }

    /// Reads the documents and looks for a terminal, before anything is written. Also returns what a person should know.
    fn open(&self) -> Result<(LoadReport, Vec<String>), Failure> {
        if !self.paths.is_empty() {
            let report = input::load(&self.paths)?;
            need_terminal()?;
            return Ok((report, Vec::new()));
        }
        need_terminal()?;
        let demo = demo::unpack()?;
        let elsewhere = format!("Your data directory can't be written: the demo lies in {}.", demo.folder.display());
        let notices = if demo.persists { Vec::new() } else { vec![elsewhere] };
        Ok((input::load(&[demo.folder])?, notices))
    }

    /// Folder and format of a document's results; an error is a sentence for the curator.
    fn place(&self, loaded: &Loaded) -> Place {
        let own = loaded.format.of_results();
        let format = self.format.unwrap_or(own);
        if let Some(out) = &self.out {
            return Ok((out.clone(), format));
        }
        let folder = input::folder_of(&loaded.source).to_path_buf();
        if looks_new(loaded, &folder, format) {
            return Err("beside this file the results would look like new documents; start with --out DIR".to_owned());
        }
        Ok((folder, format))
    }
}

/// Whether results in this format, written beside the file of a document, would be opened as a document of their own the next time:
/// they hold the text too.
fn looks_new(loaded: &Loaded, folder: &Path, format: Format) -> bool {
    match loaded.format.single_file() {
        Some(ending) => {
            let itself = folder.join(format!("{}.{ending}", safe_name(&loaded.document.name)));
            format != loaded.format || itself != beside(folder, &loaded.source)
        }
        // JSON beside a text of the same name is passed over when a folder is opened.
        None => format.single_file().is_some_and(|ending| ending != "json"),
    }
}

/// Where the results of a document go; an error is a sentence for the curator.
type Place = Result<(PathBuf, Format), String>;

/// The places of the results of documents with these names: of those of one name that go to one folder, only the first has one.
fn apart(places: impl Iterator<Item = (Place, String)>) -> Vec<Place> {
    let mut taken = HashSet::new();
    let alone = |(place, name): (Place, String)| {
        let (folder, format) = place?;
        if taken.insert((folder.clone(), format, name)) {
            return Ok((folder, format));
        }
        Err("the results of another document of the same name go to this folder; review it alone, with another --out".to_owned())
    };
    places.map(alone).collect()
}

/// Writes the results of the documents of a session to these places.
fn export(schema: Arc<Schema>, places: Vec<Place>, stamps: Stamps) -> tui::Export {
    let (confs, stamps) = (Some(Arc::new(AnnotationConfs::new(schema))), Some(Arc::new(stamps)));
    let options = WriteOptions { with_text: true, confs, stamps, careful: true, ..WriteOptions::default() };
    Box::new(move |session, index, now| {
        let (folder, format) = places.get(index).cloned().unwrap_or_else(|| Err("there is no such document".to_owned()))?;
        session.export(index, format, &folder, &options, now).map_err(|error| error.to_string())
    })
}

fn need_terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    let what = "A review needs a terminal; `rolecall predict` and `rolecall export` work without one.";
    Err(Failure::new(Exit::Usage, what))
}

/// A file by its folder's name, so that `a.json` and `./a.json` are the same.
fn beside(folder: &Path, file: &Path) -> PathBuf {
    file.file_name().map_or_else(|| file.to_path_buf(), |name| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::load_paths;
    use std::fs;

    #[test]
    fn results_that_would_be_opened_as_documents_of_their_own_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let looks_new = |name: &str, content: &str, format: Format| {
            let file = folder.path().join(name);
            fs::write(&file, content).unwrap();
            let loaded = load_paths(std::slice::from_ref(&file)).loaded.pop().unwrap();
            fs::remove_file(file).unwrap();
            super::looks_new(&loaded, folder.path(), format)
        };
        for (format, new) in [
            (Format::Brat, false),
            (Format::Bionlp, false),
            (Format::PubAnnotation, false),
            (Format::BiocJson, false),
            (Format::JsonLines, true),
            (Format::BiocXml, true),
            (Format::PubTator, true),
        ] {
            assert_eq!(looks_new("a.txt", "loss", format), new, "{format}");
        }
        let line = "{\"rolecall\":1,\"name\":\"a\",\"text\":\"loss\"}\n";
        assert!(!looks_new("a.jsonl", line, Format::JsonLines));
        assert!(looks_new("b.jsonl", line, Format::JsonLines) && looks_new("a.jsonl", line, Format::Brat));
    }

    #[test]
    fn results_of_one_name_go_to_one_folder_once() {
        let place = |folder: &str, format: Format, name: &str| (Ok((PathBuf::from(folder), format)), name.to_owned());
        let refused = (Err("beside this file".to_owned()), "a".to_owned());
        let asked = [
            place("out", Format::Brat, "a"),
            place("out", Format::Brat, "b"),
            place("out", Format::Brat, "a"),
            refused,
            place("out", Format::PubAnnotation, "a"),
            place("other", Format::Brat, "a"),
        ];
        let places = apart(asked.into_iter());
        assert_eq!(places.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, false, true, true]);
        assert!(places[2].as_ref().is_err_and(|why| why.contains("of the same name")));
        assert_eq!(places[3], Err("beside this file".to_owned()));
    }
}
