//! The documents of the bench: text, gold, and what a model proposed.

use rolecall::document::{AnnotationId, Document, Entity, Origin, Schema, Status};
use rolecall::formats::load_paths;
use rolecall::review::checks::is_legal;
use rolecall::text::CharSpan;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One document three times.
pub struct Case {
    /// Without annotations.
    pub text: Document,
    pub gold: Document,
    pub proposals: Document,
}

/// How many documents are taken at most.
const MOST: usize = 50;

/// The documents that the environment names, or the demo abstracts.
pub fn cases() -> Vec<Case> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let (gold, proposals) = (folder("ROLECALL_CURATOR_GOLD"), folder("ROLECALL_CURATOR_PROPOSALS"));
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/curator");
    let made_up = gold.is_none();
    let gold = by_name(gold.unwrap_or(own));
    let mut proposals = match proposals {
        Some(folder) => by_name(folder),
        None => gold.iter().map(|(name, gold)| (name.clone(), mistaken(gold))).collect(),
    };
    println!("proposals: {}", if made_up { "made up from gold by rule" } else { "as given" });
    let mut left_out = 0;
    let mut cases = Vec::new();
    for (name, mut gold) in gold {
        let Some(proposals) = proposals.remove(&name) else { continue };
        assert_eq!(gold.text.as_str(), proposals.text.as_str(), "{name} has two texts");
        left_out += without_illegal(&mut gold);
        let text = Document::new(name, gold.text.clone());
        cases.push(Case { text, gold, proposals });
    }
    assert!(!cases.is_empty(), "there is no document with gold and proposals");
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

/// Gold with mistakes, always the same: of seven spans two are missed, one has another type and one a wrong edge; for every fourth
/// a word is marked that is no span. Relations stay where both ends do, but every third is missed.
fn mistaken(gold: &Document) -> Document {
    let mut document = Document::new(gold.name.clone(), gold.text.clone());
    let origin = Origin::Given;
    for (i, entity) in gold.entities.values().enumerate() {
        let mut entity: Entity = entity.clone();
        match i % 7 {
            1 | 4 => continue,
            2 => entity.label = if entity.label.as_str() == "Gene" { "Protein" } else { "Gene" }.into(),
            5 => {
                let longer = CharSpan::new(entity.hull().start(), entity.hull().end().plus(4)).unwrap();
                if longer.end() <= gold.text.len() {
                    entity.spans = vec![longer];
                }
            }
            _ => {}
        }
        if i % 4 == 3 {
            let before = entity.hull().start();
            if let Ok(span) = CharSpan::new(before.minus(9), before.minus(4)) {
                let id = AnnotationId::new(format!("T9{i}"));
                let (origin, status) = (origin.clone(), Status::Accepted);
                document.entities.insert(id.clone(), Entity { id, label: "MPA".into(), spans: vec![span], origin, status });
            }
        }
        document.entities.insert(entity.id.clone(), entity);
    }
    for (i, relation) in gold.relations.values().enumerate() {
        let there = [&relation.subject, &relation.object].iter().all(|end| document.entities.contains_key(*end));
        if there && i % 3 != 1 {
            document.relations.insert(relation.id.clone(), relation.clone());
        }
    }
    document
}
