//! The kinds of relation model beside the scorer.

use super::{Run, Stage, StageCourse, TrainError};
use crate::model::encoder::Dropout;
use crate::model::relation::{DegreeTable, PairEncoder, PairStage, PairsConfig, RelationModelConfig, RuleConfig};
use crate::train::course::{Pool, step_rng};
use crate::train::data::Example;
use crate::train::pairs::{self, LegalPairs, PairPool, PairSlot};
use crate::train::recipe::{PairsRecipe, RuleRecipe};
use crate::train::relations::PairCounts;

impl Run<'_> {
    /// The examples of the corpus: of what nobody annotated it is not known which pairs are not related.
    pub(super) fn annotated<'e>(&self, examples: &'e [Example]) -> &'e [Example] {
        examples.get(..self.corpus.train.len()).unwrap_or(examples)
    }

    /// A rule has learned when its pairs are counted.
    pub(super) fn prepare_rule(&mut self, recipe: &RuleRecipe, examples: &[Example]) {
        let examples = self.annotated(examples);
        let roles = self.roles();
        let PairCounts { table, .. } = PairCounts::of(examples, roles.len());
        let pairs: Vec<_> = examples.iter().map(|example| LegalPairs::of(example, &table)).collect();
        let counted = pairs.iter().map(|pairs| (&pairs.candidates, pairs.outcomes.as_slice()));
        let rule = RuleConfig::learn((recipe.look, recipe.compatible), (roles, table), counted);
        self.manifest.relations = Some(RelationModelConfig::Rule(rule));
    }

    /// Which pairs a pair encoder will read. Its weights are put in when its stages begin, so that the tagger's checkpoints stay small.
    pub(super) fn prepare_pairs(&mut self, recipe: &PairsRecipe, examples: &[Example]) -> Result<(), TrainError> {
        if !(1..=2).contains(&recipe.stages) {
            let what = format!("relations of kind \"pairs\" have one stage or two, but the recipe says {}", recipe.stages);
            return Err(TrainError::Input(what));
        }
        let (roles, examples) = (self.roles(), self.annotated(examples));
        let known = self.start.pair_encoder().map(|known| known.table.clone()).unwrap_or_default();
        let known = PairCounts { table: known, degrees: DegreeTable::default() };
        let PairCounts { table, .. } = PairCounts::beyond(known, examples, roles.len());
        self.manifest.relations = Some(RelationModelConfig::Pairs(recipe.config(roles, table)));
        Ok(())
    }

    /// The stages of a pair encoder, as far as they are not done.
    pub(super) fn train_pairs(&mut self, recipe: &PairsRecipe, examples: &[Example]) -> Result<bool, TrainError> {
        let Some(RelationModelConfig::Pairs(config)) = self.manifest.relations.clone() else { return Ok(true) };
        let examples = self.annotated(examples);
        let pairs: Vec<_> = examples.iter().map(|example| LegalPairs::of(example, &config.table)).collect();
        let done = self.resumed.as_ref().is_some_and(|checkpoint| checkpoint.position.stage == Stage::Roles);
        for &part in config.stages().iter().skip(usize::from(done)) {
            let pool = PairPool::new(&pairs, part, config.stages, recipe.negatives);
            if !self.train_pair_stage(recipe, (&config, part), examples, &pool)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn train_pair_stage(
        &mut self,
        recipe: &PairsRecipe,
        (config, part): (&PairsConfig, PairStage),
        examples: &[Example],
        pool: &PairPool<'_>,
    ) -> Result<bool, TrainError> {
        let (labels, prefix) = (&self.manifest.labels, part.prefix());
        let (stage, purpose) = match part {
            PairStage::First => (Stage::Relations, 2),
            PairStage::Second => (Stage::Roles, 3),
        };
        let made_of = (config, config.outcomes(part));
        let mut rng = step_rng(self.recipe.seed, "weights", purpose);
        let start = (&self.start.weights()?, &self.start.config);
        PairEncoder::ensure(&mut self.weights, prefix, made_of, start, labels, &mut rng)?;
        let frozen = |name: &str| recipe.freeze.iter().any(|frozen| name.starts_with(frozen.as_str()));
        self.weights.make_trainable(|name| name.strip_prefix(prefix).is_some_and(|name| !frozen(name)))?;
        let encoder = PairEncoder::load(&self.weights, prefix, made_of, &self.start.config, labels)?;
        let layers = self.start.config.num_hidden_layers;
        let rate = |name: &str| pairs::rate(name.strip_prefix(prefix).unwrap_or(name), recipe, layers);
        let slots = pool.slots();
        let placeholder = self.start.pieces()?.special().placeholder();
        let sizes = (placeholder, self.start.config.longest());
        let labels = labels.len();
        let pools = [Pool::whole(slots.len())];
        let mut optimizer = self.optimizer(&recipe.optimizer, &pools, rate)?;
        let stage = StageCourse { stage, recipe: &recipe.optimizer, weights: &self.weights, examples: &slots, pools: &pools };
        let loss = |batch: &[&PairSlot], mut rng| {
            let batch = pool.draw(batch, &mut rng);
            let text = batch.write(config, examples, labels, sizes);
            let mut dropout = Dropout::new(recipe.optimizer.dropout, rng);
            Ok(Some((batch.loss(&encoder, &text, &mut dropout)?, text.packed.ids.len())))
        };
        let finished = self.course.run(&stage, &mut optimizer, loss, |_, _, _| Ok(()))?;
        self.weights = optimizer.averaged(&self.weights)?;
        Ok(finished)
    }
}
