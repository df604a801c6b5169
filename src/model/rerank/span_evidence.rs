//! What a span is judged by.

use super::Evidence;
use super::odds;
use std::collections::HashMap;

/// Names of the values, in their order; for each role four.
pub(super) fn names(roles: usize) -> Vec<String> {
    let mut names: Vec<String> = ["probability", "type"].map(str::to_owned).to_vec();
    for what in ["best as subject", "best as object", "all as subject", "all as object"] {
        names.extend((0..roles).map(|role| format!("{what} of role {role}")));
    }
    let rest = [
        "sentence's others",
        "sentence's best other",
        "number of sentence's others",
        "same words, others",
        "same words",
        "same type, others",
        "all",
        "repeated",
        "place",
        "characters",
        "words",
        "sentences before",
        "sentences from here",
        "sentence before",
        "sentence behind",
        "standing",
    ];
    names.extend(rest.map(str::to_owned));
    names
}

impl Evidence<'_> {
    /// The evidence for each mention.
    pub fn of_spans(&self) -> Vec<Vec<f32>> {
        let support = self.support();
        let sentences = self.sentences_of_mentions();
        let mut by_sentence = vec![0.0; self.sentences.len().max(1)];
        let (mut by_type, mut by_words): (HashMap<_, f32>, HashMap<_, (f32, usize)>) = (HashMap::new(), HashMap::new());
        let (mut all, standing) = (0.0, self.standing());
        for (mention, marked) in self.marked.iter().enumerate() {
            by_sentence[sentences[mention]] += marked.probability;
            *by_type.entry(self.label(mention)).or_default() += marked.probability;
            let words = by_words.entry((marked.surface, self.label(mention))).or_default();
            *words = (words.0 + marked.probability, words.1 + 1);
            all += marked.probability;
        }
        let of = |mention: usize| {
            let (marked, label, sentence) = (self.marked[mention], self.label(mention), sentences[mention]);
            let beside = (0..self.mentions.len()).filter(|&other| other != mention && sentences[other] == sentence);
            let (best, count) = beside.fold((0.0f32, 0), |(best, count), other| (best.max(self.probability(other)), count + 1));
            let (same, number) = by_words.get(&(marked.surface, label)).copied().unwrap_or_default();
            let around = |at: Option<usize>| at.and_then(|at| by_sentence.get(at)).copied().unwrap_or_default();
            let mut values = vec![odds(marked.probability), label as f32];
            values.extend(&support[mention]);
            values.extend([
                by_sentence[sentence] - marked.probability,
                best,
                count as f32,
                same - marked.probability,
                number as f32,
                by_type.get(&label).copied().unwrap_or_default() - marked.probability,
                all,
                marked.repeated as f32,
                self.mentions[mention].words.start as f32 / self.words.max(1) as f32,
                marked.characters as f32,
                self.mentions[mention].words.len() as f32,
                sentence as f32,
                self.sentences.len().saturating_sub(sentence) as f32,
                around(sentence.checked_sub(1)),
                around(sentence.checked_add(1)),
                standing,
            ]);
            values
        };
        (0..self.mentions.len()).map(of).collect()
    }

    /// How much the pairs of each mention speak for it: by role the best as subject, the best as object, and both together.
    fn support(&self) -> Vec<Vec<f32>> {
        let roles = self.names.roles.len();
        let mut support = vec![vec![0.0f32; 4 * roles]; self.mentions.len()];
        for (pair, outcomes) in self.pairs() {
            for (place, &role) in self.names.roles.iter().enumerate() {
                // A relation with a mention that is hardly there says little.
                let sides = [(pair.subject, pair.object, 0), (pair.object, pair.subject, 1)];
                for (mention, other, side) in sides {
                    let says = outcomes[role] * self.probability(other);
                    let values = &mut support[mention];
                    values[side * roles + place] = values[side * roles + place].max(says);
                    values[(2 + side) * roles + place] += says;
                }
            }
        }
        support
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::Scene;
    use super::*;

    #[test]
    fn every_value_has_a_name() {
        let scene = Scene::new();
        let rows = scene.evidence().of_spans();
        assert!(rows.iter().all(|row| row.len() == names(2).len()));
    }

    #[test]
    fn relations_and_the_sentence_speak_for_a_span() {
        let scene = Scene::new();
        let rows = scene.evidence().of_spans();
        let names = names(2);
        let value = |mention: usize, name: &str| rows[mention][names.iter().position(|it| it == name).unwrap()];
        // Mention 0 is the cause of mention 1 with .6, which is there with .5; of mention 2 nobody speaks.
        assert!((value(0, "best as subject of role 0") - 0.3).abs() < 1e-6);
        assert!((value(1, "best as object of role 0") - 0.6 * 0.8).abs() < 1e-6);
        assert_eq!(value(2, "all as object of role 0"), 0.0);
        assert!((value(0, "sentence's others") - 0.5).abs() < 1e-6);
        assert_eq!(value(2, "sentence's others"), 0.0);
        assert!((value(2, "sentence before") - 1.3).abs() < 1e-6);
        assert!((value(2, "same words, others") - 0.8).abs() < 1e-6, "mention 0 has the same words");
        assert_eq!((value(0, "same words"), value(1, "same words")), (2.0, 1.0));
    }
}
