//! Abstracts in which so many mentions are given in each sentence, for roles to be found between them.

use rolecall::document::{AnnotationId, Document, Entity, Label, Origin, Status};
use rolecall::model::folder::Model;
use rolecall::text::SourceText;

/// Sentences of an abstract.
const SENTENCES: usize = 10;

/// A sentence of more words than there are mentions.
const SENTENCE: &str = "Germline mutation of the kinase gene QRX lowers receptor binding and enzyme activity in mouse liver cells , \
    raises tumor growth , blocks repair of damaged tissue , and causes early loss of vision in families with retinal disease . ";

/// An abstract with mentions of one word each, accepted, their types in turn. The same text whatever their number.
pub fn abstract_with(model: &Model, in_each_sentence: usize) -> Document {
    let mut document = Document::new("d", SourceText::new(SENTENCE.repeat(SENTENCES)));
    let prepared = model.prepare(&document.text).unwrap();
    let labels: Vec<Label> = model.tags().labels().to_vec();
    assert_eq!(prepared.encoded.sentences.len(), SENTENCES);
    for sentence in &prepared.encoded.sentences {
        for (number, word) in sentence.clone().take(in_each_sentence).enumerate() {
            let id = AnnotationId::new(format!("T{}", document.entities.len() + 1));
            let label = labels[number * 5 % labels.len()].clone();
            let spans = vec![prepared.words[word]];
            let entity = Entity { id: id.clone(), label, spans, origin: Origin::Given, status: Status::Accepted };
            document.entities.insert(id, entity);
        }
    }
    assert_eq!(document.entities.len(), SENTENCES * in_each_sentence);
    document
}
