//! Training the part-of-speech tagger: an averaged perceptron (Collins 2002) over tagged sentences.

use super::TrainError;
use super::course::step_rng;
use super::metrics::{Observer, TrainEvent};
use crate::formats::replace_bytes;
use crate::nlp::pos::{FEATURES, Features, PosTables, PosTagger, highest};
use crate::pipeline::CancelToken;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// Averages are kept as integers: this many for 1.
const SCALE: f64 = 64.0;

/// A training of the part-of-speech tagger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PosRecipe {
    /// Name of the result.
    pub name: String,
    /// One sentence on what it is.
    pub description: String,
    /// Seed of the order of the sentences.
    pub seed: u64,
    /// What to learn.
    pub part_of_speech: PosPart,
}

/// The part of a recipe that makes it one for part of speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PosPart {
    /// Passes over the sentences.
    pub epochs: usize,
    /// Features that are seen less often are left out.
    pub least_count: usize,
    /// Averaged weights nearer to 0 than this are left out.
    pub least_weight: f64,
    /// Files of one token and tag a line, inside the corpus folder, to learn from.
    pub train: Vec<PathBuf>,
    /// The same, to test on.
    pub test: Vec<PathBuf>,
}

/// A finished training.
#[derive(Clone, Debug, PartialEq)]
pub struct PosOutcome {
    /// The tables.
    pub file: PathBuf,
    /// Tokens of the test files.
    pub tokens: usize,
    /// Share of these whose tag is right.
    pub accuracy: f64,
}

/// Tokens and tags.
type Sentence = (Vec<String>, Vec<u8>);

/// Trains and tests the tagger; `None` when it was asked to stop. It takes a minute, so there is no checkpoint.
///
/// # Errors
/// When a file can't be read or the tables can't be written.
pub fn train_pos(
    recipe: &PosRecipe,
    corpora: &Path,
    out: &Path,
    observer: &mut dyn Observer,
    cancel: &CancelToken,
) -> Result<Option<PosOutcome>, TrainError> {
    let mut names: Vec<String> = Vec::new();
    let train = read_all(corpora, &recipe.part_of_speech.train, &mut names)?;
    let test = read_all(corpora, &recipe.part_of_speech.test, &mut names)?;
    observer.observe(&TrainEvent::Started { documents: train.len(), dev_documents: test.len(), resumed_at: 0 });
    let Some(tables) = learn(recipe, &train, names, observer, cancel) else { return Ok(None) };
    let tagger = PosTagger::new(&tables);
    let (mut tokens, mut right) = (0, 0);
    for (words, gold) in &test {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        tokens += gold.len();
        right += tagger.tag(&words).iter().zip(gold).filter(|(found, gold)| found == gold).count();
    }
    let file = out.join("pos.safetensors");
    let bytes = tables.to_bytes().map_err(|error| TrainError::at(&file, error))?;
    fs::create_dir_all(out).map_err(|error| TrainError::at(out, error))?;
    replace_bytes(&file, &bytes).map_err(|error| TrainError::at(&file, error))?;
    Ok(Some(PosOutcome { file, tokens, accuracy: right as f64 / tokens.max(1) as f64 }))
}

fn read_all(root: &Path, paths: &[PathBuf], names: &mut Vec<String>) -> Result<Vec<Sentence>, TrainError> {
    let mut sentences = Vec::new();
    for path in paths.iter().map(|path| root.join(path)) {
        let content = fs::read_to_string(&path).map_err(|error| TrainError::at(&path, error))?;
        read(&content, names, &mut sentences)
            .map_err(|line| TrainError::at(&path, format!("line {line} is no token and tag")))?;
    }
    Ok(sentences)
}

/// Reads token and tag by line, an empty line between sentences. The error is the number of a line that is neither.
fn read(content: &str, names: &mut Vec<String>, sentences: &mut Vec<Sentence>) -> Result<(), usize> {
    let mut sentence = Sentence::default();
    for (number, line) in content.lines().chain([""]).enumerate() {
        if line.is_empty() {
            let done = std::mem::take(&mut sentence);
            if !done.0.is_empty() && !is_record_marker(&done.0) {
                sentences.push(done);
            }
            continue;
        }
        let (token, tag) = line.split_once('\t').ok_or(number + 1)?;
        let id = names.iter().position(|name| name == tag).unwrap_or_else(|| {
            names.push(tag.to_owned());
            names.len() - 1
        });
        sentence.0.push(token.to_owned());
        sentence.1.push(u8::try_from(id).map_err(|_| number + 1)?);
    }
    Ok(())
}

/// GENIA's records begin with "UI - 95369245", "TI -" and "AB -": no text, and too easy to be counted.
fn is_record_marker(tokens: &[String]) -> bool {
    matches!(tokens.first().map(String::as_str), Some("UI" | "TI" | "AB")) && tokens.get(1).is_some_and(|token| token == "-")
}

/// A weight while it is learned.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    tag: u8,
    value: f32,
    /// Sum of its values over the steps up to `since`.
    total: f64,
    since: u64,
}

impl Weight {
    fn change(&mut self, by: f32, step: u64) {
        self.total += f64::from(self.value) * (step - self.since) as f64;
        self.since = step;
        self.value += by;
    }

    fn average(&self, step: u64) -> f64 {
        (self.total + f64::from(self.value) * (step - self.since) as f64) / step.max(1) as f64
    }
}

fn learn(
    recipe: &PosRecipe,
    sentences: &[Sentence],
    tags: Vec<String>,
    observer: &mut dyn Observer,
    cancel: &CancelToken,
) -> Option<PosTables> {
    let part = &recipe.part_of_speech;
    let mut weights = frequent(sentences, part.least_count);
    let mut scores = vec![0_f32; tags.len()];
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    let mut step = 0;
    for epoch in 0..part.epochs {
        order.shuffle(&mut step_rng(recipe.seed, "part-of-speech", epoch));
        let mut wrong = 0;
        for &at in &order {
            if cancel.is_cancelled() {
                return None;
            }
            let (words, gold) = &sentences[at];
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let features = Features::of_sentence(&words);
            let mut found: Vec<u8> = Vec::with_capacity(gold.len());
            for (i, &right) in gold.iter().enumerate() {
                let active = features.at(i, &found);
                let guess = guess(&weights, &active, &mut scores);
                step += 1;
                if guess != right {
                    wrong += 1;
                    for feature in active {
                        let Some(row) = weights.get_mut(&feature) else { continue };
                        weight(row, right).change(1.0, step);
                        weight(row, guess).change(-1.0, step);
                    }
                }
                found.push(guess);
            }
        }
        let loss = f64::from(wrong) / (step as f64 / (epoch + 1) as f64).max(1.0);
        let (epoch, steps) = (epoch + 1, part.epochs);
        let event =
            TrainEvent::Step { stage: "part of speech", step: epoch, steps, loss, gradient_norm: 0.0, pieces_per_second: 0.0 };
        observer.observe(&event);
    }
    Some(tables(&weights, tags, part.least_weight, step))
}

/// An empty row of weights for each feature that is seen often enough, with the right tags before.
fn frequent(sentences: &[Sentence], least: usize) -> HashMap<u32, Vec<Weight>> {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for (words, gold) in sentences {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let features = Features::of_sentence(&words);
        (0..gold.len()).for_each(|i| features.at(i, gold).iter().for_each(|&feature| *counts.entry(feature).or_default() += 1));
    }
    counts.into_iter().filter(|(_, count)| *count >= least).map(|(feature, _)| (feature, Vec::new())).collect()
}

fn guess(weights: &HashMap<u32, Vec<Weight>>, active: &[u32; FEATURES], scores: &mut [f32]) -> u8 {
    scores.fill(0.0);
    for row in active.iter().filter_map(|feature| weights.get(feature)) {
        row.iter().for_each(|weight| scores[usize::from(weight.tag)] += weight.value);
    }
    highest(scores)
}

fn weight(row: &mut Vec<Weight>, tag: u8) -> &mut Weight {
    let at = row.iter().position(|weight| weight.tag == tag).unwrap_or_else(|| {
        row.push(Weight { tag, ..Weight::default() });
        row.len() - 1
    });
    &mut row[at]
}

fn tables(weights: &HashMap<u32, Vec<Weight>>, tags: Vec<String>, least: f64, step: u64) -> PosTables {
    let mut tables = PosTables { tags, ..PosTables::default() };
    let sorted: BTreeMap<u32, &Vec<Weight>> = weights.iter().map(|(feature, row)| (*feature, row)).collect();
    for (feature, row) in sorted {
        let averages = row.iter().map(|weight| (weight.tag, weight.average(step)));
        let mut kept: Vec<(u8, f64)> = averages.filter(|(_, average)| average.abs() >= least).collect();
        if kept.is_empty() {
            continue;
        }
        kept.sort_by_key(|(tag, _)| *tag);
        tables.features.push(feature);
        tables.starts.push(tables.weights.len() as u32);
        for (tag, average) in kept {
            tables.tags_of_weights.push(tag);
            tables.weights.push((average * SCALE).round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16);
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::metrics::Ignore;

    const TRAIN: &str =
        "UI\tLS\n-\t:\n7\tCD\n\nthe\tDT\nloss\tNN\ncauses\tVBZ\ndeath\tNN\n\nthe\tDT\ngene\tNN\nreduces\tVBZ\ngrowth\tNN\n";
    const TEST: &str = "the\tDT\nchange\tNN\nenhances\tVBZ\nloss\tNN\n";

    fn recipe() -> PosRecipe {
        PosRecipe {
            name: "test".to_owned(),
            description: String::new(),
            seed: 1,
            part_of_speech: PosPart {
                epochs: 5,
                least_count: 1,
                least_weight: 0.01,
                train: vec!["train.tsv".into()],
                test: vec!["test.tsv".into()],
            },
        }
    }

    #[test]
    fn what_is_seen_in_training_is_known_in_new_words() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("train.tsv"), TRAIN).unwrap();
        fs::write(folder.path().join("test.tsv"), TEST).unwrap();
        let out = folder.path().join("out");
        let outcome = train_pos(&recipe(), folder.path(), &out, &mut Ignore, &CancelToken::default()).unwrap().unwrap();
        assert_eq!((outcome.tokens, outcome.accuracy), (4, 1.0));
        let tables = PosTables::parse(&fs::read(outcome.file).unwrap()).unwrap();
        let tagger = PosTagger::new(&tables);
        let tags = tagger.tag(&["the", "gene", "causes", "growth"]);
        let names: Vec<&str> = tags.iter().map(|&tag| tagger.tags()[usize::from(tag)].as_str()).collect();
        assert_eq!(names, ["DT", "NN", "VBZ", "NN"]);
    }

    #[test]
    fn record_markers_are_left_out_and_bad_lines_are_numbered() {
        let (mut names, mut sentences) = (Vec::new(), Vec::new());
        read(TRAIN, &mut names, &mut sentences).unwrap();
        assert_eq!(sentences.len(), 2);
        assert_eq!(read("a\tNN\nb\n", &mut names, &mut sentences), Err(2));
    }
}
