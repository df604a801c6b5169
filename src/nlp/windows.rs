//! Windows over a text: what is read at once, because more is not wanted or would be beyond the encoder's limit.

use super::named;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How much of a text a word is read with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Context {
    /// The whole text, or as much as the encoder takes.
    #[default]
    Abstract,
    /// Its sentence, the one before and the one behind.
    Neighbours,
    /// Its sentence alone.
    Sentence,
}

impl Context {
    /// All, from the most to the least.
    pub const ALL: [Self; 3] = [Self::Abstract, Self::Neighbours, Self::Sentence];

    /// Its name on the command line and in recipes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Abstract => "abstract",
            Self::Neighbours => "neighbours",
            Self::Sentence => "sentence",
        }
    }
}

named!(Context, UnknownContext, "is no context: use abstract, neighbours or sentence");

/// A stretch of words that is encoded at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// All words that the encoder sees.
    pub words: Range<usize>,
    /// The words whose output counts; the others are their context. Each word of the text is in the core of exactly one window.
    pub core: Range<usize>,
}

/// Windows of at most `limit` pieces (without special tokens) over words of so many pieces each, in order.
///
/// `sentences` are ranges of words that follow each other; what lies between two borders of theirs counts as a sentence. A text within
/// the limit is one window if the context is the whole text. Otherwise cores are whole sentences of together at most three quarters of
/// the limit where possible, so that there is room for context on both sides, itself whole sentences where they fit. With less context
/// each sentence is a core. A sentence beyond the limit is cut between words. A single word beyond the limit makes a window beyond the limit.
pub fn windows(pieces: &[usize], sentences: &[Range<usize>], limit: usize, context: Context) -> Vec<Window> {
    let text = Pieces::new(pieces, sentences);
    if pieces.is_empty() {
        return Vec::new();
    }
    let within = |core: Range<usize>, wanted: Range<usize>| text.windows_of(core, &wanted, limit);
    match context {
        Context::Abstract => within(0..pieces.len(), 0..pieces.len()),
        Context::Neighbours => {
            let sentence = |at: usize, core| within(core, text.border(at.saturating_sub(1))..text.border(at + 2));
            text.sentences().enumerate().flat_map(|(at, core)| sentence(at, core)).collect()
        }
        Context::Sentence => text.sentences().flat_map(|core| within(core.clone(), core)).collect(),
    }
}

/// The lengths of words, summed up.
struct Pieces {
    /// `before[i]` pieces stand before word `i`; the last is the sum of all.
    before: Vec<usize>,
    /// Places before a word at which a sentence begins, ends of the text included, ascending.
    borders: Vec<usize>,
}

impl Pieces {
    fn new(pieces: &[usize], sentences: &[Range<usize>]) -> Self {
        let mut before = vec![0];
        for count in pieces {
            before.push(before.last().copied().unwrap_or(0) + count);
        }
        let mut borders: Vec<usize> =
            sentences.iter().flat_map(|range| [range.start, range.end]).chain([0, pieces.len()]).collect();
        borders.retain(|&border| border <= pieces.len());
        borders.sort_unstable();
        borders.dedup();
        Self { before, borders }
    }

    /// The border of this number, or the last one.
    fn border(&self, number: usize) -> usize {
        self.borders.get(number).or(self.borders.last()).copied().unwrap_or(0)
    }

    /// What lies between the borders.
    fn sentences(&self) -> impl Iterator<Item = Range<usize>> {
        self.borders.windows(2).filter_map(|ends| if let [start, end] = *ends { Some(start..end) } else { None })
    }

    /// Windows whose cores together are `core`, with no context from beyond `wanted`.
    fn windows_of(&self, core: Range<usize>, wanted: &Range<usize>, limit: usize) -> Vec<Window> {
        if self.count(wanted) <= limit {
            return vec![Window { words: wanted.clone(), core }];
        }
        let window = |core: Range<usize>| Window { words: self.with_context(&core, wanted, limit), core };
        if self.count(&core) <= limit {
            return vec![window(core)];
        }
        self.cores(core, limit).into_iter().map(window).collect()
    }

    fn count(&self, words: &Range<usize>) -> usize {
        let before = |word: usize| self.before.get(word).copied().unwrap_or(0);
        before(words.end).saturating_sub(before(words.start))
    }

    /// The furthest end of a stretch from `start` with at most `budget` pieces.
    fn furthest_end(&self, start: usize, budget: usize) -> usize {
        let most = self.before.get(start).copied().unwrap_or(0) + budget;
        self.before.partition_point(|&before| before <= most).saturating_sub(1).max(start)
    }

    /// The furthest start of a stretch up to `end` with at most `budget` pieces.
    fn furthest_start(&self, end: usize, budget: usize) -> usize {
        let least = self.before.get(end).copied().unwrap_or(0).saturating_sub(budget);
        self.before.partition_point(|&before| before < least).min(end)
    }

    /// The last border in `range`, its start excluded.
    fn last_border(&self, range: Range<usize>) -> Option<usize> {
        let up_to = self.borders.partition_point(|&border| border <= range.end);
        self.borders.get(..up_to)?.last().copied().filter(|&border| border > range.start)
    }

    /// The first border in `range`, its end excluded.
    fn first_border(&self, range: Range<usize>) -> Option<usize> {
        let from = self.borders.partition_point(|&border| border < range.start);
        self.borders.get(from).copied().filter(|&border| border < range.end)
    }

    fn is_border(&self, word: usize) -> bool {
        self.borders.binary_search(&word).is_ok()
    }

    /// Divides words into cores.
    fn cores(&self, words: Range<usize>, limit: usize) -> Vec<Range<usize>> {
        let mut cores = Vec::new();
        let mut start = words.start;
        while start < words.end {
            let comfortable = self.furthest_end(start, limit - limit / 4).min(words.end);
            let whole = self.last_border(start..comfortable);
            // A sentence that fits only without context stays whole; the rest of one that was cut is cut again, for context's sake.
            let tight =
                || self.last_border(start..self.furthest_end(start, limit).min(words.end)).filter(|_| self.is_border(start));
            let end = whole.or_else(tight).unwrap_or_else(|| comfortable.max(start + 1));
            cores.push(start..end);
            start = end;
        }
        cores
    }

    /// Words up to the limit of which `core` is the core, none from beyond `wanted`.
    fn with_context(&self, core: &Range<usize>, wanted: &Range<usize>, limit: usize) -> Range<usize> {
        let spare = limit.saturating_sub(self.count(core));
        let behind = if core.start == wanted.start { spare } else { spare / 2 };
        let furthest = self.furthest_end(core.end, behind).min(wanted.end);
        let end = self.last_border(core.end..furthest).unwrap_or(furthest);
        let ahead = spare.saturating_sub(self.count(&(core.end..end)));
        let furthest = self.furthest_start(core.start, ahead).max(wanted.start);
        let start = self.first_border(furthest..core.start).unwrap_or(furthest);
        start..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(words: Range<usize>, core: Range<usize>) -> Window {
        Window { words, core }
    }

    #[test]
    fn a_text_within_the_limit_is_one_window() {
        assert_eq!(windows(&[2, 3], &[0..1, 1..2], 5, Context::Abstract), [window(0..2, 0..2)]);
        assert!(windows(&[], &[], 5, Context::Abstract).is_empty());
    }

    #[test]
    fn cores_and_context_end_with_sentences() {
        // Five sentences of four words, 12 pieces at once: two sentences are the core, then half a sentence
        // of context on each side, or a whole one where the text ends.
        let sentences: Vec<_> = (0..5).map(|i| 4 * i..4 * i + 4).collect();
        let expected = [window(0..12, 0..8), window(6..18, 8..16), window(8..20, 16..20)];
        assert_eq!(windows(&[1; 20], &sentences, 12, Context::Abstract), expected);
    }

    #[test]
    fn a_sentence_beyond_the_limit_is_cut_between_words() {
        let expected = [window(0..8, 0..6), window(5..13, 6..12), window(12..20, 12..20)];
        assert_eq!(windows(&[1; 20], &[0..12, 12..20], 8, Context::Abstract), expected);
    }

    #[test]
    fn a_word_beyond_the_limit_stands_alone() {
        assert_eq!(
            windows(&[1, 9, 1], &[0..2, 2..3], 4, Context::Abstract).iter().filter(|window| window.core == (1..2)).count(),
            1
        );
    }

    #[test]
    fn a_sentence_is_read_alone_or_with_its_neighbours() {
        let sentences = [0..4, 4..4, 4..6, 6..11, 11..12];
        let alone = [window(0..4, 0..4), window(4..6, 4..6), window(6..11, 6..11), window(11..12, 11..12)];
        assert_eq!(windows(&[1; 12], &sentences, 100, Context::Sentence), alone);
        let among = [window(0..6, 0..4), window(0..11, 4..6), window(4..12, 6..11), window(6..12, 11..12)];
        assert_eq!(windows(&[1; 12], &sentences, 100, Context::Neighbours), among);
        // Of the neighbours of the second sentence there is room for three words each.
        let short = [window(0..6, 0..4), window(1..9, 4..6), window(4..12, 6..11), window(6..12, 11..12)];
        assert_eq!(windows(&[1; 12], &sentences, 8, Context::Neighbours), short);
        let cut = [window(0..4, 0..4), window(4..6, 4..6), window(6..10, 6..9), window(7..11, 9..11), window(11..12, 11..12)];
        assert_eq!(windows(&[1; 12], &sentences, 4, Context::Sentence), cut);
    }

    proptest! {
        #[test]
        fn cores_follow_each_other_and_windows_keep_the_limit(
            pieces in prop::collection::vec(1usize..6, 0..120),
            lengths in prop::collection::vec(1usize..25, 0..30),
            limit in 5usize..60,
            context in prop::sample::select(vec![Context::Abstract, Context::Neighbours, Context::Sentence]),
        ) {
            let mut sentences = Vec::new();
            let mut at = 0;
            for length in lengths.into_iter().chain([pieces.len()]) {
                let end = (at + length).min(pieces.len());
                if end > at {
                    sentences.push(at..end);
                }
                at = end;
            }
            let found = windows(&pieces, &sentences, limit, context);
            let most = match context {
                Context::Abstract => usize::MAX,
                Context::Neighbours => 3,
                Context::Sentence => 1,
            };
            let mut next = 0;
            for Window { words, core } in &found {
                prop_assert_eq!(core.start, next);
                prop_assert!(core.end > core.start && words.start <= core.start && core.end <= words.end);
                prop_assert!(pieces[words.clone()].iter().sum::<usize>() <= limit);
                let whole = sentences.iter().filter(|s| pieces[s.start..s.end].iter().sum::<usize>() <= limit);
                let cut = whole.filter(|s| s.start < core.end && core.end < s.end).count();
                prop_assert_eq!(cut, 0, "a sentence that fits was cut");
                prop_assert!(sentences.iter().filter(|s| s.start < words.end && words.start < s.end).count() <= most);
                next = core.end;
            }
            prop_assert_eq!(next, pieces.len());
        }
    }
}
