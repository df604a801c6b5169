use super::*;
use crate::model::decoder::Decoding;
use crate::model::folder::tests::{TinyParts, tiny_files, tiny_model, tiny_parts};
use crate::model::quantize;
use crate::model::relation::{Cell, Kinds, PairTable, RelationModelConfig, neighbours};
use candle_core::{Device, Tensor};

const TEXT: &str = "Loss of abc1 lowers growth. The p53 r175h change, as was said before, stops abc-2 again.";

fn mentions() -> Vec<Mention> {
    [(0..1, 2), (2..4, 1), (5..6, 0), (9..11, 1), (11..15, 0), (20..21, 2)]
        .map(|(words, label)| Mention { words, label })
        .to_vec()
}

/// The tiny model with its types in another order, which changes nothing in what it says.
fn turned(seed: u64) -> Model {
    let TinyParts { mut relations, tags, mut weights, .. } = tiny_parts(seed);
    let order = [2, 0, 1];
    let labels: Vec<Label> = order.iter().map(|&label| tags.labels()[label].clone()).collect();
    let turned = TagSet::new(labels.clone());
    let row = |tag: usize| turned.place_of(tag as u32).map_or(0, |(label, place)| tags.tag(order[label], place));
    let rows: Vec<u32> = (0..turned.len()).map(row).collect();
    let pick = |tensor: &Tensor, rows: &[u32], dim| tensor.index_select(&Tensor::new(rows, &Device::Cpu).unwrap(), dim).unwrap();
    for name in ["tagger.emission.weight", "tagger.emission.bias"] {
        let tensor = weights.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        weights.insert(name, pick(&tensor, &rows, 0));
    }
    let moves = weights.get("tagger.moves", &[9, 7]).unwrap();
    let all: Vec<u32> = rows.iter().copied().chain([7, 8]).collect();
    weights.insert("tagger.moves", pick(&pick(&moves, &all, 0), &rows, 1));
    let mut table = PairTable::default();
    for (subject, object) in [(1, 0), (0, 2), (2, 2)] {
        let at = |label: usize| order.iter().position(|&other| other == label).unwrap();
        let cell = Cell { subject: at(subject), object: at(object), same_sentence: true, object_rank: 0, subject_rank: 0 };
        (0..5).for_each(|_| table.add(cell, 1, 3));
    }
    relations.table = table;
    let weights = quantize::to_safetensors(&weights).unwrap();
    let mut manifest = Manifest::parse(&tiny_files(seed).manifest).unwrap();
    manifest.labels = labels;
    manifest.relations = Some(RelationModelConfig::Scorer(relations));
    manifest.weights_hash = blake3::hash(&weights).to_hex().to_string();
    let files =
        ModelFiles { manifest: serde_json::to_vec(&manifest).unwrap().into(), weights: weights.into(), ..tiny_files(seed) };
    Model::load(&files, Precision::F32).unwrap()
}

/// Emissions, pairs, their outcomes, spans.
type Said = (Vec<f32>, Vec<(usize, usize)>, Vec<Vec<f32>>, Vec<String>);

fn said(ensemble: &Ensemble) -> Said {
    let reading = ensemble.read(&SourceText::new(TEXT)).unwrap();
    let scored = ensemble.score_pairs(&reading, (&mentions(), &[true; 6]), &|| false).unwrap().unwrap();
    let spans = ensemble.decoder().decode(reading.emissions(), &reading.prepared().encoded.sentences, Decoding::Path);
    let spans = spans.iter().map(|span| format!("{:?} {} {:.5}", span.words, span.label, span.probability)).collect();
    let pairs = scored.candidates.pairs.iter().map(|pair| (pair.subject, pair.object)).collect();
    (reading.emissions().to_vec(), pairs, scored.outcomes.iter().map(<[f32]>::to_vec).collect(), spans)
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3)
}

#[test]
fn trees_have_a_say_on_mentions_that_stand_and_on_no_others() {
    let mut manifest = Manifest::parse(&tiny_files(5).manifest).unwrap();
    let Some(RelationModelConfig::Scorer(config)) = &mut manifest.relations else { panic!("another kind of relation model") };
    config.forest = Some(neighbours(Kinds::of(&config.table, 3)));
    let files = |manifest: &Manifest| ModelFiles { manifest: manifest.to_bytes().unwrap().into(), ..tiny_files(5) };
    let ensemble = Ensemble::from(Model::load(&files(&manifest), Precision::F32).unwrap());
    let reading = ensemble.read(&SourceText::new(TEXT)).unwrap();
    let scored = |standing: &[bool]| ensemble.score_pairs(&reading, (&mentions(), standing), &|| false).unwrap().unwrap();
    let without: Vec<Vec<f32>> = said(&Ensemble::from(tiny_model(5))).2;
    let rows = |standing: &[bool]| scored(standing).outcomes.iter().map(<[f32]>::to_vec).collect::<Vec<_>>();
    assert_eq!(rows(&[false; 6]), without);
    let standing = [true, true, false, true, true, false];
    let pairs = scored(&standing).candidates.pairs;
    for ((pair, with), without) in pairs.iter().zip(rows(&standing)).zip(&without) {
        assert_eq!(with != *without, standing[pair.subject] && standing[pair.object], "{pair:?}");
        assert!((with.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
    if let Some(RelationModelConfig::Scorer(config)) = &mut manifest.relations {
        config.forest = Some(neighbours(Kinds::of(&config.table, 2)));
    }
    let refused = Model::load(&files(&manifest), Precision::F32).unwrap_err().to_string();
    assert!(refused.contains("trees of its relation scorer do not fit"), "{refused}");
}

#[test]
fn a_model_beside_itself_says_the_same_whatever_the_order_of_its_types() {
    let alone = said(&Ensemble::from(tiny_model(5)));
    assert!(alone.1.len() > 3 && !alone.3.is_empty());
    for other in [tiny_model(5), turned(5)] {
        let both = said(&Ensemble::new(tiny_model(5), vec![other]).unwrap());
        // Weights in 8 bits are rounded row by row, so their order does not matter but for the moves' columns.
        assert!(close(&alone.0, &both.0) && alone.1 == both.1, "{:?} {:?}", alone.0, both.0);
        assert!(alone.2.iter().zip(&both.2).all(|(a, b)| close(a, b)), "{:?} {:?}", alone.2, both.2);
        let words = |spans: &[String]| spans.iter().map(|span| span.split(' ').take(2).collect::<String>()).collect::<Vec<_>>();
        assert_eq!(words(&alone.3), words(&both.3));
    }
}

#[test]
fn several_models_say_the_mean() {
    let (a, b) = (said(&Ensemble::from(tiny_model(5))), said(&Ensemble::from(tiny_model(6))));
    let both = said(&Ensemble::new(tiny_model(5), vec![tiny_model(6)]).unwrap());
    let mean = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect::<Vec<_>>();
    assert!(close(&both.0, &mean(&a.0, &b.0)) && !close(&both.0, &a.0));
    assert_eq!((&both.1, &a.1), (&a.1, &b.1));
    assert!((0..both.2.len()).all(|pair| close(&both.2[pair], &mean(&a.2[pair], &b.2[pair]))));
}

#[test]
fn what_one_member_never_saw_is_no_role_for_it() {
    let sum = |pairs: Vec<(usize, usize, Vec<f32>)>| {
        let found = Candidates::find(mentions(), std::slice::from_ref(&(0..21)), None).pairs;
        let (kept, outcomes): (Vec<CandidatePair>, Vec<Vec<f32>>) = pairs
            .into_iter()
            .map(|(subject, object, outcome)| {
                (found.iter().find(|pair| (pair.subject, pair.object) == (subject, object)).unwrap().clone(), outcome)
            })
            .unzip();
        ScoredPairs {
            candidates: Candidates { mentions: mentions(), sentences: Vec::new(), pairs: kept },
            outcomes: Outcomes::of_rows(&outcomes),
        }
    };
    let mut both = Sum::new(sum(vec![(0, 1, vec![0.5, 0.5])]));
    both.add(sum(vec![(0, 2, vec![0.2, 0.8]), (0, 1, vec![0.1, 0.9])]));
    let mean = both.mean(mentions(), 2);
    assert!(close(mean.outcomes.of(0), &[0.3, 0.7]) && close(mean.outcomes.of(1), &[0.6, 0.4]));
}

#[test]
fn models_that_do_not_fit_each_other_are_refused() {
    let mut files = tiny_files(5);
    let mut manifest = Manifest::parse(&files.manifest).unwrap();
    manifest.name = "other".to_owned();
    manifest.word_split = crate::nlp::WordSplit::Punctuation;
    files.manifest = serde_json::to_vec(&manifest).unwrap().into();
    let other = Model::load(&files, Precision::F32).unwrap();
    let refused = Ensemble::new(tiny_model(5), vec![other]).unwrap_err().to_string();
    assert!(refused.contains("tiny") && refused.contains("other") && refused.contains("other words"), "{refused}");
}
