//! The stage of the relation scorer.

use super::{RELATIONS, Run};
use crate::model::encoder::Dropout;
use crate::model::relation::{MARKS, RelationModelConfig, RelationScorer, TYPES};
use crate::train::TrainError;
use crate::train::checkpoint::Stage;
use crate::train::course::{StageCourse, step_rng};
use crate::train::data::Example;
use crate::train::forest::forest_of;
use crate::train::recipe::ScorerRecipe;
use crate::train::relations::{self, PairCounts, PairExample, StateExample};

impl Run<'_> {
    /// Counts the pairs and puts a scorer's weights in; gives the pairs of each document that it is taught.
    pub(super) fn prepare_scorer(&mut self, recipe: &ScorerRecipe, examples: &[Example]) -> Result<Vec<PairExample>, TrainError> {
        let by_label = |start: &str| self.manifest.labels.iter().map(|label| format!("{start}{label}")).collect::<Vec<_>>();
        let own = [by_label(TYPES), by_label(MARKS)].concat();
        // An encoder folder brings the types of all corpora that it learned from.
        let labelled = |name: &str| name.starts_with(TYPES) || name.starts_with(MARKS);
        self.weights.retain(|name| !labelled(name) || own.iter().any(|own| own == name));
        let roles = self.roles();
        let known = self.start.scorer().map(|known| PairCounts { table: known.table.clone(), degrees: known.degrees.clone() });
        let annotated = self.annotated(examples);
        let counts = match known {
            Some(known) => PairCounts::beyond(known, annotated, roles.len()),
            None => PairCounts::of(annotated, roles.len()),
        };
        let config = recipe.config(roles, counts);
        let mut rng = step_rng(self.recipe.seed, "weights", 1);
        RelationScorer::ensure(&mut self.weights, &config, self.start.config.hidden_size, &self.manifest.labels, &mut rng)?;
        let pairs = examples.iter().map(|example| PairExample::new(example, &config)).collect::<Result<_, _>>()?;
        self.manifest.relations = Some(RelationModelConfig::Scorer(config));
        Ok(pairs)
    }

    /// Teaches the scorer over the finished states of the tagger's encoder.
    pub(super) fn train_scorer(
        &mut self,
        recipe: &ScorerRecipe,
        examples: &[Example],
        pairs: &[PairExample],
    ) -> Result<bool, TrainError> {
        self.weights.make_trainable(|name| name.starts_with(RELATIONS))?;
        let Some(scorer) = self.scorer()? else { return Ok(true) };
        let model = self.model(&self.weights)?;
        let states = examples.iter().zip(pairs).map(|(example, pairs)| StateExample::new(example, pairs, &model));
        let states = states.collect::<Result<Vec<_>, _>>()?;
        let annotated = self.annotated(examples);
        let rate = recipe.optimizer.learning_rate;
        let pools = self.pools(states.len());
        let mut optimizer = self.optimizer(&recipe.optimizer, &pools, |_| rate)?;
        let stage = StageCourse {
            stage: Stage::Relations,
            recipe: &recipe.optimizer,
            weights: &self.weights,
            examples: &states,
            pools: &pools,
        };
        let loss = |batch: &[&StateExample<'_>], rng| {
            let mut dropout = Dropout::new(recipe.optimizer.dropout, rng);
            Ok(relations::loss(&scorer, batch, &mut dropout)?.map(|loss| (loss, 0)))
        };
        let finished = self.course.run(&stage, &mut optimizer, loss, |_, _, _| Ok(()))?;
        self.weights = optimizer.averaged(&self.weights)?;
        if let (true, Some(grown), Some(RelationModelConfig::Scorer(config))) =
            (finished, &recipe.forest, &mut self.manifest.relations)
        {
            config.forest = Some(forest_of(annotated, config, self.manifest.labels.len(), grown));
        }
        Ok(finished)
    }
}
