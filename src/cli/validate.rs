//! `rolecall validate`

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::{console, input};
use crate::formats::{Finding, Repaired, Severity, Visit, repair, visible, visit_paths};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Read files and say all that is wrong with them, each finding with its file, line and column, a code, and often a way forward.
///
/// The exit code is 1 when anything is wrong or strange. Nothing is written, but with --fix whole copies of the files go into a new
/// folder, in which offsets that count something else than code points (UTF-16 units, bytes, characters without the carriage returns
/// or without the byte order mark) are repaired; what can't be repaired for certain stays as it is, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall validate abstracts/
  rolecall validate abstracts/ --json | jq '.findings[] | select(.severity == \"error\")'
  rolecall validate abstracts/ --fix --out repaired/")]
pub(super) struct Validate {
    /// Folders or files to read; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    /// Write copies with repaired offsets into the folder that --out names.
    #[arg(long, requires = "out")]
    fix: bool,
    /// Folder for the repaired copies; it must not hold files of their names.
    #[arg(long, value_name = "DIR", requires = "fix")]
    out: Option<PathBuf>,
}

impl Validate {
    pub(super) fn run(self) -> Outcome {
        input::need_paths(&self.paths)?;
        if self.fix && self.paths.iter().any(|path| path.as_os_str() == "-") {
            let sentence = "--fix makes copies of files, and standard input is none; put it into a file.";
            return Err(Failure::new(Exit::Usage, sentence));
        }
        let (documents, findings) = read(&self.paths);
        let Some(out) = self.out.as_ref().filter(|_| self.fix) else {
            self.tell(documents, &findings, &[]);
            return Ok(exit(&findings));
        };
        std::fs::create_dir_all(out).or_fail(Exit::Io, format!("The folder {} can't be made", out.display()))?;
        let repaired = repair(&self.paths, &findings, out).or_fail(Exit::Io, "The repaired files can't be written")?;
        // What is in the new folder is what counts.
        let files: Vec<PathBuf> = repaired.iter().map(|repaired| repaired.written.clone()).collect();
        let (documents, left) = read(&files);
        self.tell(documents, &left, &repaired);
        Ok(exit(&left))
    }

    fn tell(&self, documents: usize, findings: &[Finding], repaired: &[Repaired]) {
        if self.json {
            let findings: Vec<Value> = findings.iter().map(finding_json).collect();
            let repaired: Vec<Value> = repaired.iter().filter(|repaired| repaired.lines > 0).map(repaired_json).collect();
            let mut whole = json!({ "documents": documents, "findings": findings });
            if let (true, Some(whole)) = (self.fix, whole.as_object_mut()) {
                whole.insert("repaired".to_owned(), repaired.into());
            }
            console::result(&format!("{whole:#}\n"));
            return;
        }
        for Repaired { source, written, lines, .. } in repaired.iter().filter(|repaired| repaired.lines > 0) {
            let (source, written) = (source.to_string_lossy(), written.to_string_lossy());
            console::result(&format!("{}: {lines} lines repaired in {}\n", visible(&source), visible(&written)));
        }
        for finding in findings {
            console::result(&format!("{}\n", finding.in_full()));
        }
        let of = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings, remarks) = (of(Severity::Error), of(Severity::Warning), of(Severity::Info));
        console::note(&format!("{documents} documents read: {errors} errors, {warnings} warnings, {remarks} remarks."));
        if !findings.is_empty() && !self.fix {
            let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
            findings.iter().for_each(|finding| *codes.entry(finding.code).or_default() += 1);
            let codes: Vec<String> = codes.into_iter().map(|(code, count)| format!("{code} {count}")).collect();
            console::note(&format!("By code: {}.", codes.join(", ")));
        }
    }
}

fn read(paths: &[PathBuf]) -> (usize, Vec<Finding>) {
    let (mut documents, mut findings) = (0, Vec::new());
    let _ = visit_paths(paths, &mut |visit| {
        match visit {
            Visit::Document(mut loaded) => {
                documents += 1;
                findings.append(&mut loaded.findings);
            }
            Visit::Finding(finding) => findings.push(finding),
        }
        ControlFlow::Continue(())
    });
    (documents, findings)
}

fn exit(findings: &[Finding]) -> Exit {
    let sound = findings.iter().all(|finding| finding.severity == Severity::Info);
    Exit::of(sound)
}

fn finding_json(finding: &Finding) -> Value {
    let Finding { file, line, column, severity, code, message, hint, repair } = finding;
    json!({
        "file": file.to_string_lossy(), "line": line, "column": column, "severity": severity.name(), "code": code,
        "message": message, "hint": hint, "repair": repair,
    })
}

fn repaired_json(repaired: &Repaired) -> Value {
    json!({ "file": repaired.source.to_string_lossy(), "written": repaired.written.to_string_lossy(), "lines": repaired.lines })
}
