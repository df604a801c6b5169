//! `rolecall train`

use super::exit::{Exit, Failure, Outcome as CommandOutcome};
use super::{console, input, interrupt};
use crate::document::Document;
use crate::formats::LoadReport;
use crate::pipeline::CancelToken;
use crate::train::{
    AdaptInputs, AdaptRecipe, AnyRecipe, CrossInputs, FoldScores, Inputs, Observer, Outcome, PosRecipe, PretrainInputs,
    PretrainRecipe, Recipe, TrainEvent, adapt, cross_validate, describe, models_of_fold, pretrain, run, train_pos,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Train a model from a recipe and a corpus of annotated documents.
///
/// The result is OUT/model, a folder that `--model` takes. A recipe with [[corpus]] tables trains the encoder alone, on several other
/// corpora, one with a table [masking] on texts alone, by guessing hidden words; their result is OUT/encoder, a folder that `--encoder`
/// takes. Checkpoints are written to OUT every few minutes: the same
/// command goes on where it was stopped and ends with the same model as if it had not been. Ctrl-C stops after the current step.
/// What is wrong in a corpus is told, the rest is learned from, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall train --recipe assets/recipes/adapt.toml --corpus texts/ \\
      --encoder minilm/ --out run/adapted
  rolecall train --recipe assets/recipes/encoder.toml --corpus corpora/ \\
      --encoder minilm/ --out run/biomedical
  rolecall train --recipe assets/recipes/agac.toml --corpus train/ \\
      --encoder run/biomedical/encoder --out run/agac
  rolecall train --recipe assets/recipes/agac.toml --corpus train/ \\
      --splits splits.json --fold 0 --encoder run/biomedical/encoder --out run/fold0
  rolecall train --recipe assets/recipes/agac.toml --corpus train/ \\
      --splits splits.json --all-folds --encoder run/biomedical/encoder --out run/folds
  rolecall train --recipe assets/recipes/taught.toml --corpus train/ --encoder run/biomedical/encoder \\
      --teacher run/folds/fold*/model --corpora corpora/ --out run/taught")]
pub(super) struct Train {
    /// The recipe: a TOML file that says how to train. `base = "FILE"` in it takes from another what it does not say itself.
    #[arg(long, value_name = "FILE")]
    recipe: PathBuf,
    /// Folder with the annotated documents; with [[corpus]] or [masking] tables in the recipe, the folder that their paths start from.
    #[arg(long, value_name = "DIR")]
    corpus: PathBuf,
    /// Folder of the encoder to begin from: config.json, model.safetensors or pytorch_model.bin, vocab.txt or tokenizer.json;
    /// BERT or MPNet. A model folder does as well: its tagger and
    /// relation scorer then go on learning, e.g. from what was reviewed.
    #[arg(long, value_name = "DIR")]
    encoder: Option<PathBuf>,
    /// Folder for the result, the checkpoint and metrics.jsonl; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// JSON file whose "folds" list the names of the documents of each fold.
    #[arg(long, value_name = "FILE", requires = "held_out")]
    splits: Option<PathBuf>,
    /// The fold, from 0, that is held out and scored instead of trained on.
    #[arg(long, value_name = "N", requires = "splits", group = "held_out")]
    fold: Option<usize>,
    /// Hold out each fold in turn: a model for each in OUT/fold0 and so on, and the mean and spread of their scores.
    #[arg(long, requires = "splits", group = "held_out")]
    all_folds: bool,
    /// Folders of models that teach, for a recipe with [teaching]: what they believe of the documents, and of texts that nobody
    /// annotated, stands beside what is annotated. With --fold or --all-folds, folders of cross-validations, of which each fold's
    /// model teaches its own fold.
    #[arg(long, value_name = "DIR", num_args = 1..)]
    teacher: Vec<PathBuf>,
    /// Folder that the paths of a recipe's [auxiliary] corpora and [teaching] texts start from.
    #[arg(long, value_name = "DIR", default_value = ".")]
    corpora: PathBuf,
    /// The scores.json of a cross-validation by the same recipe, to stand in the manifest of a model that is trained on everything.
    #[arg(long, value_name = "FILE", conflicts_with = "held_out")]
    scores: Option<PathBuf>,
}

impl Train {
    pub(super) fn run(self) -> CommandOutcome {
        let recipe = AnyRecipe::read(&self.recipe)?;
        let for_folds = self.fold.is_some() || self.all_folds || !self.teacher.is_empty() || self.scores.is_some();
        if for_folds && !matches!(recipe, AnyRecipe::Model(_)) {
            let what = "--fold, --all-folds, --teacher and --scores are for recipes of models; this one is of another kind.";
            return Err(Failure::new(Exit::Usage, what));
        }
        let cancel = CancelToken::default();
        let mut line = Line {
            bar: None,
            interrupt: interrupt::Interrupt::catch()?,
            cancel: cancel.clone(),
            told: BTreeSet::new(),
            sound: true,
        };
        let outcome = match recipe {
            AnyRecipe::Model(recipe) if self.all_folds => return self.cross_validate(*recipe, &mut line, &cancel),
            AnyRecipe::Model(recipe) => self.train_model(*recipe, &mut line, &cancel)?,
            AnyRecipe::Encoder(recipe) => self.train_encoder(*recipe, &mut line, &cancel)?,
            AnyRecipe::Adaptation(recipe) => self.adapt_encoder(*recipe, &mut line, &cancel)?,
            AnyRecipe::PartOfSpeech(recipe) => return self.train_pos(&recipe, &mut line, &cancel),
        };
        line.finish();
        match outcome {
            Outcome::Interrupted => Ok(stopped()),
            Outcome::Finished { folder, scores } => {
                console::note(&format!("The result is in {}.", folder.display()));
                if let Some(scores) = scores {
                    console::result(&format!("{}\n", sentence(&scores)));
                }
                Ok(Exit::of(line.sound))
            }
        }
    }

    fn documents(&self, line: &mut Line) -> Result<Vec<Document>, Failure> {
        let report = input::load_files(std::slice::from_ref(&self.corpus))?;
        line.sound &= input::is_sound(&report);
        Ok(report.loaded.into_iter().map(|loaded| loaded.document).collect())
    }

    fn encoder(&self) -> Result<PathBuf, Failure> {
        self.encoder
            .clone()
            .ok_or_else(|| Failure::new(Exit::Usage, "This recipe begins from an encoder: name its folder with --encoder."))
    }

    fn train_pos(self, recipe: &PosRecipe, line: &mut Line, cancel: &CancelToken) -> CommandOutcome {
        let outcome = train_pos(recipe, &self.corpus, &self.out, line, cancel)?;
        line.finish();
        let Some(outcome) = outcome else {
            console::note("Stopped; nothing was written.");
            return Ok(Exit::Findings);
        };
        console::note(&format!("The tables are in {}.", outcome.file.display()));
        console::result(&format!("test ({} tokens): {:.2} % right\n", outcome.tokens, 100.0 * outcome.accuracy));
        Ok(Exit::Fine)
    }

    fn cross_validate(self, recipe: Recipe, line: &mut Line, cancel: &CancelToken) -> CommandOutcome {
        let (documents, encoder) = (self.documents(line)?, self.encoder()?);
        let Self { splits, teacher: teachers, corpora, out, .. } = self;
        let splits = splits.unwrap_or_default();
        let inputs = CrossInputs { recipe, documents, splits, encoder, teachers, corpora, out };
        let folds = cross_validate(&inputs, line, cancel)?;
        line.finish();
        let Some(folds) = folds else { return Ok(stopped()) };
        console::note(&format!("The models of the folds are in {}.", inputs.out.display()));
        console::result(&describe(&folds));
        Ok(Exit::of(line.sound))
    }

    fn train_model(self, recipe: Recipe, line: &mut Line, cancel: &CancelToken) -> Result<Outcome, Failure> {
        let (documents, encoder) = (self.documents(line)?, self.encoder()?);
        let Self { splits, fold, teacher, corpora, scores, out, .. } = self;
        let teachers = fold.map_or(teacher.clone(), |fold| models_of_fold(&teacher, fold));
        let fold = splits.zip(fold);
        run(Inputs { recipe, documents, fold, encoder, teachers, corpora, scores, out }, line, cancel).map_err(Failure::from)
    }

    fn train_encoder(self, recipe: PretrainRecipe, line: &mut Line, cancel: &CancelToken) -> Result<Outcome, Failure> {
        let inputs = PretrainInputs { recipe, encoder: self.encoder()?, corpora: self.corpus, out: self.out };
        let folder = pretrain(inputs, line, cancel)?;
        Ok(folder.map_or(Outcome::Interrupted, |folder| Outcome::Finished { folder, scores: None }))
    }

    fn adapt_encoder(self, recipe: AdaptRecipe, line: &mut Line, cancel: &CancelToken) -> Result<Outcome, Failure> {
        let inputs = AdaptInputs { recipe, encoder: self.encoder()?, corpora: self.corpus, out: self.out };
        let folder = adapt(inputs, line, cancel)?;
        Ok(folder.map_or(Outcome::Interrupted, |folder| Outcome::Finished { folder, scores: None }))
    }
}

fn stopped() -> Exit {
    console::note("Stopped. The same command goes on from the checkpoint.");
    Exit::Findings
}

fn sentence(scores: &FoldScores) -> String {
    format!(
        "dev ({} documents), strict micro: spans P {:.3} R {:.3} F1 {:.3}; roles F1 {:.3}, given gold spans P {:.3} R {:.3} F1 {:.3}",
        scores.documents,
        scores.spans.precision,
        scores.spans.recall,
        scores.spans.f1,
        scores.roles.f1,
        scores.roles_given_gold_spans.precision,
        scores.roles_given_gold_spans.recall,
        scores.roles_given_gold_spans.f1,
    )
}

/// The progress line, and what it has told of what was read.
struct Line {
    bar: Option<(&'static str, ProgressBar)>,
    interrupt: interrupt::Interrupt,
    cancel: CancelToken,
    /// Files of which findings were told: each fold of a cross-validation reads them again.
    told: BTreeSet<PathBuf>,
    /// Whether there was no error in what was read.
    sound: bool,
}

impl Line {
    fn finish(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn bar(&mut self, stage: &'static str, steps: usize) -> &ProgressBar {
        if self.bar.as_ref().is_some_and(|(shown, _)| *shown != stage) {
            self.finish();
        }
        let (_, bar) = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} steps, {eta} left  {msg}");
            let bar = ProgressBar::new(steps as u64).with_prefix(stage);
            (stage, style.map_or(bar.clone(), |style| bar.with_style(style)))
        });
        bar
    }
}

impl Observer for Line {
    fn observe(&mut self, event: &TrainEvent) {
        if self.interrupt.asked() {
            self.cancel.cancel();
        }
        match event {
            TrainEvent::Started { documents, dev_documents, resumed_at } => {
                let from = if *resumed_at > 0 { format!(", going on at step {resumed_at}") } else { String::new() };
                console::note(&format!("{documents} documents to train on, {dev_documents} held out{from}."));
            }
            TrainEvent::Step { stage, step, steps, loss, pieces_per_second, .. } => {
                let bar = self.bar(stage, *steps);
                bar.set_position(*step as u64);
                bar.set_message(format!("loss {loss:.3}, {pieces_per_second:.0} pieces/s"));
            }
            TrainEvent::Scored { stage, epoch, scores } => {
                let text = format!("{stage}, epoch {epoch}: {}", sentence(scores));
                match &self.bar {
                    Some((_, bar)) => bar.suspend(|| console::note(&text)),
                    None => console::note(&text),
                }
            }
            TrainEvent::Saved { .. } => {}
        }
    }

    fn read(&mut self, report: &LoadReport) {
        self.sound &= input::is_sound(report);
        let files: BTreeSet<PathBuf> = report.all_findings().map(|finding| finding.file.clone()).collect();
        if !files.is_subset(&self.told) {
            self.told.extend(files);
            input::tell(report);
        }
    }
}
