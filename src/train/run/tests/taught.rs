//! Learning from other models.

use super::*;
use crate::model::folder::ModelFiles;
use crate::nlp::Context;
use crate::train::TeachingRecipe;
use crate::train::evaluation::score;

/// The texts of all documents, and of none their annotations.
fn write_texts(folder: &Path) {
    fs::create_dir_all(folder.join("texts")).unwrap();
    for document in documents() {
        fs::write(folder.join("texts").join(format!("{}.txt", document.name)), document.text.as_str()).unwrap();
    }
}

fn taught(epochs: usize, folder: &Path, out: &str) -> Inputs {
    let mut inputs = inputs(epochs, folder, &folder.join(out));
    // Two annotated documents, as many as it takes for a pair of types to count as legal: all else comes from the teacher.
    inputs.documents.truncate(2);
    inputs.recipe.teaching =
        Some(TeachingRecipe { share: 1.0, contexts: Vec::new(), sample: 4, texts: vec!["texts".into()], document_words: 200 });
    inputs.teachers = vec![folder.join("teacher/model")];
    inputs
}

#[test]
fn a_learner_learns_from_texts_what_its_teacher_knows_and_can_be_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    write_texts(folder.path());
    run(inputs(60, folder.path(), &folder.path().join("teacher")), &mut Ignore, &CancelToken::default()).unwrap();
    run(taught(40, folder.path(), "whole"), &mut Ignore, &CancelToken::default()).unwrap();
    let learner = ModelFiles::read(&folder.path().join("whole/model")).unwrap();
    let scores = score(Model::load(&learner, Precision::F32).unwrap(), &documents()).unwrap();
    assert!(scores.spans.f1 > 0.9, "{scores:?}");
    assert!(scores.roles_given_gold_spans.f1 > 0.9, "{scores:?}");

    let stopped = CancelToken::default();
    let outcome = run(taught(40, folder.path(), "parts"), &mut StopAfter(30, stopped.clone()), &stopped).unwrap();
    assert_eq!(outcome, Outcome::Interrupted);
    run(taught(40, folder.path(), "parts"), &mut Ignore, &CancelToken::default()).unwrap();
    assert_same_weights(&weights(&folder.path().join("whole")), &weights(&folder.path().join("parts")));

    // What is finished is another training when the texts are others.
    fs::write(folder.path().join("texts/more.txt"), "one more text.").unwrap();
    let error = run(taught(40, folder.path(), "whole"), &mut Ignore, &CancelToken::default()).unwrap_err().to_string();
    assert!(error.contains("another recipe, corpus or encoder"), "{error}");
}

#[test]
fn teachers_without_a_recipe_for_them_and_a_recipe_without_teachers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    write_texts(folder.path());
    run(inputs(1, folder.path(), &folder.path().join("teacher")), &mut Ignore, &CancelToken::default()).unwrap();
    let refused = |inputs: Inputs| run(inputs, &mut Ignore, &CancelToken::default()).unwrap_err().to_string();
    let nobody = refused(Inputs { teachers: Vec::new(), ..taught(1, folder.path(), "a") });
    assert!(nobody.contains("nobody teaches"), "{nobody}");
    let unasked = refused(Inputs { recipe: recipe(1), ..taught(1, folder.path(), "b") });
    assert!(unasked.contains("no [teaching]"), "{unasked}");
    let mut other = taught(1, folder.path(), "c");
    other.recipe.word_split = crate::nlp::WordSplit::PunctuationAndDigits;
    assert!(refused(other).contains("how they split words"));
}

#[test]
fn a_teacher_that_reads_in_two_contexts_is_the_same_as_two_that_read_in_one() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    write_texts(folder.path());
    let sentences: Vec<String> = documents().iter().map(|document| document.text.as_str().trim_end().to_owned()).collect();
    fs::write(folder.path().join("texts/many.txt"), sentences.join("\n")).unwrap();
    run(inputs(3, folder.path(), &folder.path().join("teacher")), &mut Ignore, &CancelToken::default()).unwrap();
    let (one, other) = (folder.path().join("teacher/model"), folder.path().join("by-sentences"));
    fs::create_dir_all(&other).unwrap();
    for file in fs::read_dir(&one).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), other.join(file.file_name())).unwrap();
    }
    let path = other.join("manifest.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["tagger"]["context"] = "sentence".into();
    fs::write(&path, manifest.to_string()).unwrap();

    let mut both = taught(2, folder.path(), "both");
    if let Some(teaching) = &mut both.recipe.teaching {
        teaching.contexts = vec![Context::Abstract, Context::Sentence];
    }
    run(both, &mut Ignore, &CancelToken::default()).unwrap();
    let two = Inputs { teachers: vec![one, other], ..taught(2, folder.path(), "two") };
    run(two, &mut Ignore, &CancelToken::default()).unwrap();
    run(taught(2, folder.path(), "single"), &mut Ignore, &CancelToken::default()).unwrap();
    assert_same_weights(&weights(&folder.path().join("both")), &weights(&folder.path().join("two")));
    let read = |name: &str| fs::read(folder.path().join(name).join("model/weights.safetensors")).unwrap();
    assert!(read("both") != read("single"), "the second context changes nothing");
}
