use super::*;
use crate::document::{AnnotationId, Entity, Label, Origin, Relation, Status};
use crate::formats::LoadReport;
use crate::model::checkpoint::tests::{Layout, write_random};
use crate::model::folder::{ModelFiles, read_manifest};
use crate::model::relevance::RelevanceUse;
use crate::model::tagger::Output;
use crate::nlp::Context;
use crate::nlp::bio::TagScheme;
use crate::text::{CharSpan, SourceText};
use crate::train::evaluation::score;
use crate::train::folds::{CrossInputs, cross_validate};
use crate::train::metrics::Ignore;
use crate::train::recipe::{ForestRecipe, RelationRecipe, RelevanceRecipe, ScorerRecipe, TaggerRecipe};
use candle_core::DType;
use std::fs;
use std::path::Path;

mod auxiliary;
mod kinds;
mod taught;

/// Asks for a stop after so many steps.
struct StopAfter(usize, CancelToken);

impl Observer for StopAfter {
    fn observe(&mut self, event: &TrainEvent) {
        if let TrainEvent::Step { .. } = event {
            self.0 = self.0.saturating_sub(1);
            if self.0 == 0 {
                self.1.cancel();
            }
        }
    }

    fn read(&mut self, _report: &LoadReport) {}
}

/// A checkpoint of a small encoder with random weights, as Hugging Face lays it out.
fn encoder_folder(folder: &Path) {
    let config_text = r#"{"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 48, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "max_position_embeddings": 64,
        "type_vocab_size": 2, "initializer_range": 0.2, "layer_norm_eps": 1e-12, "pad_token_id": 0}"#;
    write_random(folder, config_text, Layout { prefix: "bert.", older: false, dtype: DType::F32 });
    let letters = ('a'..='z').flat_map(|c| [c.to_string(), format!("##{c}")]);
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned);
    let vocab: Vec<String> = special.into_iter().chain(letters).collect();
    fs::write(folder.join("vocab.txt"), vocab.join("\n")).unwrap();
}

/// The same of a cased MPNet, as older software named its weights.
fn cased_mpnet_folder(folder: &Path) {
    let config_text = r#"{"model_type": "mpnet", "vocab_size": 90, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 64, "hidden_act": "gelu_new", "max_position_embeddings": 40, "initializer_range": 0.2}"#;
    write_random(folder, config_text, Layout { prefix: "mpnet.", older: true, dtype: DType::F32 });
    let letters = ('a'..='z').flat_map(|c| [c.to_string(), c.to_uppercase().to_string(), format!("##{c}")]);
    let special = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"].map(str::to_owned);
    let vocab: Vec<String> = special.into_iter().chain(letters).collect();
    fs::write(folder.join("vocab.txt"), vocab.join("\n")).unwrap();
}

/// "gene mutation causes loss" and the like: a gene is the theme of its mutation, which causes a loss.
fn documents() -> Vec<Document> {
    let genes = ["abc", "bde", "cfg", "dhi", "ejk"];
    let document = |(i, gene): (usize, &&str)| {
        let text = format!("the {gene} mutation causes a loss of it.");
        let mut document = Document::new(format!("d{i}"), SourceText::new(text.as_str()));
        for (id, word, label) in [("T1", *gene, "Gene"), ("T2", "mutation", "Var"), ("T3", "loss", "NegReg")] {
            let start = text.find(word).unwrap() as u32;
            let entity = Entity {
                id: AnnotationId::from(id),
                label: Label::from(label),
                spans: vec![CharSpan::of_chars(start, start + word.len() as u32).unwrap()],
                origin: Origin::Given,
                status: Status::Accepted,
            };
            document.entities.insert(entity.id.clone(), entity);
        }
        for (id, role, subject, object) in [("R1", "ThemeOf", "T1", "T2"), ("R2", "CauseOf", "T2", "T3")] {
            let relation = Relation {
                id: AnnotationId::from(id),
                role: Label::from(role),
                subject: AnnotationId::from(subject),
                object: AnnotationId::from(object),
                argument_names: None,
                origin: Origin::Given,
                status: Status::Accepted,
            };
            document.relations.insert(relation.id.clone(), relation);
        }
        document
    };
    genes.iter().enumerate().map(document).collect()
}

fn recipe(epochs: usize) -> Recipe {
    let optimizer = OptimizerRecipe {
        epochs,
        batch: 2,
        learning_rate: 1e-2,
        warmup: 0.1,
        weight_decay: 0.01,
        clip: 5.0,
        dropout: 0.1,
        average: 0.5,
    };
    Recipe {
        name: "test".to_owned(),
        description: "a test".to_owned(),
        seed: 3,
        word_split: crate::nlp::WordSplit::Punctuation,
        window: 62,
        checkpoint_minutes: 1000.0,
        tagger: TaggerRecipe {
            optimizer: optimizer.clone(),
            encoder_rate: 3e-3,
            layer_decay: 0.9,
            freeze: vec!["embeddings.word".to_owned()],
            shape_width: 4,
            part_width: 3,
            scheme: TagScheme::default(),
            output: Output::default(),
            lstm_width: 0,
            context: Context::default(),
            also_read: vec![Context::Sentence],
            relevance: None,
            encoder_layers: None,
            piece_dropout: 0.1,
            threshold: 0.0,
            score_every: 1000,
        },
        relations: Some(RelationRecipe::Scorer(ScorerRecipe {
            optimizer,
            joint_weight: 0.5,
            state_width: 8,
            heads: 2,
            hidden_width: 8,
            marked: true,
            message_width: 3,
            threshold: 0.5,
            forest: Some(ForestRecipe { share: 0.7, trees: 4, leaves: 3, rate: 0.1, least: 1, ridge: 1.0 }),
        })),
        auxiliary: None,
        teaching: None,
    }
}

fn inputs(epochs: usize, encoder: &Path, out: &Path) -> Inputs {
    Inputs {
        recipe: recipe(epochs),
        documents: documents(),
        fold: None,
        encoder: encoder.into(),
        teachers: Vec::new(),
        corpora: encoder.into(),
        scores: None,
        out: out.into(),
    }
}

fn weights(out: &Path) -> Vec<u8> {
    fs::read(out.join("model").join("weights.safetensors")).unwrap()
}

fn assert_same_weights(a: &[u8], b: &[u8]) {
    let [a, b] = [a, b].map(|bytes| safetensors::SafeTensors::deserialize(bytes).unwrap());
    assert_eq!(a.len(), b.len());
    let differing: Vec<_> =
        a.iter().filter(|(name, view)| view.data() != b.tensor(name).unwrap().data()).map(|(name, _)| name).collect();
    assert!(differing.is_empty(), "these differ: {differing:?}");
}

#[test]
fn an_interrupted_training_ends_with_the_same_model_as_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    let outcome = run(inputs(4, folder.path(), &whole), &mut Ignore, &CancelToken::default()).unwrap();
    assert!(matches!(outcome, Outcome::Finished { .. }));
    // Stops within the tagger, at its end, and within the relations (12 steps each).
    for stop in [5, 7, 4] {
        let cancel = CancelToken::default();
        let outcome = run(inputs(4, folder.path(), &parts), &mut StopAfter(stop, cancel.clone()), &cancel).unwrap();
        assert_eq!(outcome, Outcome::Interrupted);
    }
    run(inputs(4, folder.path(), &parts), &mut Ignore, &CancelToken::default()).unwrap();
    assert_same_weights(&weights(&whole), &weights(&parts));
    let relations = |out: &Path| read_manifest(&out.join("model")).unwrap().relations.unwrap();
    assert_eq!(relations(&whole), relations(&parts));
    assert!(relations(&whole).scorer().unwrap().forest.is_some());
}

#[test]
fn training_learns_what_the_documents_say() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let out = folder.path().join("out");
    run(inputs(60, folder.path(), &out), &mut Ignore, &CancelToken::default()).unwrap();
    let model = Model::load(&ModelFiles::read(&out.join("model")).unwrap(), Precision::F32).unwrap();
    let scores = score(model, &documents()).unwrap();
    assert!(scores.spans.f1 > 0.9, "{scores:?}");
    assert!(scores.roles_given_gold_spans.f1 > 0.9, "{scores:?}");

    // The model goes on learning, from documents in which one of its types is missing: what it knows stays.
    let (first, more) = (out.join("model"), folder.path().join("more"));
    let mut without_genes = inputs(1, &first, &more);
    for document in &mut without_genes.documents {
        document.entities.retain(|_, entity| entity.label.as_str() != "Gene");
        document.relations.retain(|_, relation| relation.role.as_str() != "ThemeOf");
    }
    run(without_genes, &mut Ignore, &CancelToken::default()).unwrap();
    let [before, after] =
        [&first, &more.join("model")].map(|f| Model::load(&ModelFiles::read(f).unwrap(), Precision::F32).unwrap());
    assert_eq!(before.manifest().labels, after.manifest().labels);
    let scores = score(after, &documents()).unwrap();
    assert!(scores.spans.f1 > 0.6, "{scores:?}");
}

#[test]
fn a_cased_mpnet_learns_and_its_folder_remembers_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    cased_mpnet_folder(folder.path());
    let out = folder.path().join("out");
    let mut mpnet = inputs(40, folder.path(), &out);
    mpnet.recipe.window = 510;
    run(mpnet, &mut Ignore, &CancelToken::default()).unwrap();
    let files = ModelFiles::read(&out.join("model")).unwrap();
    for precision in [Precision::F32, Precision::Int8] {
        let model = Model::load(&files, precision).unwrap();
        assert!(!model.manifest().lowercase);
        assert_eq!(model.manifest().window, 36, "40 positions, two that no piece gets, two for the ends");
        let [capital, small] = ["Abc", "abc"].map(|text| model.prepare(&SourceText::new(text)).unwrap().encoded.packed.ids);
        assert_ne!(capital, small);
        let scores = score(model, &documents()).unwrap();
        assert!(scores.spans.f1 > 0.9, "{precision}: {scores:?}");
    }
}

#[test]
fn an_incomplete_encoder_is_refused_before_anything_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let path = folder.path().join("model.safetensors");
    let mut named = candle_core::safetensors::load(&path, &candle_core::Device::Cpu).unwrap();
    named.remove("bert.encoder.layer.1.output.dense.bias").unwrap();
    candle_core::safetensors::save(&named, &path).unwrap();
    let error = run(inputs(1, folder.path(), &folder.path().join("out")), &mut Ignore, &CancelToken::default()).unwrap_err();
    assert!(
        error.to_string().ends_with("model.safetensors: the weights have no \"encoder.layer.1.output.dense.bias\""),
        "{error}"
    );
    let config = fs::read_to_string(folder.path().join("config.json")).unwrap();
    fs::write(folder.path().join("config.json"), config.replace("60", "50")).unwrap();
    let error = run(inputs(1, folder.path(), &folder.path().join("out")), &mut Ignore, &CancelToken::default()).unwrap_err();
    assert!(error.to_string().ends_with("\"vocab_size\" is 50, but the vocabulary beside it has 57 pieces"), "{error}");
}

#[test]
fn every_switch_learns_and_its_model_predicts_what_the_training_scored() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let splits = folder.path().join("splits.json");
    fs::write(&splits, r#"{"folds": [["d0"]]}"#).unwrap();
    let plain = recipe(40);
    let mut switched: Vec<(&str, Recipe)> = Vec::new();
    let mut switch = |name, change: &dyn Fn(&mut Recipe)| {
        let mut recipe = plain.clone();
        change(&mut recipe);
        recipe.relations = None;
        switched.push((name, recipe));
    };
    switch("softmax", &|recipe| recipe.tagger.output = Output::Softmax);
    switch("bioes", &|recipe| recipe.tagger.scheme = TagScheme::Bioes);
    switch("bioes-softmax", &|recipe| (recipe.tagger.scheme, recipe.tagger.output) = (TagScheme::Bioes, Output::Softmax));
    switch("lstm", &|recipe| recipe.tagger.lstm_width = 20);
    switch("no-encoder", &|recipe| (recipe.tagger.lstm_width, recipe.tagger.encoder_layers) = (20, Some(0)));
    for (name, used) in [
        ("relevance-unused", RelevanceUse::Unused),
        ("relevance-decoding", RelevanceUse::Decoding),
        ("relevance-given", RelevanceUse::Given),
        ("relevance-joint", RelevanceUse::Joint),
    ] {
        switch(name, &|recipe| recipe.tagger.relevance = Some(RelevanceRecipe { weight: 0.2, used, strength: 0.5 }));
    }
    switch("sentence", &|recipe| recipe.tagger.context = Context::Sentence);
    switch("neighbours", &|recipe| recipe.tagger.context = Context::Neighbours);
    switch("nltk", &|recipe| recipe.word_split = crate::nlp::WordSplit::NltkLike);
    for (name, recipe) in switched {
        let out = folder.path().join(name);
        let given = Inputs { recipe, fold: Some((splits.clone(), 0)), ..inputs(1, folder.path(), &out) };
        let Outcome::Finished { scores: Some(scored), .. } = run(given, &mut Ignore, &CancelToken::default()).unwrap() else {
            panic!("{name} was not scored")
        };
        let files = ModelFiles::read(&out.join("model")).unwrap();
        let held_out = &documents()[..1];
        assert_eq!(score(Model::load(&files, Precision::F32).unwrap(), held_out).unwrap(), scored, "{name}");
        let learned = score(Model::load(&files, Precision::F32).unwrap(), &documents()[1..]).unwrap();
        assert!(learned.spans.f1 > 0.9, "{name}: {learned:?}");
        let whole = score(Model::load(&files, Precision::Int8).unwrap(), &documents()[1..]).unwrap();
        assert!(whole.spans.f1 > 0.9, "{name} in whole numbers: {whole:?}");
    }
    let manifest = Manifest::parse(&fs::read(folder.path().join("no-encoder/model/manifest.json")).unwrap()).unwrap();
    assert_eq!((manifest.tagger.lstm_width, manifest.tagger.output), (20, Output::Crf));
    let mut deeper = inputs(1, folder.path(), &folder.path().join("deeper"));
    deeper.recipe.tagger.encoder_layers = Some(3);
    let error = run(deeper, &mut Ignore, &CancelToken::default()).unwrap_err();
    assert!(error.to_string().ends_with("config.json: the encoder has 2 layers, but the recipe wants to keep 3"), "{error}");
}

#[test]
fn a_checkpoint_of_another_recipe_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let out = folder.path().join("out");
    let cancel = CancelToken::default();
    run(inputs(4, folder.path(), &out), &mut StopAfter(1, cancel.clone()), &cancel).unwrap();
    let error = run(inputs(5, folder.path(), &out), &mut Ignore, &CancelToken::default()).unwrap_err();
    assert!(error.to_string().contains("another recipe"), "{error}");
}

#[test]
fn a_missing_encoder_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = run(inputs(1, folder.path(), &folder.path().join("out")), &mut Ignore, &CancelToken::default()).unwrap_err();
    assert!(error.to_string().contains("config.json"), "{error}");
}

/// Two folds of the documents, and the cross-validation of a short recipe.
fn cross_inputs(folder: &Path, epochs: usize) -> CrossInputs {
    let splits = folder.join("splits.json");
    fs::write(&splits, r#"{"folds": [["d0", "d1"], ["d2", "d3", "d4"]]}"#).unwrap();
    let out = folder.join("folds");
    let (teachers, corpora) = (Vec::new(), folder.to_path_buf());
    CrossInputs { recipe: recipe(epochs), documents: documents(), splits, encoder: folder.to_path_buf(), teachers, corpora, out }
}

#[test]
fn a_cross_validation_goes_on_where_it_was_stopped_and_its_scores_stand_in_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    encoder_folder(folder.path());
    let inputs = cross_inputs(folder.path(), 2);
    let cancel = CancelToken::default();
    // The first fold has 4 + 4 steps: this stops in the second.
    assert_eq!(cross_validate(&inputs, &mut StopAfter(9, cancel.clone()), &cancel).unwrap(), None);
    let first = fs::metadata(inputs.out.join("fold0/model/manifest.json")).unwrap().modified().unwrap();
    let scores = cross_validate(&inputs, &mut Ignore, &CancelToken::default()).unwrap().unwrap();
    assert_eq!(scores.iter().map(|scores| scores.documents).collect::<Vec<_>>(), [2, 3]);
    let again = fs::metadata(inputs.out.join("fold0/model/manifest.json")).unwrap().modified().unwrap();
    assert_eq!(first, again, "a finished fold is not trained again");

    let out = folder.path().join("all");
    let whole = Inputs { scores: Some(inputs.out.join("scores.json")), ..super::tests::inputs(2, folder.path(), &out) };
    run(whole, &mut Ignore, &CancelToken::default()).unwrap();
    let file = out.join("model/manifest.json");
    let manifest = Manifest::parse(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(manifest.scores["folds"][1]["documents"], 3);
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    run(super::tests::inputs(2, folder.path(), &out), &mut Ignore, &CancelToken::default()).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written, "what is finished is not trained again");

    let other = folder.path().join("other");
    let other = Inputs { scores: Some(inputs.out.join("scores.json")), ..super::tests::inputs(3, folder.path(), &other) };
    let error = run(other, &mut Ignore, &CancelToken::default()).unwrap_err();
    assert!(error.to_string().contains("another recipe"), "{error}");
    let other = CrossInputs { recipe: recipe(3), ..inputs };
    let error = cross_validate(&other, &mut Ignore, &CancelToken::default()).unwrap_err();
    assert!(error.to_string().contains("another recipe"), "{error}");
}
