//! Writing into folders that were made for it: what is written, what is refused, what is left alone.

use super::*;
use crate::document::{AnnotationId, Entity, Label, Origin, Relation, Schema, Status};
use crate::formats::{WriteMany, load_paths};
use crate::text::{CharSpan, SourceText};
use std::collections::BTreeMap;
use tempfile::TempDir;

fn entity(id: &str, label: &str, span: (u32, u32), origin: Origin, status: Status) -> (AnnotationId, Entity) {
    let spans = vec![CharSpan::of_chars(span.0, span.1).unwrap()];
    (id.into(), Entity { id: id.into(), label: label.into(), spans, origin, status })
}

fn relation(id: &str, subject: &str, object: &str, status: Status) -> (AnnotationId, Relation) {
    let (role, origin) = (Label::from("ThemeOf"), Origin::Human);
    let (subject, object) = (subject.into(), object.into());
    (id.into(), Relation { id: id.into(), role, subject, object, argument_names: None, origin, status })
}

/// Two entities that stand, one that is proposed, one that is rejected, and relations between them.
fn document() -> Document {
    let mut document = Document::new("one", SourceText::new("Loss of p53 in mice.\n"));
    let model = |confidence| Origin::Model { run: "agac".into(), confidence };
    document.entities.extend([
        entity("T1", "Reg", (0, 4), Origin::Given, Status::Accepted),
        entity("T2", "Gene", (8, 11), model(0.9312), Status::Corrected),
        entity("T3", "Disease", (15, 19), model(0.4), Status::Proposed),
        entity("T4", "Disease", (12, 14), model(0.2), Status::Rejected),
    ]);
    document.relations.extend([
        relation("R1", "T2", "T1", Status::Accepted),
        relation("R2", "T3", "T1", Status::Accepted),
        relation("R3", "T4", "T1", Status::Accepted),
        relation("R4", "T2", "T1", Status::Rejected),
    ]);
    document
}

fn files(folder: &TempDir) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read_to_string(entry.path()).unwrap())).collect()
}

fn written(format: Format, options: &WriteOptions) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = write_document(&document(), format, folder.path(), options).unwrap();
    let files = files(&folder);
    paths.sort();
    let names: Vec<String> = paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, files.keys().cloned().collect::<Vec<_>>());
    files
}

#[test]
fn only_what_stands_is_written_and_only_relations_between_what_stands() {
    let files = written(Format::Brat, &WriteOptions::default());
    assert_eq!(files["one.ann"], "T1\tReg 0 4\tLoss\nT2\tGene 8 11\tp53\nR1\tThemeOf Arg1:T2 Arg2:T1\n");
    assert_eq!(files.len(), 1);
    let files = written(Format::Bionlp, &WriteOptions::default());
    assert_eq!(files["one.a1"], "T1\tReg 0 4\tLoss\n");
    assert_eq!(files["one.a2"], "T2\tGene 8 11\tp53\nR1\tThemeOf Arg1:T2 Arg2:T1\n");
    let files = written(Format::PubAnnotation, &WriteOptions::default());
    let json: serde_json::Value = serde_json::from_str(&files["one.json"]).unwrap();
    assert_eq!((json["denotations"].as_array().unwrap().len(), json["relations"].as_array().unwrap().len()), (2, 1));
    assert!(written(Format::Plain, &WriteOptions::default()).contains_key("one.txt"));
}

fn confs() -> Arc<AnnotationConfs> {
    Arc::new(AnnotationConfs::new(Arc::new(Schema::agac().unwrap())))
}

#[test]
fn a_configuration_knows_the_types_of_all_documents_by_the_names_in_their_files() {
    let labelled = |name: &str, label: &str| {
        let mut document = document();
        document.name = name.to_owned();
        document.entities[0].label = label.into();
        document
    };
    let options = WriteOptions { with_text: true, confs: Some(confs()), ..WriteOptions::default() };
    let folder = tempfile::tempdir().unwrap();
    write_document(&labelled("one", "Cell Line"), Format::Brat, folder.path(), &options).unwrap();
    let mut many = WriteMany::new(folder.path(), Format::Brat, options).unwrap();
    many.write(&labelled("two", "Tissue\nPlant")).unwrap();
    let configuration = files(&folder)["annotation.conf"].clone();
    assert!(configuration.contains("\nCell_Line\nTissue_Plant\n\n[relations]"), "{configuration}");
    let read = Schema::from_brat(&configuration, None);
    assert!(read.is_ok(), "{read:?}");
    drop(many);
}

#[test]
fn proposals_notes_text_and_configuration_come_on_request() {
    let confs = Some(confs());
    let options = WriteOptions { notes: true, with_text: true, include_proposed: true, confs, ..WriteOptions::default() };
    let files = written(Format::Brat, &options);
    assert_eq!(
        files["one.ann"],
        "T1\tReg 0 4\tLoss\nT2\tGene 8 11\tp53\nT3\tDisease 15 19\tmice\nR1\tThemeOf Arg1:T2 Arg2:T1\nR2\tThemeOf Arg1:T3 Arg2:T1\n\
         #1\tAnnotatorNotes T2\tmodel=agac confidence=0.931 status=corrected\n\
         #2\tAnnotatorNotes T3\tmodel=agac confidence=0.400 status=proposed\n\
         #3\tAnnotatorNotes R1\tadded status=accepted\n#4\tAnnotatorNotes R2\tadded status=accepted\n"
    );
    assert_eq!(files["one.txt"], "Loss of p53 in mice.\n");
    let configuration = &files["annotation.conf"];
    assert!(
        configuration.contains("ThemeOf\tArg1:MPA|CPA|Disease|Pathway|Interaction, Arg2:Reg|PosReg|NegReg\n"),
        "{configuration}"
    );
    let json: serde_json::Value = serde_json::from_str(&written(Format::PubAnnotation, &options)["one.json"]).unwrap();
    assert_eq!(json["attributes"][0]["obj"], "model=agac confidence=0.931 status=corrected");
}

#[test]
fn a_text_or_configuration_that_is_there_is_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let options = WriteOptions { with_text: true, confs: Some(confs()), ..WriteOptions::default() };
    fs::write(folder.path().join("annotation.conf"), "mine").unwrap();
    fs::write(folder.path().join("one.txt"), document().text.as_str()).unwrap();
    let before = fs::metadata(folder.path().join("one.txt")).unwrap().modified().unwrap();
    assert_eq!(write_document(&document(), Format::Brat, folder.path(), &options).unwrap().len(), 1);
    assert_eq!(files(&folder)["annotation.conf"], "mine");
    assert_eq!(fs::metadata(folder.path().join("one.txt")).unwrap().modified().unwrap(), before);
    fs::write(folder.path().join("one.txt"), "Another text").unwrap();
    let before = files(&folder);
    let error = write_document(&document(), Format::Brat, folder.path(), &options).unwrap_err();
    assert!(matches!(error, WriteError::OtherText(_)), "{error}");
    assert_eq!(files(&folder), before);
}

#[test]
fn what_was_written_loads_and_is_written_again_the_same() {
    for format in [Format::Brat, Format::Bionlp, Format::PubAnnotation] {
        let folder = tempfile::tempdir().unwrap();
        let options = WriteOptions { with_text: format != Format::PubAnnotation, ..WriteOptions::default() };
        write_document(&document(), format, folder.path(), &options).unwrap();
        let report = load_paths(&[folder.path().to_path_buf()]);
        assert_eq!(report.all_findings().count(), 0, "{format}");
        let loaded = &report.loaded[0];
        assert_eq!((loaded.format, loaded.document.entities.len(), loaded.document.relations.len()), (format, 2, 1));
        let before = files(&folder);
        write_document(&loaded.document, format, folder.path(), &options).unwrap();
        assert_eq!(files(&folder), before, "{format}");
    }
}

#[test]
fn ids_and_types_that_a_standoff_line_can_not_hold_are_replaced() {
    let mut document = Document::new("../up", SourceText::new("Loss of p53\n in mice"));
    let (given, accepted) = (Origin::Given, Status::Accepted);
    document.entities.extend([
        entity("E1", "gene or protein", (8, 11), given.clone(), accepted),
        entity("T1", "Reg", (0, 4), given.clone(), accepted),
        entity("urn:x 1", "Var", (5, 15), given, accepted),
    ]);
    document.relations.extend([relation("17", "E1", "T1", accepted)]);
    let folder = tempfile::tempdir().unwrap();
    let paths = write_document(&document, Format::Brat, folder.path(), &WriteOptions::default()).unwrap();
    assert_eq!(
        fs::read_to_string(&paths[0]).unwrap(),
        "T2\tgene_or_protein 8 11\tp53\nT1\tReg 0 4\tLoss\nT3\tVar 5 11;12 15\tof p53  in\nR1\tThemeOf Arg1:T2 Arg2:T1\n"
    );
    assert_eq!(paths[0].parent(), Some(folder.path()));
}

#[test]
fn a_mention_that_would_not_read_back_stops_the_file() {
    let mut document = document();
    // Beyond the text: the commands refuse to make such a span, a damaged journal could.
    document.entities["T2"].spans = vec![CharSpan::of_chars(18, 400).unwrap()];
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Brat, Format::Bionlp, Format::PubAnnotation] {
        let error = write_document(&document, format, folder.path(), &WriteOptions::default()).unwrap_err();
        assert!(matches!(&error, WriteError::NotReadBack { id, .. } if id == "T2" || id == "R1"), "{error}");
    }
    assert!(files(&folder).is_empty());
}

#[test]
fn lines_that_make_sense_again_do_not_stop_the_file() {
    let annotations = "T1\tReg 0 4\tLoss\nT1\tGene 8 11\tp53\nX\n";
    let text = SourceText::new("Loss of p53");
    let (mut document, _) = brat::read("d", text, Path::new("d.ann"), annotations);
    document.entities["T1"].status = Status::Rejected;
    let folder = tempfile::tempdir().unwrap();
    let paths = write_document(&document, Format::Brat, folder.path(), &WriteOptions::default()).unwrap();
    assert_eq!(fs::read_to_string(&paths[0]).unwrap(), "T1\tGene 8 11\tp53\nX\n");
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_folder_and_refused_when_they_lead_out() {
    use std::os::unix::fs::symlink;
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let outside = other.path().join("precious");
    fs::write(&outside, "precious").unwrap();
    let link = folder.path().join("one.ann");
    for to in [outside.as_path(), Path::new("/nonexistent/x")] {
        symlink(to, &link).unwrap();
        let error = write_document(&document(), Format::Brat, folder.path(), &WriteOptions::default()).unwrap_err();
        assert!(matches!(error, WriteError::LeavesTarget(_)), "{error}");
        fs::remove_file(&link).unwrap();
    }
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
    fs::write(folder.path().join("real.ann"), "").unwrap();
    symlink("real.ann", &link).unwrap();
    write_document(&document(), Format::Brat, folder.path(), &WriteOptions::default()).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(folder.path().join("real.ann")).unwrap().starts_with("T1\t"));
}

#[test]
fn what_a_format_can_not_hold_is_listed() {
    let annotations = "T1\tReg 0 4\tLoss\nE1\tReg:T1\n*\tEquiv T1 E1\n";
    let (document, _) = brat::read("d", SourceText::new("Loss of p53"), Path::new("d.ann"), annotations);
    let lost = |format| crate::formats::losses(&document, format, &WriteOptions::default());
    assert_eq!(lost(Format::PubAnnotation), ["events: 1", "equivalences: 1"]);
    assert_eq!(lost(Format::BiocXml), ["equivalences: 1"]);
    for lossless in [Format::Brat, Format::Bionlp, Format::JsonLines] {
        assert!(lost(lossless).is_empty());
    }
}

#[test]
fn a_file_that_another_program_changed_since_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    write_document(&document(), Format::Brat, folder.path(), &WriteOptions { with_text: true, ..WriteOptions::default() })
        .unwrap();
    let loaded = crate::formats::load_paths(&[folder.path().to_path_buf()]).loaded;
    let options = WriteOptions { stamps: Some(Arc::new(Stamps::of(&loaded))), ..WriteOptions::default() };
    let mut changed = document();
    changed.entities[0].label = Label::from("Changed");
    // What we wrote ourselves may be written again.
    for label in ["One", "Two"] {
        changed.entities[0].label = Label::from(label);
        write_document(&changed, Format::Brat, folder.path(), &options).unwrap();
    }
    let file = folder.path().join("one.ann");
    fs::write(&file, "# theirs\n").unwrap();
    let error = write_document(&changed, Format::Brat, folder.path(), &options).unwrap_err();
    assert!(matches!(&error, WriteError::Changed(_)) && error.to_string().contains("changed by another program"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "# theirs\n");
    fs::remove_file(&file).unwrap();
    write_document(&changed, Format::Brat, folder.path(), &options).unwrap();
}

#[test]
fn what_another_program_writes_right_behind_the_reading_is_not_taken_for_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let own = [(Format::Brat, "one.ann"), (Format::PubAnnotation, "one.json")];
    for (format, name) in own {
        write_document(&document(), format, folder.path(), &WriteOptions { with_text: true, ..WriteOptions::default() }).unwrap();
        let file = folder.path().join(name);
        let loaded = crate::formats::load_paths(std::slice::from_ref(&file)).loaded;
        assert_eq!(loaded.len(), 1);
        let theirs = fs::read_to_string(&file).unwrap() + "\n";
        fs::write(&file, &theirs).unwrap();
        let options = WriteOptions { stamps: Some(Arc::new(Stamps::of(&loaded))), ..WriteOptions::default() };
        let error = write_document(&document(), format, folder.path(), &options).unwrap_err();
        assert!(matches!(error, WriteError::Changed(_)), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), theirs);
    }
}

#[test]
fn a_collection_is_not_replaced_by_one_of_its_documents() {
    let folder = tempfile::tempdir().unwrap();
    for (format, name) in
        [(Format::JsonLines, "one.jsonl"), (Format::PubAnnotation, "one.json"), (Format::PubTator, "one.pubtator")]
    {
        let file = folder.path().join(name);
        let all =
            if format == Format::PubTator { "1|t|x\n1|a|\n\n2|t|y\n2|a|\n" } else { "{\"text\":\"x\"}\n{\"text\":\"y\"}\n" };
        for content in [all, "something else"] {
            fs::write(&file, content).unwrap();
            let error = write_document(&document(), format, folder.path(), &WriteOptions::default()).unwrap_err();
            assert!(matches!(error, WriteError::OtherDocuments(_)), "{error}");
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
        fs::remove_file(&file).unwrap();
        for _ in 0..2 {
            write_document(&document(), format, folder.path(), &WriteOptions::default()).unwrap();
        }
    }
}

#[test]
fn a_careful_writer_replaces_nothing_that_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.ann");
    let careful = WriteOptions { with_text: true, careful: true, ..WriteOptions::default() };
    let write = |options: &WriteOptions| write_document(&document(), Format::Brat, folder.path(), options);
    fs::write(&file, "T9\tGene 0 3\tp53\n").unwrap();
    assert!(matches!(write(&careful), Err(WriteError::Holds(path)) if path == file));
    assert!(!folder.path().join("one.txt").exists(), "nothing at all is written");
    let known = WriteOptions { stamps: Some(Arc::default()), ..careful.clone() };
    let stamps = known.stamps.clone().unwrap();
    assert!(matches!(write(&known), Err(WriteError::Holds(_))));
    stamps.set(&file, &fs::read(&file).unwrap());
    write(&known).unwrap();
    let written = fs::read(&file).unwrap();
    write(&careful).unwrap();
    assert_eq!(fs::read(&file).unwrap(), written, "the same once more is no replacing");
    fs::write(&file, "").unwrap();
    write(&careful).unwrap();
    assert_eq!(fs::read(&file).unwrap(), written, "nor is an empty file");
}
