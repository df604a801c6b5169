use super::*;
use crate::document::{AnnotationId, Entity, Origin, Status};
use crate::model::calibration::Calibration;
use crate::model::engine::Precision;
use crate::model::folder::tests::{tiny_files, tiny_model};
use crate::model::manifest::Manifest;
use crate::model::relevance::tests::files_of_sentences;
use crate::model::rerank::LOOKED_AT;
use crate::pipeline::Silent;
use crate::text::{CharSpan, SourceText};

fn annotate(document: &Document) -> Prediction {
    Pipeline::new(tiny_model(3)).annotate(document, &mut Silent, &CancelToken::default()).unwrap()
}

fn text() -> SourceText {
    SourceText::new("Loss of p53 function.\nThe R175H mutation leads to a loss of binding in α-cells, and so on.")
}

#[test]
fn predicted_spans_lie_on_words_and_roles_between_them() {
    let document = Document::new("d", text());
    let prediction = annotate(&document);
    assert!(!prediction.entities.is_empty(), "random weights propose something");
    let words = crate::nlp::words(&document.text, crate::nlp::WordSplit::PunctuationAndDigits);
    for entity in &prediction.entities {
        assert!(words.iter().any(|word| word.start() == entity.span.start()));
        assert!(words.iter().any(|word| word.end() == entity.span.end()));
        assert!((0.0..=1.0).contains(&entity.confidence));
    }
    for relation in &prediction.relations {
        for end in [&relation.subject, &relation.object] {
            assert!(matches!(end, End::Predicted(i) if *i < prediction.entities.len()));
        }
    }
}

#[test]
fn what_was_given_or_rejected_is_not_proposed_again() {
    let mut document = Document::new("d", text());
    let first = annotate(&document);
    for (i, status) in [(0, Status::Accepted), (1, Status::Rejected)] {
        let proposed = &first.entities[i];
        let id = AnnotationId::new(format!("T{}", i + 1));
        let entity =
            Entity { id: id.clone(), label: proposed.label.clone(), spans: vec![proposed.span], origin: Origin::Given, status };
        document.entities.insert(id, entity);
    }
    let second = annotate(&document);
    assert!(!second.entities.contains(&first.entities[0]) && !second.entities.contains(&first.entities[1]));
    assert_eq!(second.entities.len(), first.entities.len() - 2);
}

#[test]
fn a_calibrated_model_gives_out_calibrated_confidence_and_keeps_its_own_thresholds() {
    let mut files = tiny_files(3);
    assert!(!String::from_utf8_lossy(&files.manifest).contains("calibration"), "manifests without one stay as they were");
    let calibration = crate::model::calibration::tests::some();
    let plain = Manifest::parse(&files.manifest).unwrap();
    let manifest = Manifest { calibration: Some(calibration.clone()), ..plain };
    files.manifest = serde_json::to_vec(&manifest).unwrap().into();
    let pipeline = || Pipeline::new(Model::load(&files, Precision::F32).unwrap());
    let document = Document::new("d", text());
    let predict = |pipeline: Pipeline| pipeline.annotate(&document, &mut Silent, &CancelToken::default()).unwrap();
    let (raw, all, own) = (annotate(&document), predict(pipeline()), predict(pipeline().with_own_threshold()));
    assert_eq!(raw.entities.len(), all.entities.len());
    for (raw, calibrated) in raw.entities.iter().zip(&all.entities) {
        let wanted = calibration.spans.of(&raw.label).apply(raw.confidence);
        assert!(raw.span == calibrated.span && (calibrated.confidence - wanted).abs() < 1e-4);
    }
    let kept: Vec<_> =
        all.entities.iter().filter(|it| it.confidence >= calibration.span_thresholds.of(&it.label)).cloned().collect();
    assert_eq!(own.entities, kept);
    assert!(own.relations.iter().all(|it| it.confidence >= calibration.role_thresholds.of(&it.role)));
}

/// A model that looks twice, by how probable spans and relations are alone.
fn looking_twice() -> Pipeline {
    looking_twice_with(None)
}

/// The same with a threshold for ends of roles.
fn looking_twice_with(end_threshold: Option<f32>) -> Pipeline {
    let mut files = tiny_files(3);
    let rerank = Some(crate::model::rerank::tests::some(2));
    let calibration = Calibration { rerank, end_threshold, ..crate::model::calibration::tests::some() };
    let plain = Manifest::parse(&files.manifest).unwrap();
    assert_eq!(plain.relations.as_ref().unwrap().roles().len(), 2);
    files.manifest = serde_json::to_vec(&Manifest { calibration: Some(calibration), ..plain }).unwrap().into();
    Pipeline::new(Model::load(&files, Precision::F32).unwrap())
}

#[test]
fn a_second_look_decides_how_sure_spans_and_roles_are() {
    let document = Document::new("d", text());
    let predict =
        |pipeline: &Pipeline, document: &Document| pipeline.annotate(document, &mut Silent, &CancelToken::default()).unwrap();
    let sure = |odds: f32| 1.0 / (1.0 + (-odds).exp());
    let (raw, all) = (annotate(&document), predict(&looking_twice(), &document));
    let looked_at: Vec<_> = raw.entities.iter().filter(|it| it.confidence >= LOOKED_AT).collect();
    assert!(looked_at.iter().any(|it| it.confidence >= 0.5) && looked_at.iter().any(|it| it.confidence < 0.5));
    assert_eq!(looked_at.len(), all.entities.len());
    for (raw, judged) in looked_at.iter().zip(&all.entities) {
        let wanted = if raw.confidence >= 0.5 { sure(1.0) } else { sure(-2.0) };
        assert!(raw.span == judged.span && (judged.confidence - wanted).abs() < 1e-6);
    }
    let own = predict(&looking_twice().with_own_threshold(), &document);
    assert!(!own.entities.is_empty() && own.entities.iter().all(|it| it.confidence > 0.4));
    assert!(own.entities.len() < all.entities.len());
    for role in &own.relations {
        assert!((role.confidence - sure(0.5)).abs() < 1e-6, "both ends are only proposed");
        let ends = [&role.subject, &role.object];
        assert!(ends.into_iter().all(|end| matches!(end, End::Predicted(at) if *at < own.entities.len())));
    }
    // Three that stand, each of another type.
    let labels = looking_twice().model().tags().labels().to_vec();
    let mut accepted = document;
    for (at, (start, end)) in [(0, 4), (8, 11), (12, 20)].into_iter().enumerate() {
        let id = AnnotationId::new(format!("T{at}"));
        let spans = vec![CharSpan::of_chars(start, end).unwrap()];
        let label = labels[at % labels.len()].clone();
        accepted.entities.insert(id.clone(), Entity { id, label, spans, origin: Origin::Given, status: Status::Accepted });
    }
    let roles = predict(&looking_twice().with_tasks(Tasks::RolesOnly), &accepted).relations;
    assert!(!roles.is_empty() && roles.iter().all(|role| (role.confidence - sure(2.0)).abs() < 1e-6), "{roles:?}");
}

#[test]
fn a_doubtful_span_is_proposed_with_a_role_that_needs_it() {
    // Two that stand, of types that may be related to what is found.
    let mut document = Document::new("d", text());
    let labels = looking_twice().model().tags().labels().to_vec();
    for (at, (start, end)) in [(12, 20), (41, 46)].into_iter().enumerate() {
        let id = AnnotationId::new(format!("T{at}"));
        let (spans, label) = (vec![CharSpan::of_chars(start, end).unwrap()], labels[1 + at].clone());
        document.entities.insert(id.clone(), Entity { id, label, spans, origin: Origin::Given, status: Status::Accepted });
    }
    let predict = |pipeline: Pipeline| pipeline.annotate(&document, &mut Silent, &CancelToken::default()).unwrap();
    let (own, with_ends) =
        (predict(looking_twice().with_own_threshold()), predict(looking_twice_with(Some(0.1)).with_own_threshold()));
    // Doubtful ones have .12 by the second look; thresholds are .2 and .4.
    let doubtful = |prediction: &Prediction| -> Vec<usize> {
        (0..prediction.entities.len()).filter(|&at| prediction.entities[at].confidence < 0.2).collect()
    };
    let has_role =
        |at: &usize| with_ends.relations.iter().any(|role| [&role.subject, &role.object].contains(&&End::Predicted(*at)));
    assert!(doubtful(&own).is_empty() && !doubtful(&with_ends).is_empty());
    assert!(doubtful(&with_ends).iter().all(has_role));
    assert!(own.entities.iter().all(|entity| with_ends.entities.contains(entity)), "the others stay");
    assert!(own.relations.len() < with_ends.relations.len());
    assert_eq!(predict(looking_twice_with(Some(0.9)).with_own_threshold()), own, "never more than for any other span");
    let [one, other] = [None, Some(0.1)].map(|ends| predict(looking_twice_with(ends).with_least_confidence(0.5)));
    assert_eq!(one, other, "who asks for a confidence gets no less");
    // Where nothing stands this model finds no roles, and doubtful spans stay out.
    document.entities.clear();
    let predict = |pipeline: Pipeline| pipeline.annotate(&document, &mut Silent, &CancelToken::default()).unwrap();
    assert!(!doubtful(&predict(looking_twice())).is_empty());
    assert!(doubtful(&predict(looking_twice_with(Some(0.1)).with_own_threshold())).is_empty());
}

#[test]
fn advice_is_as_sure_of_a_span_as_its_proposal() {
    let mut document = Document::new("d", text());
    let pipeline = looking_twice();
    let proposed = pipeline.annotate(&document, &mut Silent, &CancelToken::default()).unwrap();
    let first = pipeline.advise(&document, &CancelToken::default()).unwrap().unwrap();
    crate::pipeline::apply(&mut document, &proposed);
    let second = pipeline.advise(&document, &CancelToken::default()).unwrap().unwrap();
    assert!(
        second.prediction.relations.iter().all(|it| matches!((&it.subject, &it.object), (End::Existing(_), End::Existing(_))))
    );
    for advice in [first, second] {
        for entity in &proposed.entities {
            let same = advice.spans.iter().find(|it| it.span == entity.span && it.label == entity.label);
            assert!((same.unwrap().confidence - entity.confidence).abs() < 1e-6);
        }
    }
}

#[test]
fn a_cancelled_prediction_stops() {
    let cancel = CancelToken::default();
    cancel.cancel();
    let result = Pipeline::new(tiny_model(3)).annotate(&Document::new("d", text()), &mut Silent, &cancel);
    assert_eq!(result, Err(AnnotateError::Cancelled));
}

#[test]
fn many_documents_get_what_each_gets_alone() {
    let texts = ["", "Loss of p53.", "The R175H mutation leads to a loss of binding in α-cells. ", "p53"];
    let repeated = [1, 1, 6, 1];
    let documents: Vec<Document> =
        texts.iter().zip(repeated).map(|(text, times)| Document::new("d", SourceText::new(text.repeat(times)))).collect();
    let documents: Vec<&Document> = documents.iter().cycle().take(11).collect();
    for model in [tiny_model(3), Model::load(&files_of_sentences(), Precision::F32).unwrap()] {
        let pipeline = Pipeline::new(model);
        let mut times = Times::default();
        let together = pipeline.annotate_all(&documents, &mut times);
        assert_eq!(together.len(), 11);
        for (document, prediction) in documents.iter().zip(together) {
            let prediction = prediction.unwrap();
            let alone = pipeline.annotate(document, &mut Silent, &CancelToken::default()).unwrap();
            assert_eq!(prediction.entities.len(), alone.entities.len());
            for (a, b) in prediction.entities.iter().zip(&alone.entities) {
                assert_eq!((a.span, &a.label), (b.span, &b.label));
                assert!((a.confidence - b.confidence).abs() < 1e-4);
            }
            assert_eq!(prediction.relations.len(), alone.relations.len());
        }
        assert!(times.pieces > 200 && times.encoding > std::time::Duration::ZERO);
    }
}

#[test]
fn an_empty_document_gets_an_empty_prediction() {
    let prediction = annotate(&Document::new("d", SourceText::new("")));
    assert!(prediction.entities.is_empty() && prediction.relations.is_empty());
}
