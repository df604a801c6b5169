//! Documents from the paths of the command line, with a clear sentence when there are none.

use super::exit::{Exit, Failure};
use super::{console, unwritten};
use crate::formats::{Finding, LoadReport, Severity, load_paths};
use std::path::{Path, PathBuf};

/// How many findings a command shows that is about something else.
const FINDINGS_SHOWN: usize = 20;

/// Reads the documents at these paths. Findings are told, the first ones in full.
///
/// # Errors
/// A path does not exist, or there is no readable document at any of them.
pub(super) fn load(paths: &[PathBuf]) -> Result<LoadReport, Failure> {
    need_paths(paths)?;
    let report = load_paths(paths);
    if report.loaded.is_empty() {
        let (reasons, sentence) = nothing_to_read(paths, &report);
        tell_findings(&reasons);
        return Err(Failure::new(Exit::Io, sentence));
    }
    tell(&report);
    Ok(report)
}

/// The same, of which the files alone count: says when more was decided in a review than they hold.
///
/// # Errors
/// As for [`load`].
pub(super) fn load_files(paths: &[PathBuf]) -> Result<LoadReport, Failure> {
    let report = load(paths)?;
    unwritten::tell(&report);
    Ok(report)
}

/// Tells what was found in what was read, the first findings in full.
pub(super) fn tell(report: &LoadReport) {
    tell_findings(&report.all_findings().collect::<Vec<_>>());
}

/// Whether a file lies in this folder; standard input lies in none.
pub(super) fn lies_in(source: &Path, folder: &Path) -> bool {
    if source.as_os_str() == "-" {
        return false;
    }
    let home = folder_of(source).canonicalize().ok();
    home.is_some() && home == folder.canonicalize().ok()
}

/// Whether a file is a result of an earlier run: it is the file of the results, or lies in their folder, which lies in one that is read and
/// is not itself asked for.
pub(super) fn is_earlier_result(file: &Path, out: &Path, paths: &[PathBuf]) -> bool {
    let is_asked_for = |place: &Path| {
        let place = place.canonicalize().ok();
        paths.iter().any(|path| path.canonicalize().ok() == place)
    };
    // Their names are compared first: the system is asked for no other file.
    let is_out =
        file.file_name() == out.file_name() && file.canonicalize().ok().is_some_and(|file| Some(file) == out.canonicalize().ok());
    (is_out || lies_in(file, out) && !is_asked_for(out)) && !is_asked_for(file)
}

/// The end of a sentence on what was done: how many errors were found in what was read, if any.
pub(super) fn with_errors(errors: usize) -> String {
    if errors > 0 { format!(", {errors} errors in what was read") } else { String::new() }
}

/// How many errors were found in what was read.
pub(super) fn errors<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> usize {
    findings.into_iter().filter(|finding| finding.severity == Severity::Error).count()
}

/// Whether there was no error in what was read.
pub(super) fn is_sound(report: &LoadReport) -> bool {
    !report.has_errors()
}

/// Fails when there is nothing at one of these paths. `-` is standard input.
pub(super) fn need_paths(paths: &[PathBuf]) -> Result<(), Failure> {
    match paths.iter().find(|path| path.as_os_str() != "-" && !path.exists()) {
        Some(missing) => Err(Failure::new(Exit::Io, format!("There is no file or folder {}.", missing.display()))),
        None => Ok(()),
    }
}

/// The folder that holds a file.
pub(super) fn folder_of(file: &Path) -> &Path {
    let folder = file.parent().unwrap_or(file);
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

fn tell_findings(findings: &[&Finding]) {
    for finding in findings.iter().take(FINDINGS_SHOWN) {
        console::note(&finding.to_string());
    }
    if findings.len() > FINDINGS_SHOWN {
        let more = findings.len() - FINDINGS_SHOWN;
        console::note(&format!("… and {more} more findings; `rolecall validate` shows them all."));
    }
}

/// Warnings and errors as sentences that name the file without its folder, for the review of its document.
pub(super) fn sentences(findings: &[Finding]) -> Vec<String> {
    let told = findings.iter().filter(|finding| finding.severity != Severity::Info);
    let short = |finding: &Finding| {
        let file = finding.file.file_name().map_or_else(|| finding.file.clone(), PathBuf::from);
        Finding { file, ..finding.clone() }.to_string()
    };
    told.map(short).collect()
}

/// How many findings there are and the first of them, in one line: for a screen that covers what was told before. `None` without any.
pub(super) fn summary(report: &LoadReport) -> Option<String> {
    let mut findings = report.all_findings();
    let first = findings.next()?;
    // The folder is known to whoever opened it; the status line has room for the rest.
    let name = first.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let told = first.to_string().replacen(&first.file.display().to_string(), &name, 1);
    Some(match findings.count() {
        0 => told,
        more => format!("{} findings, see `rolecall validate`: {told}", more + 1),
    })
}

/// Why there are no documents: findings worth telling, and the sentence behind them.
fn nothing_to_read<'a>(paths: &[PathBuf], report: &'a LoadReport) -> (Vec<&'a Finding>, String) {
    let named = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    // That a folder holds no documents is what the sentence says.
    let reasons: Vec<&Finding> = report.all_findings().filter(|finding| finding.code != "no-documents").collect();
    let sentence = if !reasons.is_empty() {
        format!("None of the documents in {named} could be read; the lines above say why.")
    } else if paths.iter().all(|path| is_empty_folder(path)) {
        format!(
            "{named} is an empty folder: put the abstracts there as .txt files, with or without .ann, or as .json, .jsonl, .xml, .pubtator or .nbib files."
        )
    } else {
        format!(
            "There is no document in {named}: rolecall reads .txt files, with or without .ann, and .json, .jsonl, .xml, .pubtator and .nbib files."
        )
    };
    (reasons, sentence)
}

fn is_empty_folder(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_summed_up_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "loss").unwrap();
        assert_eq!(summary(&load(&[folder.path().to_path_buf()]).unwrap()), None);
        std::fs::write(folder.path().join("a.ann"), "T1\tVar 0 9\tloss\n").unwrap();
        let one = summary(&load(&[folder.path().to_path_buf()]).unwrap()).unwrap();
        assert!(one.starts_with("a.ann:1:"), "{one}");
        std::fs::write(folder.path().join("b.txt"), b"caf\xe9").unwrap();
        let two = summary(&load(&[folder.path().to_path_buf()]).unwrap()).unwrap();
        assert!(two.starts_with("2 findings, see `rolecall validate`: b.txt"), "{two}");
    }

    fn failure(path: &Path) -> (Exit, String) {
        let failure = load(&[path.to_path_buf()]).map(|_| ()).unwrap_err();
        (failure.exit, failure.error.to_string())
    }

    #[test]
    fn each_way_of_having_no_documents_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (exit, sentence) = failure(&folder.path().join("nowhere"));
        assert!(exit == Exit::Io && sentence.starts_with("There is no file or folder"), "{sentence}");
        assert!(failure(folder.path()).1.contains("is an empty folder"));
        std::fs::write(folder.path().join("picture.png"), [0u8, 1, 2]).unwrap();
        assert!(failure(folder.path()).1.starts_with("There is no document in"));
        std::fs::write(folder.path().join("latin.txt"), b"caf\xe9").unwrap();
        assert!(failure(folder.path()).1.starts_with("None of the documents in"));
    }
}
