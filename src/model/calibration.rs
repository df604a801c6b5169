//! From what a model computes to how often that is right.
//!
//! A tagger that learned from few texts is too sure of itself: of the spans that it gives a probability of 0.9, little more than half
//! are right. `train::calibrate` measures it on documents that the model did not see, and what it finds is applied to every confidence
//! that a pipeline gives out. All curves rise, so that by them no order by confidence changes within a type or role; a second look may
//! change it.

use super::ModelError;
use super::rerank::Reranker;
use crate::document::Label;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Probabilities are kept so far from 0 and 1 before their odds are taken.
const MARGIN: f64 = 1e-4;

/// A line in log-odds (Platt 1999): the odds are raised to a power and multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// What the log-odds are multiplied by; positive.
    pub slope: f64,
    /// What is added then.
    pub offset: f64,
}

impl Curve {
    /// Changes nothing.
    pub const IDENTITY: Self = Self { slope: 1.0, offset: 0.0 };

    /// The calibrated probability of a raw one, both 0 to 1.
    pub fn apply(self, probability: f32) -> f32 {
        if self == Self::IDENTITY {
            return probability;
        }
        (1.0 / (1.0 + (-self.slope * log_odds(probability) - self.offset).exp())) as f32
    }

    fn is_sound(self) -> bool {
        self.slope.is_finite() && self.slope > 0.0 && self.offset.is_finite()
    }
}

/// ln p/(1 − p), finite for all p.
pub fn log_odds(probability: f32) -> f64 {
    let kept = f64::from(probability).clamp(MARGIN, 1.0 - MARGIN);
    (kept / (1.0 - kept)).ln()
}

/// A value for each type or role, and one for those that were not seen often enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByLabel<T> {
    /// For whatever has none of its own.
    pub all: T,
    /// For single types or roles.
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<Label, T>,
}

impl<T: Copy> ByLabel<T> {
    /// The same for all.
    pub const fn same(all: T) -> Self {
        Self { all, own: BTreeMap::new() }
    }

    /// The value of a type or role.
    pub fn of(&self, label: &Label) -> T {
        self.own.get(label).copied().unwrap_or(self.all)
    }

    /// That of all and those of single ones.
    pub(crate) fn values(&self) -> impl Iterator<Item = T> {
        std::iter::once(self.all).chain(self.own.values().copied())
    }
}

/// What was measured of a model's confidence on documents that it did not see; optional in a manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// From the CRF's probability of a span to how often such spans are right, by type.
    pub spans: ByLabel<Curve>,
    /// From the probability that two spans are related to how often that is right when both spans are, by role.
    pub roles: ByLabel<Curve>,
    /// From the product of the confidences of two proposed spans between which a role was found to how often both are right: more often
    /// than by chance, since they support each other.
    pub ends: Curve,
    /// Confidence from which on a span is proposed unless the user says otherwise, by type.
    pub span_thresholds: ByLabel<f32>,
    /// The same for a span that is an end of a role which is proposed, when less is enough for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_threshold: Option<f32>,
    /// The same for roles.
    pub role_thresholds: ByLabel<f32>,
    /// The probability of being related from which on roles are chosen, instead of the one that the scorer was trained with.
    pub related: f32,
    /// A second look at all that was found, if it is worth it: what it says stands in the place of what the curves say of spans that
    /// come into question and of roles, and the thresholds are for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank: Option<Reranker>,
}

impl Calibration {
    /// Confidence that a role holds. `ends`: the calibrated confidences of its two spans, `None` for one about which a person or a file
    /// has spoken.
    pub fn role(&self, role: &Label, related: f32, ends: [Option<f32>; 2]) -> f32 {
        let both = match ends {
            [None, None] => 1.0,
            [Some(one), None] | [None, Some(one)] => one,
            [Some(subject), Some(object)] => self.ends.apply(subject * object),
        };
        both * self.roles.of(role).apply(related)
    }

    /// The same, ready to be used; see [`Reranker::settled`]. Refuses curves that fall and thresholds that are no probabilities.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] of the manifest.
    pub fn settled(self) -> Result<Self, ModelError> {
        let curves = self.spans.values().chain(self.roles.values()).chain([self.ends]);
        let thresholds =
            self.span_thresholds.values().chain(self.role_thresholds.values()).chain([self.related]).chain(self.end_threshold);
        let what = if !curves.into_iter().all(Curve::is_sound) {
            "its calibration has a curve that does not rise"
        } else if !thresholds.into_iter().all(|threshold| (0.0..=1.0).contains(&threshold)) {
            "its calibration has a threshold that is not from 0 to 1"
        } else {
            return Ok(Self { rerank: self.rerank.map(Reranker::settled).transpose()?, ..self });
        };
        Err(ModelError::Damaged { file: "manifest.json".to_owned(), what: what.to_owned() })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One that changes everything.
    pub(crate) fn some() -> Calibration {
        let gene = BTreeMap::from([(Label::from("Gene"), Curve { slope: 0.5, offset: -1.0 })]);
        Calibration {
            spans: ByLabel { all: Curve { slope: 0.75, offset: 0.5 }, own: gene },
            roles: ByLabel::same(Curve { slope: 2.0, offset: 0.25 }),
            ends: Curve { slope: 1.0, offset: 1.0 },
            span_thresholds: ByLabel { all: 0.2, own: BTreeMap::from([(Label::from("Var"), 0.4)]) },
            end_threshold: None,
            role_thresholds: ByLabel::same(0.1),
            related: 0.3,
            rerank: None,
        }
    }

    proptest! {
        #[test]
        fn curves_rise_within_0_and_1(slope in 0.1f64..4.0, offset in -3f64..3.0, a in 0f32..=1.0, b in 0f32..=1.0) {
            let curve = Curve { slope, offset };
            let (low, high) = (curve.apply(a.min(b)), curve.apply(a.max(b)));
            prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
            prop_assert_eq!(Curve::IDENTITY.apply(a), a);
        }

        #[test]
        fn a_role_is_at_most_as_sure_as_between_spans_that_stand(related in 0f32..=1.0, a in 0f32..=1.0, b in 0f32..=1.0) {
            let (calibration, role) = (some(), Label::from("ThemeOf"));
            let given = calibration.role(&role, related, [None, None]);
            prop_assert!(calibration.role(&role, related, [Some(a), Some(b)]) <= given);
            prop_assert_eq!(calibration.role(&role, related, [Some(a), None]), a * given);
            prop_assert_eq!(given, calibration.roles.all.apply(related));
        }
    }

    #[test]
    fn a_curve_is_what_platt_says() {
        // Odds of 4 to 1, to the power of a half, halved: 1 to 1.
        let curve = Curve { slope: 0.5, offset: -std::f64::consts::LN_2 };
        assert!((curve.apply(0.8) - 0.5).abs() < 1e-6);
        assert_eq!(some().spans.of(&"Gene".into()).slope, 0.5);
        assert_eq!(some().spans.of(&"MPA".into()).slope, 0.75);
    }

    #[test]
    fn falling_curves_and_impossible_thresholds_are_refused() {
        assert_eq!(some().settled().unwrap(), some());
        let refused = |change: fn(&mut Calibration)| {
            let mut changed = some();
            change(&mut changed);
            changed.settled().unwrap_err().to_string()
        };
        assert!(refused(|it| it.ends.slope = -1.0).contains("does not rise"));
        assert!(refused(|it| it.roles.all.offset = f64::NAN).contains("does not rise"));
        assert!(refused(|it| it.span_thresholds.all = 1.5).contains("from 0 to 1"));
        assert!(refused(|it| it.related = f32::NAN).contains("from 0 to 1"));
        assert!(refused(|it| it.end_threshold = Some(-0.1)).contains("from 0 to 1"));
    }
}
