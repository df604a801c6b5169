//! Any sequence of commands, merges, undos and redos: it can be taken back, and the journal tells the same story at every point.

use super::{OpenDocument, Session};
use crate::document::{AnnotationId, Document, DocumentStatus, Label, Schema, Status};
use crate::pipeline::{End, PredictedEntity, PredictedRelation, Prediction};
use crate::review::dsl::sketch;
use crate::review::{Command, CommandError, Edge, JournalRecord, RelationEnd, Segmentation, Step};
use crate::text::CharSpan;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

const LINE: &str = "[BRCA1|Gene?] [loss|Var] of function [causes|PosReg!] [cell death|CPA?] and [fall|NegReg~] in [mice|Disease+] \
                    @ T1 ThemeOf? T2 T2 CauseOf! T3 T4 ThemeOf? T3 T6 ThemeOfx T5";
const LABELS: [&str; 4] = ["Gene", "Var", "NegReg", "Disease"];

/// A session on one document, as it is opened.
pub(in crate::review) fn opened() -> Session {
    opened_in(Path::new(""))
}

/// The same with its file in this folder.
pub(in crate::review) fn opened_in(home: &Path) -> Session {
    let open = OpenDocument { document: sketch(LINE).document, home: PathBuf::from(home) };
    let mut session = Session::new(vec![open], Arc::new(Schema::agac().unwrap()), "curator");
    let words = [(0, 5), (6, 10), (11, 13), (14, 22), (23, 29), (30, 34), (35, 40), (41, 44), (45, 49), (50, 52), (53, 57)];
    let words = words.map(|(start, end)| CharSpan::of_chars(start, end).unwrap()).to_vec();
    session.set_segmentation(0, Segmentation::new(vec![CharSpan::of_chars(0, 57).unwrap()], words));
    session
}

/// What a random session does next; numbers choose among what there is.
#[derive(Clone, Debug)]
pub(in crate::review) struct Act {
    kind: u8,
    a: usize,
    b: usize,
    flag: bool,
}

pub(in crate::review) fn acts(most: usize) -> impl Strategy<Value = Vec<Act>> {
    let act = (0u8..26, 0usize..64, 0usize..64, any::<bool>()).prop_map(|(kind, a, b, flag)| Act { kind, a, b, flag });
    prop::collection::vec(act, 0..most)
}

fn pick(document: &Document, index: usize) -> AnnotationId {
    let ids: Vec<_> = document.entities.keys().chain(document.relations.keys()).cloned().collect();
    ids.get(index % ids.len().max(1)).cloned().unwrap_or_else(|| AnnotationId::from("T1"))
}

fn span(a: usize, b: usize) -> CharSpan {
    CharSpan::of_chars((a % 50) as u32, (a % 50 + b % 7 + 1) as u32).unwrap()
}

fn command(act: &Act, document: &Document) -> Command {
    let (id, to) = (pick(document, act.a), pick(document, act.b));
    let label = Label::from(LABELS[act.b % LABELS.len()]);
    let (edge, by) = if act.flag { (Edge::Left, Step::Word) } else { (Edge::Right, Step::Char) };
    match act.kind {
        0 => Command::Accept(id),
        1 => Command::Reject(id),
        2 => Command::Retype { id, label },
        3 | 4 => Command::MoveEdge { id, edge, outwards: act.kind == 3, by },
        5 => Command::AddEntity { span: span(act.a, act.b), label },
        6 => Command::AddEntities { spans: vec![span(act.a, act.b), span(act.b, act.a)], label },
        7 => Command::AddRelation { subject: id, object: to, role: Label::from("ThemeOf") },
        8 => Command::SwapRole { id },
        9 => Command::Flip { id },
        10 => Command::Retarget { id, end: if act.flag { RelationEnd::Subject } else { RelationEnd::Object }, to },
        11 => Command::Delete { id },
        12 => Command::SetNote { target: id, text: if act.flag { format!("note {}", act.b) } else { String::new() } },
        13 => Command::Flag,
        14 => Command::SetStatus(if act.flag { DocumentStatus::Done } else { DocumentStatus::Skipped }),
        15 => Command::RejectAll { ids: vec![id, to] },
        16 => Command::AcceptAll { ids: vec![id, to] },
        17 | 18 => Command::Undo,
        20 => Command::Withdraw,
        21 => Command::AddFragment { id, span: span(act.b, act.a) },
        22 => Command::Join { id, other: to },
        23 => Command::Split { id },
        _ => Command::Redo,
    }
}

/// A prediction with a span or two and roles between all that there is.
fn prediction(act: &Act, document: &Document) -> Prediction {
    let entity = |a, b: usize| PredictedEntity {
        span: span(a, b),
        label: Label::from(LABELS[b % LABELS.len()]),
        confidence: (b % 10) as f32 / 10.0,
    };
    let first = PredictedEntity { span: CharSpan::of_chars(0, 5).unwrap(), label: Label::from("Gene"), confidence: 0.25 };
    let entities = if act.flag { vec![first, entity(act.a, act.b)] } else { vec![entity(act.b, act.a)] };
    let existing = document.entities.keys().nth(act.a % document.entities.len().max(1)).cloned();
    let existing = existing.map_or(End::Predicted(9), End::Existing);
    let relation = |subject, object| PredictedRelation { role: Label::from("ThemeOf"), subject, object, confidence: 0.75 };
    let relations = vec![
        relation(End::Predicted(0), existing.clone()),
        relation(existing, End::Predicted(1)),
        relation(End::Predicted(0), End::Predicted(1)),
    ];
    Prediction { model: Arc::from("model"), entities, relations }
}

/// What no sequence may ever bring about.
fn check_sound(document: &Document) {
    for relation in document.relations.values() {
        for end in [&relation.subject, &relation.object] {
            let end = document.entities.get(end).unwrap_or_else(|| panic!("{relation:?} has lost its end"));
            assert!(!relation.status.stands() || end.status.stands(), "{relation:?} stands, its end {end:?} does not");
        }
    }
    for note in document.notes.values() {
        assert!(document.has_id(&note.target), "{note:?} is about nothing");
    }
}

fn decided(document: &Document) -> Vec<String> {
    let entities = document.entities.values().filter(|it| it.status != Status::Proposed).map(|it| format!("{it:?}"));
    let relations = document.relations.values().filter(|it| it.status != Status::Proposed).map(|it| format!("{it:?}"));
    entities.chain(relations).chain(document.notes.values().map(|it| format!("{it:?}"))).collect()
}

/// Does one act and returns what the journal has to hold of it.
pub(in crate::review) fn act(session: &mut Session, act: &Act, at: u64) -> Option<JournalRecord> {
    let now = UNIX_EPOCH + Duration::from_millis(at);
    let open = session.get(0).unwrap();
    let (document, revision) = (open.snapshot(), open.revision());
    session.count_key();
    let record = if act.kind >= 24 {
        let prediction = prediction(act, &document);
        let focus = pick(&document, act.b);
        let before = format!("{:?} {:?}", document.entities.get(&focus), document.relations.get(&focus));
        let record = session.merge(0, revision, &prediction, act.flag.then_some(&focus), now);
        let after = session.get(0).unwrap().document();
        assert_eq!(decided(after), decided(&document), "a merge touched a decision");
        let there = after.entities.contains_key(&focus) || after.relations.contains_key(&focus);
        assert!(!act.flag || there, "a merge took {before} away from under the cursor");
        record
    } else {
        match session.perform(0, command(act, &document), now) {
            Ok(outcome) => Some(outcome.record),
            Err(CommandError::Transaction(error)) => panic!("{act:?}: {error}"),
            Err(_) => {
                assert_eq!(session.get(0).unwrap().revision(), revision);
                None
            }
        }
    };
    check_sound(session.get(0).unwrap().document());
    record
}

/// Everything of a document that a person could notice.
pub(in crate::review) fn state(session: &Session) -> String {
    let open = session.get(0).unwrap();
    let (it, mut mint) = (open.document(), open.mint());
    let items = format!("{:?}{:?}{:?}{:?}", it.entities, it.relations, it.notes, it.marks);
    let ids = format!("{}{}{}", mint.fresh('T'), mint.fresh('R'), mint.fresh('#'));
    format!("{items}{:?}{:?}{ids}{}", open.history(), open.active_time(), open.last_number())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn undoing_everything_restores_the_document(acts in acts(24)) {
        let mut session = opened();
        let before = session.get(0).unwrap().snapshot();
        for (at, it) in (1u64..).zip(acts.iter().filter(|act| act.kind < 20)) {
            act(&mut session, it, at);
        }
        while session.perform(0, Command::Undo, UNIX_EPOCH).is_ok() {}
        let after = session.get(0).unwrap().document();
        prop_assert_eq!(format!("{:?}", &*before), format!("{:?}", after));
    }

    #[test]
    fn every_step_can_be_undone_and_redone_whatever_the_model_says_meanwhile(acts in acts(40)) {
        let mut session = opened();
        for (at, it) in (1u64..).zip(&acts) {
            act(&mut session, it, at);
        }
        let before = decided(session.get(0).unwrap().document());
        let mut steps = 0;
        while session.get(0).unwrap().history().current().is_some() {
            session.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
            check_sound(session.get(0).unwrap().document());
            steps += 1;
        }
        for _ in 0..steps {
            session.perform(0, Command::Redo, UNIX_EPOCH).unwrap();
            check_sound(session.get(0).unwrap().document());
        }
        let (mut before, mut after) = (before, decided(session.get(0).unwrap().document()));
        before.sort();
        after.sort();
        prop_assert_eq!(before, after);
    }

}

proptest! {
    // Each case replays every prefix.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn replaying_any_prefix_of_the_journal_gives_the_session_of_that_moment(acts in acts(30)) {
        let mut live = opened();
        let mut records: Vec<JournalRecord> = Vec::new();
        for (at, it) in (1u64..).zip(&acts) {
            records.extend(act(&mut live, it, at));
            let lines: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
            let read: Vec<JournalRecord> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
            let mut replayed = opened();
            replayed.replay(Path::new(""), &read).unwrap();
            prop_assert_eq!(state(&replayed), state(&live));
        }
    }
}

#[test]
fn a_late_prediction_is_dropped_and_an_edit_meanwhile_is_no_reason_to() {
    let mut session = opened();
    let document = session.get(0).unwrap().snapshot();
    let act = Act { kind: 20, a: 11, b: 3, flag: true };
    session.perform(0, Command::Accept(AnnotationId::from("T1")), UNIX_EPOCH).unwrap();
    assert!(session.merge(0, 0, &prediction(&act, &document), None, UNIX_EPOCH).is_some());
    let empty = Prediction::default();
    assert!(session.merge(0, 1, &empty, None, UNIX_EPOCH).is_some(), "made on a later revision");
    assert!(session.merge(0, 0, &prediction(&act, &document), None, UNIX_EPOCH).is_none(), "made on an earlier one");
}

#[test]
fn documents_of_one_name_have_keys_of_their_own() {
    let open = |home: &str| OpenDocument { document: sketch("text").document, home: PathBuf::from(home) };
    let session = Session::new(vec![open("a"), open("a"), open("b")], Arc::new(Schema::agac().unwrap()), "curator");
    assert_eq!(session.documents().iter().map(|it| it.key()).collect::<Vec<_>>(), ["sketch", "sketch#2", "sketch"]);
    let called = |name: &str| {
        let mut open = open("a");
        open.document.name = name.to_owned();
        open
    };
    let names = ["a", "a", "a#2", "a", "a#2"].map(called).to_vec();
    let session = Session::new(names, Arc::new(Schema::agac().unwrap()), "curator");
    assert_eq!(session.documents().iter().map(|it| it.key()).collect::<Vec<_>>(), ["a", "a#3", "a#2", "a#4", "a#2#2"]);
}
