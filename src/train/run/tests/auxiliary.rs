//! Learning other corpora beside the documents.

use super::*;
use crate::model::folder::ModelFiles;
use crate::train::evaluation::score;
use crate::train::{AuxiliaryRecipe, CorpusRecipe};
use std::collections::BTreeMap;

fn beside(folder: &Path, epochs: usize, out: &str) -> Inputs {
    let mut inputs = inputs(epochs, folder, &folder.join(out));
    let corpus = |name: &str, weight| CorpusRecipe {
        name: name.to_owned(),
        paths: vec![format!("{name}.tsv").into()],
        weight,
        rename: BTreeMap::new(),
    };
    let corpora = vec![corpus("names", 0.5), corpus("places", 1.0)];
    inputs.recipe.auxiliary = Some(AuxiliaryRecipe { sample: 3, document_words: 6, corpora });
    inputs
}

#[test]
fn other_corpora_are_learned_beside_the_documents_and_leave_no_trace_but_in_the_encoder() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    for (name, label) in [("names", "Name"), ("places", "Place")] {
        let sentence = format!("abc\tB-{label}\nde\tI-{label}\nsaw\tO\nfgh\tB-{label}\n.\tO\n\n");
        fs::write(folder.path().join(format!("{name}.tsv")), sentence.repeat(4)).unwrap();
    }
    let whole = run(beside(folder.path(), 40, "whole"), &mut Ignore, &CancelToken::default()).unwrap();
    assert!(matches!(whole, Outcome::Finished { .. }));
    let files = ModelFiles::read(&folder.path().join("whole/model")).unwrap();
    let weights_of = safetensors::SafeTensors::deserialize(&files.weights).unwrap();
    assert!(weights_of.names().iter().all(|name| !name.starts_with(HEADS)), "{:?}", weights_of.names());
    let scores = score(Model::load(&files, Precision::F32).unwrap(), &documents()).unwrap();
    assert!(scores.spans.f1 > 0.9, "{scores:?}");

    // 5 documents and 3 of the others in batches of 2 are 4 steps an epoch; this stops within the tagger.
    let cancel = CancelToken::default();
    let outcome = run(beside(folder.path(), 40, "parts"), &mut StopAfter(90, cancel.clone()), &cancel).unwrap();
    assert_eq!(outcome, Outcome::Interrupted);
    run(beside(folder.path(), 40, "parts"), &mut Ignore, &CancelToken::default()).unwrap();
    assert_same_weights(&weights(&folder.path().join("whole")), &weights(&folder.path().join("parts")));

    // They do teach the encoder.
    run(inputs(40, folder.path(), &folder.path().join("alone")), &mut Ignore, &CancelToken::default()).unwrap();
    assert_ne!(weights(&folder.path().join("alone")), weights(&folder.path().join("whole")));
}
