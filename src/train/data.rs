//! A corpus as examples.

use super::TrainError;
use super::folds::Splits;
use super::teaching::Beliefs;
use crate::document::{AnnotationId, Document, Label};
use crate::model::ModelError;
use crate::model::crf::PathTarget;
use crate::model::folder::{Prepared, Preparer};
use crate::model::input::Encoded;
use crate::model::relation::Mention;
use crate::nlp::Context;
use crate::nlp::bio::TagSet;
use crate::text::{CharSpan, SourceText};
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;
use std::path::Path;

/// What the model reads of a document, and what it should say of it.
#[derive(Debug)]
pub struct Example {
    /// Words and pieces.
    pub prepared: Prepared,
    /// The same words to be read in other contexts.
    pub also: Vec<Encoded>,
    /// Gold tags, or what a teacher makes of them.
    pub target: PathTarget,
    /// Gold mentions.
    pub mentions: Vec<Mention>,
    /// Gold roles: subject, object (indices of mentions) and role (index in the roles of the recipe).
    pub roles: HashMap<(usize, usize), usize>,
    /// What teachers believe of the roles.
    pub(super) beliefs: Option<Beliefs>,
}

/// The documents of a training.
#[derive(Debug, Default)]
pub struct Corpus {
    /// To learn from.
    pub train: Vec<Document>,
    /// To score.
    pub dev: Vec<Document>,
}

impl Corpus {
    /// Divides documents by a fold of a splits file; without one all are for training.
    ///
    /// # Errors
    /// When the splits file can't be read or has no such fold.
    pub fn split(mut documents: Vec<Document>, fold: Option<(&Path, usize)>) -> Result<Self, TrainError> {
        documents.sort_by(|a, b| a.name.cmp(&b.name));
        let Some((path, fold)) = fold else { return Ok(Self { train: documents, dev: Vec::new() }) };
        let splits = Splits::read(path)?;
        let names = splits.fold(fold).ok_or_else(|| TrainError::at(path, format!("there is no fold {fold}")))?;
        let (dev, train) = documents.into_iter().partition(|document| names.contains(&document.name));
        Ok(Self { train, dev })
    }
}

/// The types of all entities, most frequent first; the order of the model's output.
pub fn labels(documents: &[Document]) -> Vec<Label> {
    by_frequency(documents.iter().flat_map(|document| document.entities.values().map(|entity| &entity.label)))
}

/// The roles of all relations, most frequent first.
pub fn roles(documents: &[Document]) -> Vec<Label> {
    by_frequency(documents.iter().flat_map(|document| document.relations.values().map(|relation| &relation.role)))
}

fn by_frequency<'a>(names: impl Iterator<Item = &'a Label>) -> Vec<Label> {
    let mut counts: HashMap<&Label, usize> = HashMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut names: Vec<(&Label, usize)> = counts.into_iter().collect();
    names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    names.into_iter().map(|(name, _)| name.clone()).collect()
}

/// Adds a document of another corpus to a hash: by its name, its text and how much is annotated.
pub fn hash_document(document: &Document, hasher: &mut blake3::Hasher) {
    hasher.update(document.name.as_bytes());
    hasher.update(document.text.as_str().as_bytes());
    hasher.update(&document.entities.len().to_le_bytes());
}

impl Example {
    /// Prepares a document.
    ///
    /// # Errors
    /// When the model can't cut its text into pieces.
    pub fn new(document: &Document, preparer: &Preparer, tag_set: &TagSet, roles: &[Label]) -> Result<Self, TrainError> {
        let prepared = preparer.prepare(&document.text)?;
        let standing = document.entities.values().filter(|entity| entity.status.stands());
        let known: Vec<_> = standing.filter_map(|e| Some((&e.id, e.hull(), tag_set.label_index(&e.label)?))).collect();
        let spans: Vec<(CharSpan, usize)> = known.iter().map(|(_, span, label)| (*span, *label)).collect();
        let mut tags = tag_set.encode(&prepared.words, &spans).tags;
        // A sentence never begins inside an entity: of a gold entity that runs across a border, as our splitter sees it, the part behind
        // the border begins anew. Otherwise the gold tags would be impossible for the CRF.
        let borders: Vec<usize> = prepared.encoded.sentences.iter().map(|sentence| sentence.start).collect();
        tag_set.cut(&mut tags, &borders);
        let target = PathTarget::of_path(&tags, &prepared.encoded.sentences, tag_set.len());
        let mut mentions = Vec::new();
        let mut index = HashMap::new();
        for (id, span, label) in known {
            let first = prepared.words.partition_point(|word| word.end() <= span.start());
            let behind = prepared.words.partition_point(|word| word.start() < span.end());
            if first < behind {
                index.insert(id.clone(), mentions.len());
                mentions.push(Mention { words: first..behind, label });
            }
        }
        let mut related = HashMap::new();
        let relations = document.relations.values().filter(|relation| relation.status.stands());
        let relations = relations.map(|relation| (&relation.subject, &relation.object, relation.role.as_str()));
        for (subject, object, role) in relations.chain(arguments(document)) {
            let ends = (index.get(subject), index.get(object));
            if let ((Some(&subject), Some(&object)), Some(role)) = (ends, roles.iter().position(|known| known.as_str() == role)) {
                related.insert((subject, object), role);
            }
        }
        Ok(Self { prepared, also: Vec::new(), target, mentions, roles: related, beliefs: None })
    }

    /// The same, its text also read in other contexts while the tagger learns.
    ///
    /// # Errors
    /// When the model can't cut the text into pieces.
    pub fn also_in(self, contexts: &[Context], text: &SourceText, preparer: &Preparer) -> Result<Self, ModelError> {
        let read = |&context: &Context| Ok(preparer.prepare_in(context, text)?.encoded);
        Ok(Self { also: contexts.iter().map(read).collect::<Result<_, ModelError>>()?, ..self })
    }

    /// What is read of it this time: its text in one of the contexts, each as often as the others.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> &Encoded {
        // Without others nothing is drawn, as before there were any.
        let place = if self.also.is_empty() { 0 } else { rng.random_range(0..=self.also.len()) };
        place.checked_sub(1).and_then(|other| self.also.get(other)).unwrap_or(&self.prepared.encoded)
    }
}

/// The themes and causes of events as roles: argument, trigger, role. Where an event is the argument, its trigger stands for it.
fn arguments(document: &Document) -> impl Iterator<Item = (&AnnotationId, &AnnotationId, &str)> {
    let all = document.events.values().flat_map(|event| event.arguments.iter().map(move |argument| (event, argument)));
    all.filter_map(|(event, (role, filler))| {
        let role = match role.as_str().trim_end_matches(|c: char| c.is_ascii_digit()) {
            "Theme" => "ThemeOf",
            "Cause" => "CauseOf",
            _ => return None,
        };
        Some((document.events.get(filler).map_or(filler, |event| &event.trigger), &event.trigger, role))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn arguments_of_events_are_roles_of_their_triggers() {
        let text = crate::text::SourceText::new("p53 loss reduces growth");
        let a1 = "T1\tProtein 0 3\tp53\n";
        let a2 = "T2\tNegReg 4 8\tloss\nT3\tNegReg 9 16\treduces\nT4\tCPA 17 23\tgrowth\n\
            E1\tNegReg:T2 Theme:T1\nE2\tNegReg:T3 Theme:T4 Cause:E1 Site:T1\n";
        let (document, _) = crate::formats::bionlp::read("d", text, Some((Path::new("d.a1"), a1)), Some((Path::new("d.a2"), a2)));
        let found: Vec<_> = arguments(&document).map(|(s, o, role)| (s.as_str(), o.as_str(), role)).collect();
        assert_eq!(found, [("T1", "T2", "ThemeOf"), ("T4", "T3", "ThemeOf"), ("T2", "T3", "CauseOf")]);
    }

    #[test]
    fn a_text_is_read_in_each_context_about_as_often_and_nothing_is_drawn_where_there_is_one() {
        let model = crate::model::folder::tests::tiny_model(3);
        let document = Document::new("d", SourceText::new("Loss of p53 was seen. It was lost."));
        let plain = Example::new(&document, model.preparer(), model.tags(), &[]).unwrap();
        let sequences = |encoded: &Encoded| encoded.packed.lengths.len();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(sequences(plain.draw(&mut rng)), 1);
        assert_eq!(rng, ChaCha8Rng::seed_from_u64(1));
        let also = plain.also_in(&[Context::Sentence], &document.text, model.preparer()).unwrap();
        assert_eq!(also.also[0].sentences, also.prepared.encoded.sentences);
        let alone = (0..200).filter(|_| sequences(also.draw(&mut rng)) == 2).count();
        assert!((70..130).contains(&alone), "{alone}");
    }
}
