//! The kinds of relation model beside the scorer.

use super::*;
use crate::model::folder::ModelFiles;
use crate::model::relation::{Look, NearestCount};
use crate::train::evaluation::score;
use crate::train::recipe::{PairsRecipe, RuleRecipe};

/// As [`documents`], with a second gene behind that has no role.
fn documents_with_strangers() -> Vec<Document> {
    let mut documents = documents();
    for (document, stranger) in documents.iter_mut().zip(["klm", "mno", "opq", "qrs", "stu"]) {
        let text = document.text.as_str().replace("of it.", &format!("but {stranger} stays."));
        let start = text.find(stranger).unwrap() as u32;
        document.text = SourceText::new(text.as_str());
        let mut entity = document.entities.values().find(|entity| entity.label.as_str() == "Gene").unwrap().clone();
        entity.id = AnnotationId::from("T4");
        entity.spans = vec![CharSpan::of_chars(start, start + 3).unwrap()];
        document.entities.insert(entity.id.clone(), entity);
    }
    documents
}

fn pairs(stages: usize, epochs: usize) -> Recipe {
    let mut recipe = recipe(epochs);
    recipe.tagger.optimizer.epochs = 1;
    recipe.relations = Some(RelationRecipe::Pairs(PairsRecipe {
        optimizer: OptimizerRecipe { batch: 6, ..recipe.tagger.optimizer.clone() },
        encoder_rate: 3e-3,
        layer_decay: 0.9,
        freeze: vec!["embeddings.word".to_owned()],
        stages,
        negatives: Some(1.5),
        reach: 6,
        threshold: 0.5,
    }));
    if let Some(RelationRecipe::Pairs(pairs)) = &mut recipe.relations {
        pairs.optimizer.epochs = epochs;
    }
    recipe
}

fn given(recipe: Recipe, encoder: &Path, out: &Path) -> Inputs {
    Inputs { recipe, documents: documents_with_strangers(), ..inputs(1, encoder, out) }
}

fn load(folder: &Path, precision: Precision) -> Model {
    Model::load(&ModelFiles::read(folder).unwrap(), precision).unwrap()
}

/// Names of the weights of a model folder in order, without the scales.
fn names(out: &Path) -> Vec<String> {
    let bytes = weights(out);
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names: Vec<String> = file.names().into_iter().filter(|name| !name.ends_with(".scale")).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn pairs_are_learned_in_one_stage_and_in_two_and_predicted_as_the_training_scored_them() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let splits = folder.path().join("splits.json");
    fs::write(&splits, r#"{"folds": [["d0"]]}"#).unwrap();
    for stages in [1, 2] {
        let out = folder.path().join(format!("{stages}"));
        let inputs = Inputs { fold: Some((splits.clone(), 0)), ..given(pairs(stages, 30), folder.path(), &out) };
        let Outcome::Finished { scores: Some(scored), .. } = run(inputs, &mut Ignore, &CancelToken::default()).unwrap() else {
            panic!("it was not scored")
        };
        let (held_out, learned) = (&documents_with_strangers()[..1], &documents_with_strangers()[1..]);
        assert_eq!(score(load(&out.join("model"), Precision::F32), held_out).unwrap(), scored);
        for precision in [Precision::F32, Precision::Int8] {
            let scores = score(load(&out.join("model"), precision), learned).unwrap();
            assert!(scores.roles_given_gold_spans.f1 > 0.9, "{stages} stages, {precision}: {scores:?}");
        }
        let second = names(&out).iter().any(|name| name.starts_with("pairs.second."));
        assert_eq!(second, stages == 2);
    }
}

#[test]
fn a_number_of_stages_that_does_not_exist_is_refused_before_anything_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let inputs = given(pairs(3, 1), folder.path(), &folder.path().join("out"));
    let error = run(inputs, &mut Ignore, &CancelToken::default()).unwrap_err();
    assert_eq!(error.to_string(), "relations of kind \"pairs\" have one stage or two, but the recipe says 3");
}

#[test]
fn pairs_that_are_interrupted_end_with_the_same_model_as_without() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    run(given(pairs(2, 2), folder.path(), &whole), &mut Ignore, &CancelToken::default()).unwrap();
    // 3 steps of the tagger; 10 related pairs and 15 others make 2 × 5 steps of the first stage, 10 pairs 2 × 2 of the second. Stops at the
    // end of the tagger, within the first stage, at its end, and within the second.
    for stop in [3, 4, 6, 1] {
        let cancel = CancelToken::default();
        let outcome = run(given(pairs(2, 2), folder.path(), &parts), &mut StopAfter(stop, cancel.clone()), &cancel).unwrap();
        assert_eq!(outcome, Outcome::Interrupted);
    }
    run(given(pairs(2, 2), folder.path(), &parts), &mut Ignore, &CancelToken::default()).unwrap();
    assert_same_weights(&weights(&whole), &weights(&parts));
}

#[test]
fn a_finished_model_gets_another_kind_of_relations_and_its_tagger_stays() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let out = |name: &str| folder.path().join(name);
    run(given(recipe(1), folder.path(), &out("scorer")), &mut Ignore, &CancelToken::default()).unwrap();
    assert!(names(&out("scorer")).iter().any(|name| name.starts_with("relation.")));
    let go_on = |from: &str, mut recipe: Recipe, to: &str| {
        recipe.tagger.optimizer.epochs = 0;
        run(given(recipe, &out(from).join("model"), &out(to)), &mut Ignore, &CancelToken::default()).unwrap();
    };
    go_on("scorer", pairs(1, 1), "pairs");
    assert!(!names(&out("pairs")).iter().any(|name| name.starts_with("relation.")));
    let rule = Recipe { relations: Some(RelationRecipe::Rule(RuleRecipe { look: Look::Subject, compatible: 0.4 })), ..recipe(1) };
    go_on("pairs", rule, "rule");
    let of_tagger = |name: &&String| !name.starts_with("relation.");
    assert_eq!(
        names(&out("rule")).iter().collect::<Vec<_>>(),
        names(&out("scorer")).iter().filter(of_tagger).collect::<Vec<_>>()
    );
    let [first, last] = [out("scorer"), out("rule")].map(|out| weights(&out));
    let [first, last] = [&first, &last].map(|bytes| safetensors::SafeTensors::deserialize(bytes).unwrap());
    for (name, view) in last.iter() {
        assert_eq!(view.data(), first.tensor(name).unwrap().data(), "{name}");
    }
    let model = load(&out("rule").join("model"), Precision::Int8);
    let Some(RelationModelConfig::Rule(rule)) = &model.manifest().relations else { panic!("another kind") };
    // Labels by frequency: Gene, NegReg, Var. Of the genes of a sentence both have its variation as the nearest; one of two is related.
    let [gene, loss, var] = [0, 1, 2];
    let count = |subject, object, nearest, related| NearestCount { subject, object, nearest, related };
    assert_eq!(rule.nearest, [count(gene, var, 10, 5), count(var, loss, 5, 5)]);
    let scores = score(model, &documents_with_strangers()).unwrap().roles_given_gold_spans;
    assert_eq!((scores.precision, scores.recall), (10.0 / 15.0, 1.0));
}
