//! How sure a model is of what it proposes, and from where on it proposes it.

use crate::document::Label;
use crate::model::calibration::Calibration;
use crate::model::manifest::Manifest;
use crate::model::relation::RelationModelConfig;
use crate::model::rerank::Reranker;

/// The confidences that a pipeline gives out and the thresholds that it keeps by itself.
#[derive(Clone, Debug)]
pub(super) struct Confidence {
    calibration: Option<Calibration>,
    /// The threshold of spans when there is no calibration.
    span: f32,
    /// The probability of being related from which on roles are chosen.
    related: f32,
}

impl Confidence {
    /// As the model was calibrated, if it was.
    pub(super) fn of(manifest: &Manifest) -> Self {
        let trained = manifest.relations.as_ref().map_or(0.0, RelationModelConfig::threshold);
        let calibration = manifest.calibration.clone();
        let related = calibration.as_ref().map_or(trained, |calibration| calibration.related);
        Self { calibration, span: manifest.tagger.threshold, related }
    }

    /// Of a span, from the CRF's probability.
    pub(super) fn span(&self, label: &Label, probability: f32) -> f32 {
        self.calibration.as_ref().map_or(probability, |it| it.spans.of(label).apply(probability))
    }

    /// Of a role, from the probability that its ends are related; `ends`: the confidence of those that are only proposed.
    pub(super) fn role(&self, role: &Label, related: f32, ends: [Option<f32>; 2]) -> f32 {
        self.calibration.as_ref().map_or(related, |it| it.role(role, related, ends))
    }

    /// The confidence that a span of a type needs by the model's own account.
    pub(super) fn span_threshold(&self, label: &Label) -> f32 {
        self.calibration.as_ref().map_or(self.span, |it| it.span_thresholds.of(label))
    }

    /// The same for a span that is an end of a proposed role: at most as much.
    pub(super) fn end_threshold(&self, label: &Label) -> f32 {
        let end = self.calibration.as_ref().and_then(|it| it.end_threshold);
        end.map_or_else(|| self.span_threshold(label), |end| end.min(self.span_threshold(label)))
    }

    /// The same for a role. Without a calibration roles are chosen by how probably their ends are related alone.
    pub(super) fn role_threshold(&self, role: &Label) -> f32 {
        self.calibration.as_ref().map_or(0.0, |it| it.role_thresholds.of(role))
    }

    /// The least confidence that any role needs.
    pub(super) fn least_role_threshold(&self) -> f32 {
        self.calibration.as_ref().map_or(0.0, |it| it.role_thresholds.values().fold(1.0, f32::min))
    }

    /// Who takes a second look at all that was found.
    pub(super) fn reranker(&self) -> Option<&Reranker> {
        self.calibration.as_ref()?.rerank.as_ref()
    }

    /// The probability of being related from which on roles are chosen.
    pub(super) fn related(&self) -> f32 {
        self.related
    }
}
