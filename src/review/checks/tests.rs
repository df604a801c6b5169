use super::*;
use crate::review::OpenDocument;
use crate::review::dsl::{segmentation, sketch};
use std::path::PathBuf;
use std::sync::Arc;

fn session(lines: &[&str]) -> Session {
    let open = |(index, line): (usize, &&str)| {
        let mut document = sketch(line).document;
        document.name = format!("d{index}");
        OpenDocument { document, home: PathBuf::from("pile") }
    };
    Session::new(lines.iter().enumerate().map(open).collect(), Arc::new(Schema::agac().unwrap()), "curator")
}

/// What is noticed in the first of these documents.
fn noticed(lines: &[&str], missing_mentions: bool) -> Vec<String> {
    let session = session(lines);
    let mut elsewhere = WordTypes::default();
    elsewhere.update(&session);
    let document = session.get(0).unwrap().document();
    let segmentation = segmentation(&document.text);
    let schema = session.schema();
    let checked =
        Checked { document, schema, segmentation: &segmentation, elsewhere: &elsewhere, findings: &[], missing_mentions };
    checks(&checked).into_iter().map(|check| check.message).collect()
}

#[test]
fn a_span_without_a_relation() {
    assert_eq!(noticed(&["[BRCA1|Gene!] [loss|NegReg!] @ T1 ThemeOf? T2"], false), [""; 0]);
    let alone = ["NegReg \"loss\" has no relation"];
    assert_eq!(noticed(&["[loss|NegReg!] of"], false), alone);
    assert_eq!(noticed(&["[loss|NegReg?] of"], false), [""; 0], "what is undecided may get one yet");
    assert_eq!(noticed(&["[x|Genex] [loss|NegReg] @ T1 ThemeOfx T2"], false), alone, "rejected ones do not count");
}

#[test]
fn a_role_that_is_not_legal() {
    let told = ["ThemeOf is not legal from Var to Gene"];
    assert_eq!(noticed(&["[loss|Var] [BRCA1|Gene] @ T1 ThemeOf T2"], false), told);
    assert_eq!(noticed(&["[loss|Var] [BRCA1|Gene] @ T2 ThemeOf T1"], false), [""; 0]);
}

#[test]
fn a_type_that_the_schema_does_not_have_and_a_cut_word() {
    assert_eq!(noticed(&["a [dog|Animal?] ran"], false), ["\"dog\" is a Animal, which the schema does not have"]);
    let told = noticed(&["[muta|Var]tion of [BRCA1|Gene] @ T2 ThemeOf T1"], false);
    assert_eq!(told, ["Var \"muta\" begins or ends inside a word"]);
}

#[test]
fn the_same_words_with_another_type() {
    let here = "[APC|Protein?] [loss|NegReg] @ T1 ThemeOf? T2";
    assert_eq!(noticed(&[here, "[APC|Gene!] of"], false), ["\"APC\" is Protein here and Gene elsewhere (1×)"]);
    assert_eq!(noticed(&[here, "[APC|Gene?] of"], false), [""; 0], "a proposal is no opinion");
    assert_eq!(noticed(&[here, "[apc|Gene!] and [APC|Protein!]"], false), [""; 0], "both are usual");
}

#[test]
fn accepted_words_that_are_not_marked_in_an_annotated_sentence() {
    let line = "[BRCA1|Gene!] [loss|NegReg!]. The BRCA1 [cut|Var!]. BRCA1 here. @ T1 ThemeOf! T2 T1 ThemeOf! T3";
    assert_eq!(noticed(&[line], false), [""; 0]);
    assert_eq!(noticed(&[line], true), ["\"BRCA1\" is Gene elsewhere and not marked here"]);
}

#[test]
fn the_words_of_a_session_follow_its_changes() {
    let mut session = session(&["[APC|Gene?] x", "[APC|Protein!] y"]);
    let mut words = WordTypes::default();
    words.update(&session);
    let of = |words: &WordTypes, label: &str| words.count("apc", &label.into());
    assert_eq!((of(&words, "Gene"), of(&words, "Protein")), (0, 1));
    let accept = crate::review::Command::Accept("T1".into());
    session.perform(0, accept, std::time::SystemTime::UNIX_EPOCH).unwrap();
    words.update(&session);
    assert_eq!((of(&words, "Gene"), of(&words, "Protein")), (1, 1));
    session.perform(0, crate::review::Command::Undo, std::time::SystemTime::UNIX_EPOCH).unwrap();
    words.update(&session);
    assert_eq!((of(&words, "Gene"), of(&words, "Protein")), (0, 1));
}
