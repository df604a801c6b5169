//! Linear-chain conditional random field (Lafferty et al. 2001; paper, section on CRF) with a hard mask on transitions.
//!
//! Recurrences run on scaled probabilities in `f64` (Rabiner 1989, section V.A): no logarithm in the inner loop, and a move
//! that the mask forbids has probability exactly 0, in training and in decoding.

mod target;

pub use target::PathTarget;

use std::ops::Range;

/// What is added to the score of a forbidden move: its exponential is exactly 0.
pub const FORBIDDEN: f32 = -1e9;

/// The moves of a CRF with `tags` tags, as scores in rows of `tags`: `tags` rows of from → to, one of starts, one of ends.
#[derive(Clone, Debug)]
pub struct Moves {
    tags: usize,
    /// Scores.
    scores: Vec<f32>,
    /// Exponentials of the scores.
    weights: Vec<f64>,
}

impl Moves {
    /// From learned scores and the mask that is added to them, both (tags + 2) × tags.
    ///
    /// # Panics
    /// When the sizes differ or are not (tags + 2) × tags.
    pub fn new(tags: usize, learned: &[f32], mask: &[f32]) -> Self {
        assert_eq!(learned.len(), (tags + 2) * tags, "one row per tag, one of starts, one of ends");
        assert_eq!(learned.len(), mask.len(), "the mask has the shape of the scores");
        let scores: Vec<f32> = learned.iter().zip(mask).map(|(score, mask)| score + mask).collect();
        let weights = scores.iter().map(|&score| f64::from(score).exp()).collect();
        Self { tags, scores, weights }
    }

    /// The mean of the scores of several, each with the place of the tags of the first among its own.
    pub fn mean(all: &[(&Self, &[usize])]) -> Self {
        let tags = all.first().map_or(0, |(first, _)| first.tags);
        let mut scores = vec![0.0; (tags + 2) * tags];
        for (moves, places) in all {
            let rows = places.iter().copied().chain([tags, tags + 1]);
            for (into, from) in scores.chunks_exact_mut(tags.max(1)).zip(rows) {
                let share = 1.0 / all.len() as f32;
                into.iter_mut().zip(*places).for_each(|(sum, &to)| *sum += share * moves.score(from, to));
            }
        }
        let weights = scores.iter().map(|&score| f64::from(score).exp()).collect();
        Self { tags, scores, weights }
    }

    /// Number of tags.
    pub fn tags(&self) -> usize {
        self.tags
    }

    /// All scores, (tags + 2) × tags.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.weights[row * self.tags..(row + 1) * self.tags]
    }

    fn score(&self, row: usize, tag: usize) -> f32 {
        self.scores[row * self.tags + tag]
    }

    /// Row of start scores.
    pub fn start_row(&self) -> usize {
        self.tags
    }

    /// Row of end scores.
    pub fn end_row(&self) -> usize {
        self.tags + 1
    }

    /// Score of a whole path: emissions, start, transitions, end. What everything else is checked against.
    #[cfg(test)]
    pub fn path_score(&self, emissions: &[f32], path: &[usize]) -> f64 {
        let mut score = 0.0;
        let mut from = self.start_row();
        for (row, &tag) in emissions.chunks_exact(self.tags).zip(path) {
            score += f64::from(self.score(from, tag)) + f64::from(row[tag]);
            from = tag;
        }
        score + path.last().map_or(0.0, |&last| f64::from(self.score(self.end_row(), last)))
    }

    /// The most probable path (Viterbi 1967) for emissions of words × tags; empty for no words.
    pub fn viterbi(&self, emissions: &[f32]) -> Vec<usize> {
        let tags = self.tags;
        let mut best = vec![0f32; tags];
        let mut back: Vec<usize> = Vec::with_capacity(emissions.len());
        for (word, row) in emissions.chunks_exact(tags).enumerate() {
            let mut next = vec![f32::NEG_INFINITY; tags];
            for (to, next) in next.iter_mut().enumerate() {
                let mut from = 0;
                if word == 0 {
                    *next = self.score(self.start_row(), to) + row[to];
                } else {
                    for (tag, &score) in best.iter().enumerate() {
                        let score = score + self.score(tag, to) + row[to];
                        if score > *next {
                            (*next, from) = (score, tag);
                        }
                    }
                }
                back.push(from);
            }
            best = next;
        }
        let words = emissions.len() / tags;
        let Some(last) = words.checked_sub(1) else { return Vec::new() };
        let total = |tag: usize| best[tag] + self.score(self.end_row(), tag);
        let mut tag = (0..tags).fold(0, |a, b| if total(b) > total(a) { b } else { a });
        let mut path = vec![tag; words];
        for word in (0..last).rev() {
            tag = back[(word + 1) * tags + tag];
            path[word] = tag;
        }
        path
    }

    /// Forward and backward recurrences over emissions of words × tags (at least one word).
    pub fn lattice<'a>(&'a self, emissions: &[f32]) -> Lattice<'a> {
        Lattice::new(self, emissions)
    }
}

/// The tags of a label's spans: of their only word, or of the first, inner and last one.
#[derive(Clone, Copy, Debug)]
pub struct SpanTags {
    /// Of the only word.
    pub single: usize,
    /// Of the first of several words.
    pub first: usize,
    /// Of the words between.
    pub inside: usize,
    /// Of the last of several words.
    pub last: usize,
    /// The tag that would make a span longer behind its last word, if there is one.
    pub continuation: Option<usize>,
}

/// The two recurrences over one sequence: everything that marginals are made of.
#[derive(Debug)]
pub struct Lattice<'a> {
    moves: &'a Moves,
    /// Exponentials of the emissions, each row divided by its greatest.
    emitted: Vec<f64>,
    /// Scaled forward probabilities: each row adds up to 1.
    forward: Vec<f64>,
    /// Backward probabilities scaled so that forward · backward is the marginal.
    backward: Vec<f64>,
    /// Scale of each row.
    scales: Vec<f64>,
    /// Logarithm of the partition function.
    pub log_z: f64,
}

impl<'a> Lattice<'a> {
    fn new(moves: &'a Moves, emissions: &[f32]) -> Self {
        let tags = moves.tags;
        let words = emissions.len() / tags;
        let mut log_z = 0.0;
        let mut emitted = Vec::with_capacity(emissions.len());
        for row in emissions.chunks_exact(tags) {
            let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            log_z += f64::from(highest);
            emitted.extend(row.iter().map(|&score| f64::from(score - highest).exp()));
        }
        let mut lattice = Self {
            moves,
            emitted,
            forward: vec![0.0; words * tags],
            backward: vec![0.0; words * tags],
            scales: vec![1.0; words],
            log_z,
        };
        lattice.run_forward(words);
        lattice.run_backward(words);
        lattice
    }

    fn row(&self, word: usize) -> Range<usize> {
        word * self.moves.tags..(word + 1) * self.moves.tags
    }

    fn run_forward(&mut self, words: usize) {
        for word in 0..words {
            let mut next = if word == 0 {
                self.moves.row(self.moves.start_row()).to_vec()
            } else {
                let mut next = vec![0.0; self.moves.tags];
                for (from, &mass) in self.forward[self.row(word - 1)].iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
                    for (next, weight) in next.iter_mut().zip(self.moves.row(from)) {
                        *next += mass * weight;
                    }
                }
                next
            };
            let row = self.row(word);
            for (next, emitted) in next.iter_mut().zip(&self.emitted[row.clone()]) {
                *next *= emitted;
            }
            let scale: f64 = next.iter().sum();
            self.scales[word] = scale;
            self.log_z += scale.ln();
            for (forward, next) in self.forward[row].iter_mut().zip(&next) {
                *forward = next / scale;
            }
        }
    }

    fn run_backward(&mut self, words: usize) {
        let Some(last) = words.checked_sub(1) else { return };
        let ends = self.moves.row(self.moves.end_row());
        let total: f64 = self.forward[self.row(last)].iter().zip(ends).map(|(mass, end)| mass * end).sum();
        self.log_z += total.ln();
        let row = self.row(last);
        for (backward, end) in self.backward[row].iter_mut().zip(ends) {
            *backward = end / total;
        }
        for word in (0..last).rev() {
            let ahead = self.ahead(word + 1);
            for tag in 0..self.moves.tags {
                let mass = self.moves.row(tag).iter().zip(&ahead).map(|(weight, ahead)| weight * ahead).sum();
                self.backward[word * self.moves.tags + tag] = mass;
            }
        }
    }

    /// For each tag of `word`, what a move to it is still worth: emission · backward / scale.
    fn ahead(&self, word: usize) -> Vec<f64> {
        let row = self.row(word);
        let both = self.emitted[row.clone()].iter().zip(&self.backward[row]);
        both.map(|(emitted, backward)| emitted * backward / self.scales[word]).collect()
    }

    /// Number of words.
    pub fn words(&self) -> usize {
        self.scales.len()
    }

    /// Probability of each tag at a word; adds up to 1.
    pub fn marginals(&self, word: usize) -> Vec<f64> {
        let row = self.row(word);
        self.forward[row.clone()].iter().zip(&self.backward[row]).map(|(forward, backward)| forward * backward).collect()
    }

    /// Adds the expected number of times that each move is made to `counts`, (tags + 2) × tags.
    pub fn add_expected_moves(&self, counts: &mut [f64]) {
        let tags = self.moves.tags;
        let Some(last) = self.words().checked_sub(1) else { return };
        for (tag, (start, end)) in self.marginals(0).into_iter().zip(self.marginals(last)).enumerate() {
            counts[self.moves.start_row() * tags + tag] += start;
            counts[self.moves.end_row() * tags + tag] += end;
        }
        for word in 0..last {
            let ahead = self.ahead(word + 1);
            for (from, &mass) in self.forward[self.row(word)].iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
                let counts = &mut counts[from * tags..(from + 1) * tags];
                for ((count, weight), ahead) in counts.iter_mut().zip(self.moves.row(from)).zip(&ahead) {
                    *count += mass * weight * ahead;
                }
            }
        }
    }

    /// Probability that the words of a range bear exactly `path` and that the word behind does not bear `continuation`, if there is a
    /// tag that would make the span longer: the probability of a span with its type and both its borders.
    pub fn span_probability(&self, words: Range<usize>, path: &[usize], continuation: Option<usize>) -> f64 {
        let tags = self.moves.tags;
        let (Some(&first), Some(&last)) = (path.first(), path.last()) else { return 0.0 };
        let mut mass = self.forward[words.start * tags + first];
        for (word, pair) in (words.start + 1..words.end).zip(path.windows(2)) {
            mass *= self.moves.row(pair[0])[pair[1]] * self.emitted[word * tags + pair[1]] / self.scales[word];
        }
        let rest: f64 = if words.end == self.words() {
            self.backward[(words.end - 1) * tags + last]
        } else {
            let ahead = self.ahead(words.end);
            let moves = self.moves.row(last).iter().zip(&ahead).enumerate();
            moves.filter(|(tag, _)| Some(*tag) != continuation).map(|(_, (weight, ahead))| weight * ahead).sum()
        };
        (mass * rest).clamp(0.0, 1.0)
    }

    /// All spans of a label that are at least so probable: their words and their probability as [`Lattice::span_probability`] has it.
    pub fn probable_spans(&self, of: SpanTags, least: f64) -> Vec<(Range<usize>, f64)> {
        let tags = self.moves.tags;
        let step = |mass: f64, from: usize, word: usize, to: usize| {
            mass * self.moves.row(from)[to] * self.emitted[word * tags + to] / self.scales[word]
        };
        let through = |mass: f64, word: usize, tag: usize| mass * self.backward[word * tags + tag];
        let ending = |mass: f64, word: usize, tag: usize| {
            let longer = of.continuation.filter(|_| word + 1 < self.words());
            let longer = longer.map_or(0.0, |next| through(step(mass, tag, word + 1, next), word + 1, next));
            (through(mass, word, tag) - longer).clamp(0.0, 1.0)
        };
        let mut found = Vec::new();
        for start in 0..self.words() {
            let mut keep = |end: usize, probability: f64| {
                if probability >= least {
                    found.push((start..end, probability));
                }
            };
            keep(start + 1, ending(self.forward[start * tags + of.single], start, of.single));
            let (mut mass, mut tag) = (self.forward[start * tags + of.first], of.first);
            for word in start + 1..self.words() {
                // The probability of a span is at most that of all paths through its words, which only shrinks as it grows.
                if through(mass, word - 1, tag) < least {
                    break;
                }
                keep(word + 1, ending(step(mass, tag, word, of.last), word, of.last));
                (mass, tag) = (step(mass, tag, word, of.inside), of.inside);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAGS: usize = 3;

    /// All paths over `words` words.
    fn paths(words: usize) -> Vec<Vec<usize>> {
        (0..TAGS.pow(words as u32)).map(|n| (0..words).map(|w| n / TAGS.pow(w as u32) % TAGS).collect()).collect()
    }

    /// Tag 2 is I: it may not start and may not follow tag 0, which is O.
    fn mask() -> Vec<f32> {
        let mut mask = vec![0.0; (TAGS + 2) * TAGS];
        mask[2] = FORBIDDEN;
        mask[TAGS * TAGS + 2] = FORBIDDEN;
        mask
    }

    fn case() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
        let table = prop::collection::vec(-3f32..3.0, (TAGS + 2) * TAGS);
        let emissions = (1usize..5).prop_flat_map(|words| prop::collection::vec(-4f32..4.0, words * TAGS));
        (table, emissions)
    }

    proptest! {
        #[test]
        fn likelihood_viterbi_and_marginals_equal_brute_force((table, emissions) in case()) {
            let moves = Moves::new(TAGS, &table, &mask());
            let words = emissions.len() / TAGS;
            let all = paths(words);
            let scores: Vec<f64> = all.iter().map(|path| moves.path_score(&emissions, path)).collect();
            let z: f64 = scores.iter().map(|score| score.exp()).sum();
            let lattice = moves.lattice(&emissions);
            prop_assert!((lattice.log_z - z.ln()).abs() < 1e-6);

            let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let found = moves.viterbi(&emissions);
            prop_assert!((moves.path_score(&emissions, &found) - best).abs() < 1e-4);

            let probability = |keep: &dyn Fn(&[usize]) -> bool| -> f64 {
                all.iter().zip(&scores).filter(|(path, _)| keep(path)).map(|(_, score)| score.exp() / z).sum()
            };
            for word in 0..words {
                for (tag, found) in lattice.marginals(word).into_iter().enumerate() {
                    prop_assert!((found - probability(&|path| path[word] == tag)).abs() < 1e-6);
                }
            }
            let mut counts = vec![0.0; (TAGS + 2) * TAGS];
            lattice.add_expected_moves(&mut counts);
            for from in 0..TAGS {
                for to in 0..TAGS {
                    let wanted: f64 = (1..words).map(|w| probability(&|path| path[w - 1] == from && path[w] == to)).sum();
                    prop_assert!((counts[from * TAGS + to] - wanted).abs() < 1e-6);
                }
            }
            let bio = SpanTags { single: 1, first: 1, inside: 2, last: 2, continuation: Some(2) };
            let probable = lattice.probable_spans(bio, 0.05);
            // Tags that stand for themselves: a first word 0, then any number of 1, then 2.
            let closed = lattice.probable_spans(SpanTags { single: 2, first: 0, inside: 1, last: 2, continuation: None }, 0.05);
            for start in 0..words {
                for end in start + 1..=words {
                    let path: Vec<usize> = (start..end).map(|w| if w == start { 1 } else { 2 }).collect();
                    let wanted = probability(&|all| all[start..end] == path[..] && all.get(end) != Some(&2));
                    prop_assert!((lattice.span_probability(start..end, &path, Some(2)) - wanted).abs() < 1e-6);
                    match probable.iter().find(|(range, _)| *range == (start..end)) {
                        Some((_, found)) => prop_assert!((found - wanted).abs() < 1e-6),
                        None => prop_assert!(wanted < 0.05 + 1e-6, "{wanted}"),
                    }
                    let wanted = probability(&|all| all[start..end] == path[..]);
                    prop_assert!((lattice.span_probability(start..end, &path, None) - wanted).abs() < 1e-6);
                    let place = |w: usize| if w + 1 == end { 2 } else { usize::from(w > start) };
                    let wanted = probability(&|all| (start..end).all(|w| all[w] == place(w)));
                    match closed.iter().find(|(range, _)| *range == (start..end)) {
                        Some((_, found)) => prop_assert!((found - wanted).abs() < 1e-6),
                        None => prop_assert!(wanted < 0.05 + 1e-6, "{wanted}"),
                    }
                }
            }
        }
    }

    #[test]
    fn a_forbidden_move_is_never_made_however_strong_its_emission() {
        let moves = Moves::new(TAGS, &[0.0; (TAGS + 2) * TAGS], &mask());
        let emissions = [0.0, -50.0, 400.0, 0.0, -50.0, 400.0];
        let path = moves.viterbi(&emissions);
        assert_ne!(path[0], 2);
        assert_eq!(moves.lattice(&emissions).marginals(0)[2], 0.0);
    }

    #[test]
    fn long_sequences_neither_overflow_nor_vanish() {
        let moves = Moves::new(TAGS, &[0.5; (TAGS + 2) * TAGS], &mask());
        let emissions: Vec<f32> = (0..3000 * TAGS).map(|i| (i % 17) as f32 * 10.0 - 80.0).collect();
        let lattice = moves.lattice(&emissions);
        assert!(lattice.log_z.is_finite());
        assert!((lattice.marginals(1500).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
