//! The rule as a table: what stood, what is proposed, what stands then.

use super::{Decisions, merge};
use crate::document::{AnnotationId, Document, Operation};
use crate::pipeline::{End, PredictedEntity, PredictedRelation, Prediction};
use crate::review::IdMint;
use crate::review::dsl::{render, sketch};
use crate::text::CharSpan;

/// A prediction that says what the proposals of a sketch say; ends that are no proposals are existing entities.
fn prediction(line: &str) -> Prediction {
    let document = sketch(line).document;
    let proposed: Vec<_> = document.entities.values().filter(|it| it.origin.confidence().is_some()).collect();
    let entity = |it: &&crate::document::Entity| PredictedEntity { span: it.spans[0], label: it.label.clone(), confidence: 0.5 };
    let end = |id: &AnnotationId| match proposed.iter().position(|it| it.id == *id) {
        Some(index) => End::Predicted(index),
        None => End::Existing(id.clone()),
    };
    let relations = document.relations.values().map(|it| PredictedRelation {
        role: it.role.clone(),
        subject: end(&it.subject),
        object: end(&it.object),
        confidence: 0.5,
    });
    Prediction { model: "model".into(), entities: proposed.iter().map(entity).collect(), relations: relations.collect() }
}

fn merged(before: &Document, predicted: &str, decisions: &Decisions) -> Document {
    let transaction = merge(before, &prediction(predicted), decisions, &mut IdMint::new(before));
    let mut after = before.clone();
    transaction.apply(&mut after).unwrap();
    let again = merge(&after, &prediction(predicted), decisions, &mut IdMint::new(&after));
    assert!(again.is_empty(), "merging the same once more changes something: {again:?}");
    after
}

#[test]
fn only_what_is_proposed_is_replaced() {
    let table = [
        (
            "proposals come in",
            "BRCA1 loss",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2",
        ),
        (
            "a proposal not made again goes, with its relation",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2",
            "BRCA1 [loss|Var?]",
            "BRCA1 [loss|Var?]",
        ),
        (
            "a relation not made again goes alone",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2",
            "[BRCA1|Gene?] [loss|Var?]",
            "[BRCA1|Gene?] [loss|Var?]",
        ),
        ("a proposal takes another type", "[BRCA1|Gene?] loss", "[BRCA1|Protein?] loss", "[BRCA1|Protein?] loss"),
        ("an accepted span stays without being proposed", "[BRCA1|Gene!] loss", "BRCA1 loss", "[BRCA1|Gene!] loss"),
        ("an accepted span is not proposed twice", "[BRCA1|Gene!] loss", "[BRCA1|Gene?] loss", "[BRCA1|Gene!] loss"),
        (
            "a given span is not proposed again, and bears relations",
            "[BRCA1|Gene] loss",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2",
            "[BRCA1|Gene] [loss|Var?] @ T1 ThemeOf? T2",
        ),
        ("an added span neither", "[BRCA1|Gene+] loss", "[BRCA1|Gene?] loss", "[BRCA1|Gene+] loss"),
        ("a corrected span stays", "[BRCA1|Protein~] loss", "BRCA1 [loss|Var?]", "[BRCA1|Protein~] [loss|Var?]"),
        (
            "nothing is proposed on top of what stands, nor its relations",
            "[SHP-2 phosphatase|Enzyme+] [loss|Var?]",
            "[SHP-2|Protein?] phosphatase [loss|Var?] @ T1 ThemeOf? T2",
            "[SHP-2 phosphatase|Enzyme+] [loss|Var?]",
        ),
        (
            "nor of another type in the same place, nor around it",
            "[BRCA1|Gene] big [loss|NegReg!] [rise|PosReg?]",
            "[BRCA1|Protein?] [big loss|Var?] [rise|PosReg?] @ T1 ThemeOf? T2 T2 CauseOf? T3",
            "[BRCA1|Gene] big [loss|NegReg!] [rise|PosReg?]",
        ),
        (
            "a proposal on which a person marked something goes, though it is made again",
            "[[SHP-2|Protein?] phosphatase|Enzyme+] loss",
            "[SHP-2|Protein?] phosphatase loss",
            "[SHP-2 phosphatase|Enzyme+] loss",
        ),
        (
            "a rejected span takes no place",
            "[SHP-2 phosphatase|Enzymex] loss",
            "[SHP-2|Protein?] phosphatase loss",
            "[[SHP-2|Protein?] phosphatase|Enzymex] loss",
        ),
        (
            "a rejected span does not come back, nor its relations",
            "[BRCA1|Genex] loss",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2",
            "[BRCA1|Genex] [loss|Var?]",
        ),
        (
            "a rejected relation does not come back",
            "[BRCA1|Gene] [loss|Var] @ T1 ThemeOfx T2",
            "[BRCA1|Gene] [loss|Var] @ T1 ThemeOf? T2",
            "[BRCA1|Gene] [loss|Var] @ T1 ThemeOfx T2",
        ),
        (
            "a rejected relation keeps its ends",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOfx T2",
            "BRCA1 loss",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOfx T2",
        ),
        (
            "a standing relation settles its pair",
            "[rise|PosReg] [fall|NegReg] @ T1 CauseOf T2",
            "[rise|PosReg] [fall|NegReg] @ T2 ThemeOf? T1",
            "[rise|PosReg] [fall|NegReg] @ T1 CauseOf T2",
        ),
        (
            "an end that is built on stays",
            "[BRCA1|Gene?] [loss|Var?]",
            "[BRCA1|Gene] [loss|Var?] @ T1 ThemeOf? T2",
            "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2",
        ),
        (
            "an end that is gone takes the relation along",
            "BRCA1 [loss|Var]",
            "[BRCA1|Gene] [loss|Var] @ T9 ThemeOf? T2",
            "BRCA1 [loss|Var]",
        ),
        (
            "the rejected stays when nothing is proposed",
            "[BRCA1|Genex] [loss|Varx] @ T1 ThemeOfx T2",
            "BRCA1 loss",
            "[BRCA1|Genex] [loss|Varx] @ T1 ThemeOfx T2",
        ),
    ];
    for (what, before, predicted, after) in table {
        let result = merged(&sketch(before).document, predicted, &Decisions::default());
        assert_eq!(render(&result, None, None), after, "{what}");
    }
}

#[test]
fn a_proposal_made_again_keeps_its_id_and_place() {
    let before = sketch("[BRCA1|Gene?] [loss|Var?] [p53|Gene?] @ T1 ThemeOf? T2").document;
    let after = merged(&before, "[BRCA1|Gene?] [loss|Var?] p53 @ T1 ThemeOf? T2", &Decisions::default());
    assert_eq!(after.entities.keys().map(AnnotationId::as_str).collect::<Vec<_>>(), ["T1", "T2"]);
    assert_eq!(after.relations, before.relations);
}

#[test]
fn what_is_kept_stays_with_its_ends_and_what_was_corrected_does_not_come_back() {
    let before = sketch("[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2").document;
    let keep = Decisions { keep: [AnnotationId::from("R1")].into(), ..Decisions::default() };
    let after = merged(&before, "BRCA1 loss", &keep);
    assert_eq!(render(&after, None, None), "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2");
    let corrected = Decisions {
        corrected_entities: [(vec![CharSpan::of_chars(0, 5).unwrap()], "Gene".into())].into(),
        ..Decisions::default()
    };
    let after = merged(&sketch("[BRCA1|Protein~] loss").document, "[BRCA1|Gene?] [loss|Var?] @ T1 ThemeOf? T2", &corrected);
    assert_eq!(render(&after, None, None), "[BRCA1|Protein~] [loss|Var?]");
}

#[test]
fn confidence_is_brought_up_to_date_and_always_a_number() {
    let before = sketch("[BRCA1|Gene?] loss").document;
    let mut surer = prediction("[BRCA1|Gene?] [loss|Var?]");
    surer.entities[0].confidence = 0.9;
    surer.entities[1].confidence = f32::NAN;
    let transaction = merge(&before, &surer, &Decisions::default(), &mut IdMint::new(&before));
    assert!(matches!(transaction.operations[0], Operation::Replace(_)));
    let mut after = before.clone();
    transaction.apply(&mut after).unwrap();
    let confidence: Vec<_> = after.entities.values().map(|it| it.origin.confidence().unwrap()).collect();
    assert_eq!(confidence, [0.9, 0.0]);
    surer.entities[0].confidence = 0.901;
    assert!(merge(&after, &surer, &Decisions::default(), &mut IdMint::new(&after)).is_empty(), "noise of the last digits");
}

#[test]
fn roles_are_exchanged_and_spans_and_decisions_stay() {
    let table = [
        ("a role comes in", "[p53|Gene!] [loss|Var!]", "T1 ThemeOf T2", "[p53|Gene!] [loss|Var!] @ T1 ThemeOf? T2"),
        (
            "one not proposed again goes",
            "[p53|Gene!] [loss|Var?] [rise|Reg] @ T1 ThemeOf? T2",
            "T2 CauseOf T3",
            "[p53|Gene!] [loss|Var?] [rise|Reg] @ T2 CauseOf? T3",
        ),
        (
            "one far from what was decided stays",
            "[p53|Gene?] [loss|Var?] [rise|Reg] @ T1 ThemeOf? T2",
            "",
            "[p53|Gene?] [loss|Var?] [rise|Reg] @ T1 ThemeOf? T2",
        ),
        ("undecided spans stay", "[p53|Gene?] [loss|Var?]", "", "[p53|Gene?] [loss|Var?]"),
        (
            "a rejected role is not proposed again",
            "[p53|Gene!] [loss|Var!] @ T1 ThemeOfx T2",
            "T1 ThemeOf T2",
            "[p53|Gene!] [loss|Var!] @ T1 ThemeOfx T2",
        ),
        ("a decided role stays", "[p53|Gene!] [loss|Var!] @ T1 ThemeOf! T2", "", "[p53|Gene!] [loss|Var!] @ T1 ThemeOf! T2"),
        (
            "where one stands no other is proposed",
            "[p53|Gene!] [loss|Var!] @ T1 ThemeOf! T2",
            "T1 CauseOf T2",
            "[p53|Gene!] [loss|Var!] @ T1 ThemeOf! T2",
        ),
        ("nothing hangs on a rejected span", "[p53|Genex] [loss|Var!]", "T1 ThemeOf T2", "[p53|Genex] [loss|Var!]"),
    ];
    for (what, before, told, after) in table {
        let words: Vec<&str> = told.split_whitespace().collect();
        let relation = |it: &[&str]| PredictedRelation {
            role: it[1].into(),
            subject: End::Existing(it[0].into()),
            object: End::Existing(it[2].into()),
            confidence: 0.5,
        };
        let relations = words.chunks(3).map(relation).collect();
        let prediction = Prediction { model: "model".into(), entities: Vec::new(), relations };
        let mut document = sketch(before).document;
        let transaction = super::merge_roles(&document, &prediction, &Decisions::default(), &mut IdMint::new(&document));
        transaction.apply(&mut document).unwrap();
        assert_eq!(render(&document, None, None), after, "{what}");
    }
}
