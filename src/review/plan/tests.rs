//! Each command as a triple in the test language: before, what is done, after.

use crate::document::{AnnotationId, DocumentStatus, Label, Schema};
use crate::review::dsl::{render, sketch};
use crate::review::{Command, CommandError, Edge, OpenDocument, RecordKind, RelationEnd, Segmentation, Session, Step};
use crate::text::CharSpan;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// A session on one sketch; its words are the runs of letters and digits, its one sentence the whole text.
fn session(line: &str) -> Session {
    let document = sketch(line).document;
    let (mut words, mut begun) = (Vec::new(), None);
    for (at, c) in (0u32..).zip(document.text.as_str().chars().chain([' '])) {
        match (c.is_alphanumeric(), begun) {
            (true, None) => begun = Some(at),
            (false, Some(start)) => words.push(CharSpan::of_chars(start, at).unwrap()),
            _ => continue,
        }
        begun = begun.filter(|_| c.is_alphanumeric());
    }
    let sentences = vec![CharSpan::of_chars(0, document.text.len().get()).unwrap()];
    let open = OpenDocument { document, home: PathBuf::new() };
    let mut session = Session::new(vec![open], Arc::new(Schema::agac().unwrap()), "curator");
    session.set_segmentation(0, Segmentation::new(sentences, words));
    session
}

fn shown(session: &Session) -> String {
    render(session.documents()[0].document(), None, None)
}

#[track_caller]
fn check(before: &str, command: Command, after: &str) {
    let mut session = session(before);
    let outcome = session.perform(0, command, UNIX_EPOCH).unwrap();
    assert_eq!(shown(&session), after);
    assert_eq!(outcome.record.number, 1);
    assert!(!outcome.message.is_empty());
    session.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
    assert_eq!(shown(&session), before, "undo");
    session.perform(0, Command::Redo, UNIX_EPOCH).unwrap();
    assert_eq!(shown(&session), after, "redo");
}

#[track_caller]
fn refused(before: &str, command: Command) -> CommandError {
    let mut session = session(before);
    let error = session.perform(0, command, UNIX_EPOCH).unwrap_err();
    assert_eq!(shown(&session), before);
    assert_eq!(session.documents()[0].last_number(), 0);
    error
}

fn id(name: &str) -> AnnotationId {
    AnnotationId::from(name)
}

fn label(name: &str) -> Label {
    Label::from(name)
}

fn edge(edge: Edge, outwards: bool, by: Step) -> Command {
    Command::MoveEdge { id: id("T1"), edge, outwards, by }
}

#[test]
fn accepting_a_relation_accepts_its_undecided_ends() {
    check("[BRCA1|Gene?] loss", Command::Accept(id("T1")), "[BRCA1|Gene!] loss");
    check("[BRCA1|Genex] loss", Command::Accept(id("T1")), "[BRCA1|Gene!] loss");
    check("[BRCA1|Gene?] [loss|Var~] @ T1 ThemeOf? T2", Command::Accept(id("R1")), "[BRCA1|Gene!] [loss|Var~] @ T1 ThemeOf! T2");
    assert!(matches!(refused("[BRCA1|Gene] loss", Command::Accept(id("T1"))), CommandError::NoChange(_)));
    assert_eq!(
        refused("[BRCA1|Genex] [loss|Var] @ T1 ThemeOf? T2", Command::Accept(id("R1"))),
        CommandError::EndRejected(id("T1"))
    );
    assert_eq!(refused("text", Command::Accept(id("T7"))), CommandError::Missing(id("T7")));
}

#[test]
fn rejecting_a_span_rejects_its_relations_in_one_step() {
    check(
        "[BRCA1|Gene?] [loss|Var!] [cancer|Disease+] @ T1 ThemeOf! T2 T1 ThemeOf? T2 T2 CauseOf? T3",
        Command::Reject(id("T1")),
        "[BRCA1|Genex] [loss|Var!] [cancer|Disease+] @ T1 ThemeOfx T2 T1 ThemeOfx T2 T2 CauseOf? T3",
    );
    check("[BRCA1|Gene] [loss|Var] @ T1 ThemeOf? T2", Command::Reject(id("R1")), "[BRCA1|Gene] [loss|Var] @ T1 ThemeOfx T2");
}

#[test]
fn deleting_removes_only_what_a_person_added() {
    check("[BRCA1|Gene+] [loss|Var] @ T1 ThemeOf+ T2", Command::Delete { id: id("R1") }, "[BRCA1|Gene+] [loss|Var]");
    check("[BRCA1|Gene!] loss", Command::Delete { id: id("T1") }, "[BRCA1|Genex] loss");
    let mut session = session("[BRCA1|Gene+] [loss|Var] @ T1 ThemeOf? T2");
    session.perform(0, Command::SetNote { target: id("T1"), text: " not\nsure ".into() }, UNIX_EPOCH).unwrap();
    session.perform(0, Command::Delete { id: id("T1") }, UNIX_EPOCH).unwrap();
    assert_eq!(shown(&session), "BRCA1 [loss|Var]");
    assert!(session.documents()[0].document().notes.is_empty());
    session.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
    assert_eq!(shown(&session), "[BRCA1|Gene+] [loss|Var] @ T1 ThemeOf? T2");
    assert_eq!(session.documents()[0].document().notes.values().next().unwrap().text, "not sure");
}

#[test]
fn another_type_is_a_correction_and_keeps_the_relations() {
    let retype = |name: &str| Command::Retype { id: id("T1"), label: label(name) };
    check("[BRCA1|Gene?] [loss|Var] @ T1 ThemeOf? T2", retype("Protein"), "[BRCA1|Protein~] [loss|Var] @ T1 ThemeOf? T2");
    check("[BRCA1|Gene+] loss", retype("Protein"), "[BRCA1|Protein+] loss");
    check("[BRCA1|Gene] loss", retype("Protein"), "[BRCA1|Protein~] loss");
    assert!(matches!(refused("[BRCA1|Gene?] loss", retype("Planet")), CommandError::UnknownType { .. }));
    assert!(matches!(refused("[BRCA1|Gene?] loss", retype("Gene")), CommandError::NoChange(_)));
}

#[test]
fn an_edge_moves_by_words_and_characters_and_never_empties_the_span() {
    use Edge::{Left, Right};
    use Step::{Char, Word};
    check("the [loss|Var?] of BRCA1", edge(Right, true, Word), "the [loss of|Var~] BRCA1");
    check("the [loss|Var?] of BRCA1", edge(Left, true, Word), "[the loss|Var~] of BRCA1");
    check("the [loss of|Var+] BRCA1", edge(Right, false, Word), "the [loss|Var+] of BRCA1");
    check("the [loss of|Var!] BRCA1", edge(Left, false, Word), "the loss [of|Var~] BRCA1");
    check("the [loss|Var?] of", edge(Right, false, Char), "the [los|Var~]s of");
    check("the [loss|Var?] of", edge(Left, true, Char), "the[ loss|Var~] of");
    for (before, command) in [
        ("the [loss|Var?] of", edge(Right, false, Word)),
        ("the [loss|Var?] of", edge(Left, false, Word)),
        ("the loss [of|Var?]", edge(Right, true, Word)),
        ("[the|Var?] loss of", edge(Left, true, Word)),
        ("[t|Var?]he", edge(Right, false, Char)),
        ("[t|Var?]he", edge(Left, false, Char)),
        ("[t|Var?]he", edge(Left, true, Char)),
        ("th[e|Var?]", edge(Right, true, Char)),
    ] {
        assert!(matches!(refused(before, command), CommandError::NoRoom(_)), "{before}");
    }
}

#[test]
fn moving_an_edge_keeps_id_roles_and_notes() {
    let mut session = session("the [loss|Var?] of [BRCA1|Gene] @ T2 ThemeOf? T1");
    session.perform(0, Command::SetNote { target: id("T1"), text: "unsure".into() }, UNIX_EPOCH).unwrap();
    session.perform(0, edge(Edge::Right, true, Step::Word), UNIX_EPOCH).unwrap();
    assert_eq!(shown(&session), "the [loss of|Var~] [BRCA1|Gene] @ T2 ThemeOf? T1");
    let document = session.documents()[0].document();
    assert_eq!(document.relations[&id("R1")].object, id("T1"));
    assert_eq!(document.notes.values().next().unwrap().target, id("T1"));
}

#[test]
fn adding_a_span_takes_up_a_proposal_that_says_the_same() {
    let add = |start, end, name: &str| Command::AddEntity { span: CharSpan::of_chars(start, end).unwrap(), label: label(name) };
    check("BRCA1 loss", add(0, 5, "Gene"), "[BRCA1|Gene+] loss");
    check("[BRCA1|Gene?] loss", add(0, 5, "Gene"), "[BRCA1|Gene!] loss");
    check("[BRCA1|Genex] loss", add(0, 5, "Gene"), "[BRCA1|Gene!] loss");
    assert_eq!(refused("[BRCA1|Gene] loss", add(0, 5, "Gene")), CommandError::Duplicate(id("T1")));
    assert!(matches!(refused("BRCA1", add(0, 6, "Gene")), CommandError::OutsideText(_)));
    let spans = [(0, 3), (4, 7), (8, 11)].map(|(start, end)| CharSpan::of_chars(start, end).unwrap());
    check(
        "[p53|Gene] p53 p53",
        Command::AddEntities { spans: spans.to_vec(), label: label("Gene") },
        "[p53|Gene] [p53|Gene+] [p53|Gene+]",
    );
}

#[test]
fn relations_are_added_and_corrected_within_the_schema() {
    let add = |subject: &str, object: &str, role: &str| Command::AddRelation {
        subject: id(subject),
        object: id(object),
        role: label(role),
    };
    let plain = "[BRCA1|Gene?] [loss|Var]";
    check(plain, add("T1", "T2", "ThemeOf"), "[BRCA1|Gene!] [loss|Var] @ T1 ThemeOf+ T2");
    assert!(matches!(refused(plain, add("T2", "T1", "ThemeOf")), CommandError::Illegal { .. }));
    assert!(matches!(refused(plain, add("T1", "T2", "CauseOf")), CommandError::Illegal { .. }));
    assert_eq!(refused(plain, add("T1", "T1", "ThemeOf")), CommandError::SelfRelation);
    let proposed = "[BRCA1|Gene] [loss|Var] @ T1 ThemeOf? T2";
    check(proposed, add("T1", "T2", "ThemeOf"), "[BRCA1|Gene] [loss|Var] @ T1 ThemeOf! T2");

    let regulated = "[loss|Var] [rise|PosReg] [fall|NegReg?] @ T1 CauseOf? T2";
    check(regulated, Command::SwapRole { id: id("R1") }, "[loss|Var] [rise|PosReg] [fall|NegReg?] @ T1 ThemeOf~ T2");
    let retarget = Command::Retarget { id: id("R1"), end: RelationEnd::Object, to: id("T3") };
    check(regulated, retarget, "[loss|Var] [rise|PosReg] [fall|NegReg!] @ T1 CauseOf~ T3");
    assert!(matches!(refused(regulated, Command::Flip { id: id("R1") }), CommandError::Illegal { .. }));
    check(
        "[rise|PosReg] [fall|NegReg] @ T1 CauseOf? T2",
        Command::Flip { id: id("R1") },
        "[rise|PosReg] [fall|NegReg] @ T2 CauseOf~ T1",
    );
    check("[loss|Var] [BRCA1|Gene] @ T1 CauseOf T2", Command::Flip { id: id("R1") }, "[loss|Var] [BRCA1|Gene] @ T2 ThemeOf~ T1");
}

#[test]
fn a_sentence_is_dismissed_and_a_pile_accepted_in_one_step_each() {
    check(
        "[BRCA1|Gene!] [loss|Var?] [cancer|Disease?] @ T1 ThemeOf? T2",
        Command::RejectAll { ids: ["T1", "T2", "R1"].map(id).to_vec() },
        "[BRCA1|Gene!] [loss|Varx] [cancer|Disease?] @ T1 ThemeOfx T2",
    );
    check(
        "[BRCA1|Genex] [loss|Var?] [cut|Var?] [p53|Gene] @ T1 ThemeOf? T2 T4 ThemeOf? T3",
        Command::AcceptAll { ids: ["T1", "T2", "R1", "R2", "T99"].map(id).to_vec() },
        "[BRCA1|Genex] [loss|Var!] [cut|Var!] [p53|Gene] @ T1 ThemeOf? T2 T4 ThemeOf! T3",
    );
    let nothing = Command::AcceptAll { ids: vec![id("T1")] };
    assert!(matches!(refused("[BRCA1|Gene]", nothing), CommandError::NoChange(_)));
}

#[test]
fn marks_are_steps_too_and_the_first_decision_opens_the_review() {
    let mut session = session("[BRCA1|Gene?] loss");
    let flagged = session.perform(0, Command::Flag, UNIX_EPOCH).unwrap();
    assert_eq!(flagged.record.kind, RecordKind::Marks);
    assert_eq!(session.documents()[0].document().marks.status, DocumentStatus::New);
    session.perform(0, Command::Accept(id("T1")), UNIX_EPOCH).unwrap();
    assert_eq!(session.documents()[0].document().marks.status, DocumentStatus::InReview);
    session.perform(0, Command::SetStatus(DocumentStatus::Done), UNIX_EPOCH).unwrap();
    session.perform(0, Command::Remark("short".into()), UNIX_EPOCH).unwrap();
    for _ in 0..4 {
        session.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
    }
    assert_eq!(session.documents()[0].document().marks, Default::default());
    assert_eq!(session.perform(0, Command::Undo, UNIX_EPOCH).unwrap_err(), CommandError::NothingToUndo);
}

/// The session of a line, with further fragments for a span.
fn with_fragments(line: &str, id: &str, fragments: &[(u32, u32)]) -> Session {
    let mut session = session(line);
    for (start, end) in fragments {
        let span = CharSpan::of_chars(*start, *end).unwrap();
        session.perform(0, Command::AddFragment { id: id.into(), span }, UNIX_EPOCH).unwrap();
    }
    session
}

#[test]
fn fragments_are_added_and_split_again() {
    let line = "[loss|NegReg?] and [gain|PosReg] of function @ T1 CauseOf T2";
    let mut session = with_fragments(line, "T1", &[(17, 25)]);
    let covered = |session: &Session| {
        let document = session.documents()[0].document();
        document.entities.values().map(|entity| document.covered_text(entity)).collect::<Vec<_>>()
    };
    assert_eq!(covered(&session), ["loss function", "gain"]);
    let again = Command::AddFragment { id: id("T1"), span: CharSpan::of_chars(18, 20).unwrap() };
    assert!(matches!(session.perform(0, again, UNIX_EPOCH), Err(CommandError::NoChange(_))));
    session.perform(0, Command::Split { id: id("T1") }, UNIX_EPOCH).unwrap();
    assert_eq!(covered(&session), ["loss", "gain", "function"]);
    assert_eq!(shown(&session), "[loss|NegReg~] and [gain|PosReg] of [function|NegReg+] @ T1 CauseOf T2");
    session.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
    session.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
    assert_eq!(shown(&session), line);
}

#[test]
fn joining_takes_relations_along_and_touching_fragments_become_one() {
    let line = "[kinase |MPA+][activity|MPA+] [fell|NegReg] for [APC|Gene] @ T2 ThemeOf+ T3 T4 ThemeOf T1";
    check(
        line,
        Command::Join { id: id("T1"), other: id("T2") },
        "[kinase activity|MPA+] [fell|NegReg] for [APC|Gene] @ T1 ThemeOf+ T2 T3 ThemeOf T1",
    );
    let line = "[loss|Var!] of [loss|Var?] [fell|NegReg] @ T2 CauseOf? T3 T1 CauseOf! T3";
    let mut joined = session(line);
    joined.perform(0, Command::Join { id: id("T1"), other: id("T2") }, UNIX_EPOCH).unwrap();
    let document = joined.documents()[0].document();
    assert_eq!(document.covered_text(&document.entities[0]), "loss loss");
    assert_eq!(document.entities[1].status, crate::document::Status::Rejected, "a proposal is refused, not forgotten");
    assert_eq!(document.relations_of(&id("T1")).count(), 1, "the same role is not there twice");
    for (twin, after) in [("?", "!"), ("x", "!"), ("+", "+")] {
        let line = format!("[loss|Var!] of [loss|Var!] [fell|NegReg] @ T1 CauseOf{twin} T3 T2 CauseOf! T3");
        let mut joined = session(&line);
        joined.perform(0, Command::Join { id: id("T1"), other: id("T2") }, UNIX_EPOCH).unwrap();
        assert!(shown(&joined).contains(&format!("T1 CauseOf{after} T3")), "what was accepted stays: {}", shown(&joined));
    }
    let other_type = Command::Join { id: id("T1"), other: id("T3") };
    assert!(matches!(refused(line, other_type), CommandError::NoChange(_)));
}

#[test]
fn nothing_is_made_to_stand_twice() {
    let twin = |error: CommandError| assert!(matches!(error, CommandError::Duplicate(_)), "{error:?}");
    twin(refused("[[p53|Genex]|Gene]", Command::Accept(id("T2"))));
    twin(refused("[loss|Var] [p53|Gene] @ T2 ThemeOf T1 T2 ThemeOfx T1", Command::Accept(id("R2"))));
    let grown = CharSpan::of_chars(5, 8).unwrap();
    twin(refused("[[loss |Var]of |Var]", Command::AddFragment { id: id("T2"), span: grown }));
    twin(refused("[[loss |Var][of |Var]|Var]", Command::Join { id: id("T2"), other: id("T3") }));
}

#[test]
fn joining_takes_notes_away_with_what_they_are_about() {
    let mut joined = session("[loss|Var+] of [loss|Var+] [fell|NegReg+] @ T1 CauseOf+ T3 T2 CauseOf+ T3");
    joined.perform(0, Command::SetNote { target: id("R2"), text: "why".into() }, UNIX_EPOCH).unwrap();
    joined.perform(0, Command::Join { id: id("T1"), other: id("T2") }, UNIX_EPOCH).unwrap();
    let document = joined.documents()[0].document();
    assert_eq!((document.relations.len(), document.notes.len()), (1, 0));
    joined.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
    let document = joined.documents()[0].document();
    assert_eq!((document.relations.len(), document.notes.len()), (2, 1));
}

#[test]
fn proposals_are_taken_back_in_one_step() {
    check("[BRCA1|Gene!] [loss|Var?] [cut|NegReg?] @ T1 ThemeOf? T2 T2 CauseOf? T3", Command::Withdraw, "[BRCA1|Gene!] loss cut");
    assert!(matches!(refused("[BRCA1|Gene!]", Command::Withdraw), CommandError::NoChange(_)));
}

#[test]
fn steps_say_what_they_did() {
    let told = |line: &str, command: Command| {
        let mut session = session(line);
        session.perform(0, command, UNIX_EPOCH).unwrap();
        let open = &session.documents()[0];
        open.history().path().last().unwrap().summary(open.document())
    };
    let line = "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2";
    assert_eq!(told(line, Command::Accept(id("T1"))), "accepted Gene \"BRCA1\"");
    assert_eq!(told(line, Command::Reject(id("T1"))), "rejected Gene \"BRCA1\" and 1 more");
    assert_eq!(told(line, Command::Retype { id: id("T2"), label: "NegReg".into() }), "retyped NegReg \"loss\"");
    assert_eq!(told(line, Command::Withdraw), "took out ThemeOf \"BRCA1\" → \"loss\" and 2 more");
    assert_eq!(told(line, Command::Flag), "flagged the document");
    assert_eq!(told(line, Command::SetStatus(DocumentStatus::Skipped)), "put the document aside");
    assert_eq!(told(line, Command::SetNote { target: id("T1"), text: "why".into() }), "added the note \"why\"");
}

#[test]
fn many_decisions_are_one_step() {
    use crate::review::Decision;
    let ids = |ids: &[&str]| ids.iter().map(|id| AnnotationId::from(*id)).collect::<Vec<_>>();
    let span = |start, end| CharSpan::of_chars(start, end).unwrap();
    let decision = Decision {
        accept: ids(&["T1", "R2"]),
        reject: ids(&["T2"]),
        spans: Vec::new(),
        relations: vec![("T1".into(), "ThemeOf".into(), "T3".into())],
    };
    check(
        "[BRCA1|Gene?] [x|Var?] [loss|Var!] then [rose|PosReg?] @ T2 CauseOf? T4 T3 CauseOf? T4",
        Command::Decide(decision),
        "[BRCA1|Gene!] [x|Varx] [loss|Var!] then [rose|PosReg!] @ T2 CauseOfx T4 T3 CauseOf! T4 T1 ThemeOf+ T3",
    );
    check(
        "a [b|Gene?] c",
        Command::Decide(Decision { spans: vec![(span(4, 5), "Var".into())], ..Decision::default() }),
        "a [b|Gene?] [c|Var+]",
    );
    let error = refused("a [b|Gene!]", Command::Decide(Decision { accept: ids(&["T1"]), ..Decision::default() }));
    assert!(matches!(error, CommandError::NoChange(_)), "{error}");
}

#[test]
fn nothing_stands_twice() {
    let inner = || Command::MoveEdge { id: id("T2"), edge: Edge::Right, outwards: true, by: Step::Word };
    // A relation that is turned into what is also proposed; a span that is moved onto one that is proposed, whose roles become its own.
    let retarget = Command::Retarget { id: id("R1"), end: RelationEnd::Object, to: id("T3") };
    check(
        "[a|Gene!] [b|Var!] [c|Var!] @ T1 ThemeOf! T2 T1 ThemeOf? T3",
        retarget,
        "[a|Gene!] [b|Var!] [c|Var!] @ T1 ThemeOf~ T3",
    );
    check("[[a|Var!] b|Var?] [c|Reg] @ T1 ThemeOf? T3", inner(), "[a b|Var~] [c|Reg] @ T1 ThemeOf? T2");
    let all = Command::AcceptAll { ids: ["T1", "T2", "R1", "R2"].map(id).to_vec() };
    check("[[a|Var?]|Var?] [c|Reg] @ T1 ThemeOf? T3 T2 ThemeOf? T3", all, "[a|Var!] [c|Reg] @ T1 ThemeOf! T2");
    check("[[a|Var!]|Var?] [c|Reg]", Command::Accept(id("T1")), "[a|Var!] [c|Reg]");
    assert_eq!(refused("[[a|Var!] b|Var!]", inner()), CommandError::Duplicate(id("T1")));
}

#[test]
fn what_is_said_of_a_span_that_is_joined_is_said_of_the_other() {
    let standoff = "T1\tReg 0 4\tloss\nT2\tReg 8 12\tloss\nT3\tProtein 13 16\tp53\nE1\tReg:T2 Theme:T3\nA1\tNegation T2\n\
        N1\tReference T2 GO:1\tloss\n#1\tAnnotatorNotes T2\twhy\n";
    let text = crate::text::SourceText::new("loss of loss p53");
    let (document, findings) = crate::formats::brat::read("d", text, std::path::Path::new("d.ann"), standoff);
    assert!(findings.is_empty(), "{findings:?}");
    let open = OpenDocument { document, home: PathBuf::new() };
    let mut session = Session::new(vec![open], Arc::new(Schema::agac().unwrap()), "curator");
    session.perform(0, Command::Join { id: id("T1"), other: id("T2") }, UNIX_EPOCH).unwrap();
    let joined = session.documents()[0].document();
    let said =
        [&joined.notes[0].target, &joined.attributes[0].target, &joined.normalizations[0].target, &joined.events[0].trigger];
    assert_eq!(said, [&id("T1"); 4]);
    session.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
    assert_eq!(session.documents()[0].document().events[0].trigger, id("T2"));
}

#[test]
fn events_of_a_span_that_goes_are_told() {
    let standoff = "T1\tProtein 0 3\tp53\nT2\tReg 4 8\tloss\nE1\tReg:T2 Theme:T1\n";
    let text = crate::text::SourceText::new("p53 loss");
    let (document, _) = crate::formats::brat::read("d", text, std::path::Path::new("d.ann"), standoff);
    let open = OpenDocument { document, home: PathBuf::new() };
    let mut session = Session::new(vec![open], Arc::new(Schema::agac().unwrap()), "curator");
    let mut said = |name: &str| session.perform(0, Command::Reject(id(name)), UNIX_EPOCH).unwrap().message;
    assert_eq!(said("T1"), "rejected Protein \"p53\"; 1 events will be written without it");
    assert_eq!(said("T2"), "rejected Reg \"loss\"; 1 of its events will not be written");
}
