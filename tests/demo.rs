//! The demo abstracts load without a complaint, what is annotated in them is legal, and the built-in model finds something in them.

use rolecall::document::{Document, Schema};
use rolecall::formats::load_paths;
use rolecall::model::built_in;
use rolecall::model::engine::Precision;
use rolecall::model::folder::Model;
use rolecall::model::manifest::Manifest;
use rolecall::pipeline::{Annotator, CancelToken, Pipeline, Silent};
use std::path::{Path, PathBuf};

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo")
}

#[test]
fn the_demo_abstracts_are_sound() {
    let report = load_paths(&[demo()]);
    assert_eq!(report.all_findings().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(report.loaded.len(), 5);
    let schema = Schema::agac().unwrap();
    let given = &report.loaded[4].document;
    assert_eq!((given.name.as_str(), given.entities.len(), given.relations.len()), ("demo-5-gck", 9, 5));
    for relation in given.relations.values() {
        let (subject, object) = (&given.entities[&relation.subject], &given.entities[&relation.object]);
        assert!(schema.roles_between(&subject.label, &object.label).any(|role| *role == relation.role), "{}", relation.id);
    }
    for loaded in &report.loaded {
        let text = loaded.document.text.as_str();
        assert!(text.lines().count() >= 2, "{}: a title, then the abstract", loaded.document.name);
        assert!(loaded.document.entities_cutting_words().next().is_none());
    }
}

/// The model that is compiled in finds spans and roles in every demo abstract, with the types of the schema.
#[test]
fn the_built_in_model_finds_spans_and_roles_in_the_demo_abstracts() {
    let pipeline = Pipeline::new(Model::load(&built_in(), Precision::default()).unwrap()).with_own_threshold();
    let schema = Schema::agac().unwrap();
    for loaded in load_paths(&[demo()]).loaded {
        let bare = Document::new(loaded.document.name, loaded.document.text);
        let prediction = pipeline.annotate(&bare, &mut Silent, &CancelToken::default()).unwrap();
        assert!(prediction.entities.len() >= 3, "{}: {} spans", bare.name, prediction.entities.len());
        assert!(!prediction.relations.is_empty(), "{}", bare.name);
        for entity in &prediction.entities {
            assert!(schema.entity(&entity.label).is_some(), "{}", entity.label);
        }
    }
}

#[test]
fn the_built_in_model_says_what_it_scored_and_stays_small() {
    let files = built_in();
    assert!(files.weights.len() + files.vocab.len() < 26_000_000);
    let manifest = Manifest::parse(&files.manifest).unwrap();
    assert!(manifest.scores.get("spans_f1").is_some(), "{}", manifest.scores);
    assert!(manifest.training.get("recipe").is_some());
}
