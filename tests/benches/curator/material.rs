//! The documents of the bench with their gold annotations, and the model that helps.

use rolecall::document::{Document, Schema};
use rolecall::formats::load_paths;
use rolecall::model::built_in;
use rolecall::model::engine::Precision;
use rolecall::model::folder::{Model, ModelFiles};
use rolecall::pipeline::{Annotator, Assistant, Pipeline};
use rolecall::review::checks::is_legal;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

/// One document twice.
pub struct Case {
    /// Without annotations.
    pub text: Document,
    pub gold: Document,
}

/// The model of the folder that the environment names, or the built-in one.
pub fn model() -> Rc<dyn Annotator> {
    let files = match std::env::var_os("ROLECALL_CURATOR_MODEL").map(PathBuf::from) {
        Some(folder) => ModelFiles::read(&folder).unwrap(),
        None => built_in(),
    };
    Rc::new(Assistant::new(Pipeline::new(Model::load(&files, Precision::default()).unwrap()).with_own_threshold()))
}

/// How many documents are taken at most.
const MOST: usize = 50;

/// The documents that the environment names, or the demo abstracts.
pub fn cases() -> Vec<Case> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/curator");
    let folder = std::env::var_os("ROLECALL_CURATOR_GOLD").map_or(own, PathBuf::from);
    let mut left_out = 0;
    let mut cases = Vec::new();
    for (name, mut gold) in by_name(folder) {
        left_out += without_illegal(&mut gold);
        let text = Document::new(name, gold.text.clone());
        cases.push(Case { text, gold });
    }
    assert!(!cases.is_empty(), "there is no document with gold");
    let more = cases.len().saturating_sub(MOST);
    cases.truncate(MOST);
    println!("gold relations that the schema forbids, left out: {left_out}; documents beyond {MOST}, left out: {more}");
    cases
}

fn by_name(folder: PathBuf) -> BTreeMap<String, Document> {
    load_paths(&[folder]).loaded.into_iter().map(|loaded| (loaded.document.name.clone(), loaded.document)).collect()
}

/// Takes the relations out that the review would not add.
fn without_illegal(gold: &mut Document) -> usize {
    let schema = Schema::agac().unwrap();
    let before = gold.relations.len();
    let whole = gold.clone();
    gold.relations.retain(|_, relation| is_legal(&whole, &schema, relation));
    // The review has one relation between two spans in one direction.
    let mut pairs = Vec::new();
    gold.relations.retain(|_, relation| {
        let pair = (relation.subject.clone(), relation.object.clone());
        let new = !pairs.contains(&pair);
        pairs.push(pair);
        new
    });
    before - gold.relations.len()
}
