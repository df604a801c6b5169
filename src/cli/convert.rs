//! `rolecall convert`

mod collected;

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::unwritten::Missing;
use super::{console, input};
use crate::document::Schema;
use crate::formats::{
    AnnotationConfs, Format, Loaded, Severity, Visit, WriteOptions, file_key, losses, visible, visit_paths, write_document,
};
use collected::Collected;
use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Write documents in another format, and say for each what that format can't hold.
///
/// What the files are in is found by their content. Each document becomes a file that bears its name; with `--out -` all go to
/// standard output, and with a file such as `--out all.jsonl` into that one. A document that can't be read or written is named and the rest goes on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall convert abstracts/ --to bioc-xml --out bioc/
  rolecall convert pubmed24n0001.xml.gz --to jsonl --out - > abstracts.jsonl
  rolecall convert bioc/ --to jsonl --out all.jsonl
  rolecall convert reviewed.jsonl --to brat --out brat/ --notes")]
pub(super) struct Convert {
    /// Folders or files to read; `-` is standard input.
    #[arg(required = true, value_name = "IN")]
    paths: Vec<PathBuf>,
    /// Format to write: brat, bionlp, pubannotation, bioc-xml, bioc-json, pubtator, jsonl or plain.
    #[arg(long, value_name = "FORMAT")]
    to: Format,
    /// Folder to write into; it is made when it does not exist. A name with the format's ending (.jsonl, .json, .xml, .pubtator) that is no
    /// folder is one file for all. `-` is standard output.
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    /// Write also what a model proposed and nobody decided on. JSON lines always hold it.
    #[arg(long)]
    proposed: bool,
    /// Write the confidence and state of every annotation as a note on it.
    #[arg(long)]
    notes: bool,
    /// Replace files that are there, whatever they hold. Without it those that hold something else stay, and are named.
    #[arg(long)]
    overwrite: bool,
}

/// A conversion under way.
struct Run<'a> {
    command: &'a Convert,
    options: WriteOptions,
    /// Where documents go behind each other, if they do.
    all: Option<Collected>,
    /// Names that were written, made safe, in lower case as some file systems take them.
    names: HashSet<String>,
    read: usize,
    written: usize,
    errors: usize,
    /// Documents with proposals that are not written.
    undecided: usize,
    missing: Missing,
    /// Nobody reads what was written any more, or writing it failed.
    cut_off: Option<io::Error>,
}

impl Convert {
    pub(super) fn run(self) -> Outcome {
        input::need_paths(&self.paths)?;
        let all = match self.out.as_path() {
            out if out.as_os_str() == "-" => Some(Collected::on_output(self.to)?),
            out if self.is_one_file() => Some(Collected::in_file(self.to, out, self.overwrite)?),
            out => {
                std::fs::create_dir_all(out).or_fail(Exit::Io, format!("The folder {} can't be made", out.display()))?;
                None
            }
        };
        let schema = Schema::agac().or_fail(Exit::Io, "The built-in schema is damaged")?;
        let options = WriteOptions {
            notes: self.notes,
            with_text: true,
            include_proposed: self.proposed,
            confs: Some(Arc::new(AnnotationConfs::new(Arc::new(schema)))),
            careful: !self.overwrite,
            stamps: None,
        };
        let mut run = Run {
            command: &self,
            options,
            all,
            names: HashSet::new(),
            read: 0,
            written: 0,
            errors: 0,
            undecided: 0,
            missing: Missing::default(),
            cut_off: None,
        };
        let _ = visit_paths(&self.paths, &mut |visit| run.visit(visit));
        if let Some(all) = run.all.take()
            && run.cut_off.is_none()
            && run.read > 0
        {
            run.cut_off = all.end().err();
        }
        let Run { read, written, errors, undecided, missing, cut_off, .. } = run;
        missing.tell();
        let failed = read - written;
        let to_output = self.out.as_os_str() == "-";
        let place = if to_output { "standard output".to_owned() } else { self.out.display().to_string() };
        console::note(&format!(
            "{written} of {read} documents written to {place}, {failed} failed, {errors} errors in what was read."
        ));
        if undecided > 0 {
            console::note(&format!("{undecided} documents hold proposals that nobody decided on; --proposed writes these too."));
        }
        // A reader that has seen enough is no failure.
        if let Some(error) = cut_off {
            let enough = error.kind() == io::ErrorKind::BrokenPipe;
            let place = if to_output { "Standard output".to_owned() } else { place };
            let failure = || Failure::new(Exit::Io, format!("{place} can't be written: {error}."));
            return if enough { Ok(Exit::Fine) } else { Err(failure()) };
        }
        if read == 0 {
            return Err(Failure::new(Exit::Io, "There is no document in what was given."));
        }
        Ok(Exit::of(failed == 0 && errors == 0))
    }

    /// Whether the output is called as a file of the format, and is no folder.
    fn is_one_file(&self) -> bool {
        let ending = self.out.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        !self.out.is_dir() && ending.is_some_and(|ending| self.to.single_file() == Some(&*ending))
    }
}

impl Run<'_> {
    fn visit(&mut self, visit: Visit) -> ControlFlow<()> {
        let Convert { out, paths, .. } = self.command;
        let is_earlier = |file: &Path| input::is_earlier_result(file, out, paths);
        match visit {
            Visit::Finding(finding) if is_earlier(&finding.file) => {}
            Visit::Document(loaded) if is_earlier(&loaded.source) => {}
            Visit::Finding(finding) => {
                self.errors += usize::from(finding.severity == Severity::Error);
                console::note(&finding.to_string());
            }
            Visit::Document(loaded) => {
                self.read += 1;
                self.missing.saw(&loaded.source, &loaded.document);
                for finding in loaded.findings.iter().filter(|finding| finding.severity > Severity::Info) {
                    self.errors += usize::from(finding.severity == Severity::Error);
                    console::note(&finding.to_string());
                }
                let name = visible(&loaded.document.name).into_owned();
                match self.document(&loaded) {
                    Ok(()) => self.written += 1,
                    Err(failure) => console::error(&format!("{name}: {}", failure.sentence())),
                }
            }
        }
        if self.cut_off.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn document(&mut self, loaded: &Loaded) -> Result<(), Failure> {
        let document = &loaded.document;
        let lost = losses(document, self.command.to, &self.options);
        match &mut self.all {
            Some(all) => self.cut_off = all.add(document, &self.options)?.err(),
            None => self.write_file(loaded)?,
        }
        let writes_proposals = self.options.include_proposed || self.command.to == Format::JsonLines;
        self.undecided += usize::from(!writes_proposals && document.undecided() > 0);
        if !lost.is_empty() {
            let name = visible(&document.name);
            console::note(&format!("{name}: {} does not hold {}", self.command.to, lost.join(", ")));
        }
        Ok(())
    }

    fn write_file(&mut self, loaded: &Loaded) -> Result<(), Failure> {
        if input::lies_in(&loaded.source, &self.command.out) {
            let sentence = "the results would stand beside what was read, or replace it; choose another --out";
            return Err(Failure::new(Exit::Usage, sentence));
        }
        if !self.names.insert(file_key(&loaded.document.name)) {
            return Err(Failure::new(Exit::Io, "another document of the same name was already written to this folder"));
        }
        write_document(&loaded.document, self.command.to, &self.command.out, &self.options)?;
        Ok(())
    }
}
