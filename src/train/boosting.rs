//! Grows boosted trees: each new one answers what the ones before got wrong (Friedman 2001, and 2002 for trees that see a part of the
//! samples each; histograms and leaf-wise growth as in LightGBM, Ke et al. 2017).
//!
//! Of our own because the crates that were found either name no licence or bring their own file format and search for settings by
//! themselves; what ships has to be small, readable in a manifest, and the same to the last digit on every run.

use crate::model::trees::{Split, Tree, Trees};
use rand::SeedableRng as _;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

/// Values of a feature are told apart in at most so many bins.
const BINS: usize = 255;

/// How trees are grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Boosting {
    /// Number of trees.
    pub trees: usize,
    /// Leaves of a tree.
    pub leaves: usize,
    /// Share of what a leaf would say that it does say.
    pub rate: f64,
    /// Share of the samples that each tree is grown from, drawn anew for it; 1 for all of them.
    pub part: f64,
    /// Samples of a leaf, at least.
    pub least: usize,
    /// How strongly leaves are held to 0: as if so many samples more, each worth 1 of curvature, had said nothing.
    pub ridge: f64,
}

/// Samples: rows of evidence, each with whether it was right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// As many values in each.
    pub rows: Vec<Vec<f32>>,
    /// Of each row.
    pub right: Vec<bool>,
}

impl Sample {
    /// Adds a row.
    pub fn push(&mut self, row: Vec<f32>, right: bool) {
        self.rows.push(row);
        self.right.push(right);
    }
}

/// Trees whose probabilities make the samples likely. Without samples they say one half of everything.
pub fn grow(sample: &Sample, how: Boosting) -> Trees {
    let count = sample.rows.len();
    let right = sample.right.iter().filter(|right| **right).count();
    // As if one of each had been half seen, so that the odds are finite.
    let start = ((right as f64 + 0.5) / ((count - right) as f64 + 0.5)).ln();
    let binned = Binned::of(&sample.rows);
    let mut odds = vec![start; count];
    let mut trees = Vec::with_capacity(how.trees);
    // Always the same, so that every run grows the same trees.
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..if count == 0 { 0 } else { how.trees } {
        let slopes: Vec<Slope> = odds.iter().zip(&sample.right).map(|(&odds, &right)| Slope::of(odds, right)).collect();
        let tree = Growing { binned: &binned, slopes: &slopes, how }.tree(drawn(count, how.part, &mut rng));
        odds.iter_mut().zip(&sample.rows).for_each(|(odds, row)| *odds += f64::from(tree.leaf(row)));
        trees.push(tree);
    }
    Trees { start: start as f32, trees }
}

/// A part of the rows in their order.
fn drawn(count: usize, part: f64, rng: &mut ChaCha8Rng) -> Vec<u32> {
    if part >= 1.0 {
        return (0..count as u32).collect();
    }
    let mut rows: Vec<u32> =
        index::sample(rng, count, (count as f64 * part).ceil() as usize).iter().map(|row| row as u32).collect();
    rows.sort_unstable();
    rows
}

/// First and second derivative of −ln of the probability of what turned out, by the log-odds.
#[derive(Clone, Copy, Debug, Default)]
struct Slope {
    gradient: f64,
    curvature: f64,
    count: usize,
}

impl Slope {
    fn of(odds: f64, right: bool) -> Self {
        let p = 1.0 / (1.0 + (-odds).exp());
        Self { gradient: p - f64::from(u8::from(right)), curvature: p * (1.0 - p), count: 1 }
    }

    fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
        self.count += other.count;
    }

    fn minus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
            count: self.count - other.count,
        }
    }

    /// How much a leaf of these samples gains.
    fn gain(self, ridge: f64) -> f64 {
        self.gradient * self.gradient / (self.curvature + ridge)
    }
}

/// Rows with each value replaced by its bin.
struct Binned {
    /// Feature by feature, each with the bins of all rows.
    bins: Vec<Vec<u8>>,
    /// By feature, the lower borders of all bins but the first.
    borders: Vec<Vec<f32>>,
}

impl Binned {
    fn of(rows: &[Vec<f32>]) -> Self {
        let features = rows.first().map_or(0, Vec::len);
        let borders: Vec<Vec<f32>> =
            (0..features).map(|feature| borders(rows.iter().map(|row| row[feature]).collect())).collect();
        let bin = |(feature, borders): (usize, &Vec<f32>)| {
            rows.iter().map(|row| borders.partition_point(|border| *border <= row[feature]) as u8).collect()
        };
        Self { bins: borders.iter().enumerate().map(bin).collect(), borders }
    }
}

/// Borders between values, midway: all of them when they are few, else those that part the values into equal shares.
fn borders(mut values: Vec<f32>) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    let midway = |(a, b): (f32, f32)| {
        let middle = a / 2.0 + b / 2.0;
        // Of two neighbours among the floats the middle may be the lower one, which belongs below the border.
        if middle > a { middle } else { b }
    };
    let mut borders: Vec<f32> = if distinct.len() <= BINS {
        distinct.iter().zip(distinct.iter().skip(1)).map(|(a, b)| midway((*a, *b))).collect()
    } else {
        let quantile = |bin: usize| {
            let value = values[bin * values.len() / BINS];
            let below = distinct.partition_point(|other| *other < value);
            below.checked_sub(1).map(|below| midway((distinct[below], value)))
        };
        (1..BINS).filter_map(quantile).collect()
    };
    borders.dedup();
    borders
}

/// The best place to part the samples of a leaf.
#[derive(Clone, Copy, Debug)]
struct Cut {
    gain: f64,
    feature: usize,
    /// The first bin of the other side.
    bin: usize,
}

/// A leaf that may yet branch.
struct Bud {
    rows: Vec<u32>,
    cut: Option<Cut>,
    sum: Slope,
    /// The branch that leads here and whether it is its second way; `None` at the root.
    from: Option<(usize, bool)>,
}

struct Growing<'a> {
    binned: &'a Binned,
    slopes: &'a [Slope],
    how: Boosting,
}

impl Growing<'_> {
    /// A tree from these rows. The leaf that gains most branches first.
    fn tree(&self, rows: Vec<u32>) -> Tree {
        let mut buds = vec![self.bud(rows, None)];
        let mut splits: Vec<Split> = Vec::new();
        while buds.len() < self.how.leaves {
            let gain = |bud: &Bud| bud.cut.map_or(0.0, |cut| cut.gain);
            // Of equal ones the first, so that every run grows the same tree.
            let best = (0..buds.len()).fold(0, |best, at| if gain(&buds[at]) > gain(&buds[best]) { at } else { best });
            let Some(cut) = buds[best].cut else { break };
            let Bud { rows, from, .. } = buds.swap_remove(best);
            let here = splits.len();
            lead(&mut splits, from, here as i32);
            let below = self.binned.borders[cut.feature][cut.bin - 1];
            splits.push(Split { feature: cut.feature as u16, below, then: 0, otherwise: 0 });
            let bins = &self.binned.bins[cut.feature];
            let (below, above): (Vec<u32>, Vec<u32>) =
                rows.into_iter().partition(|&row| usize::from(bins[row as usize]) < cut.bin);
            buds.push(self.bud(below, Some((here, false))));
            buds.push(self.bud(above, Some((here, true))));
        }
        let says = |bud: &Bud| (-self.how.rate * bud.sum.gradient / (bud.sum.curvature + self.how.ridge)) as f32;
        let leaves = buds.iter().map(says).collect();
        for (leaf, bud) in buds.iter().enumerate() {
            lead(&mut splits, bud.from, !(leaf as i32));
        }
        Tree { splits, leaves }
    }

    fn bud(&self, rows: Vec<u32>, from: Option<(usize, bool)>) -> Bud {
        let mut sum = Slope::default();
        rows.iter().for_each(|&row| sum.add(self.slopes[row as usize]));
        let mut best: Option<Cut> = None;
        if rows.len() >= 2 * self.how.least {
            for feature in 0..self.binned.bins.len() {
                if let Some(cut) = self.best_cut(feature, &rows, sum)
                    && best.is_none_or(|best| cut.gain > best.gain)
                {
                    best = Some(cut);
                }
            }
        }
        Bud { rows, cut: best, sum, from }
    }

    fn best_cut(&self, feature: usize, rows: &[u32], sum: Slope) -> Option<Cut> {
        let bins = &self.binned.bins[feature];
        let mut histogram = [Slope::default(); BINS + 1];
        rows.iter().for_each(|&row| histogram[usize::from(bins[row as usize])].add(self.slopes[row as usize]));
        let (mut below, mut best) = (Slope::default(), None::<Cut>);
        for bin in 1..=self.binned.borders[feature].len() {
            below.add(histogram[bin - 1]);
            let above = sum.minus(below);
            if below.count < self.how.least || above.count < self.how.least {
                continue;
            }
            let gain = below.gain(self.how.ridge) + above.gain(self.how.ridge) - sum.gain(self.how.ridge);
            if gain > best.map_or(1e-9, |best| best.gain) {
                best = Some(Cut { gain, feature, bin });
            }
        }
        best
    }
}

/// Lets a branch lead to a place.
fn lead(splits: &mut [Split], from: Option<(usize, bool)>, to: i32) {
    if let Some((split, second)) = from {
        let way = if second { &mut splits[split].otherwise } else { &mut splits[split].then };
        *way = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;
    use rand_chacha::ChaCha8Rng;

    const HOW: Boosting = Boosting { trees: 60, leaves: 4, rate: 0.2, part: 1.0, least: 10, ridge: 1.0 };

    /// Right with .9 where exactly one of two values is high, else with .1; the third says nothing.
    fn exclusive_or(count: usize, seed: u64) -> Sample {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut sample = Sample::default();
        for _ in 0..count {
            let row: Vec<f32> = (0..3).map(|_| rng.random_range(0.0..1.0)).collect();
            let likely = if (row[0] > 0.5) != (row[1] > 0.3) { 0.9 } else { 0.1 };
            sample.push(row, rng.random::<f64>() < likely);
        }
        sample
    }

    #[test]
    fn what_no_value_says_alone_is_learned_and_holds_for_new_samples() {
        let trees = grow(&exclusive_or(3000, 1), HOW);
        let new = exclusive_or(2000, 2);
        let loss = |says: &dyn Fn(&[f32]) -> f32| {
            let each = new.rows.iter().zip(&new.right).map(|(row, right)| {
                let p = says(row);
                -f64::from(if *right { p } else { 1.0 - p }.max(1e-6)).ln()
            });
            each.sum::<f64>() / new.rows.len() as f64
        };
        let (grown, best) = (loss(&|row| trees.probability(row)), -(0.9f64 * 0.9f64.ln() + 0.1 * 0.1f64.ln()));
        assert!(grown < best + 0.06, "{grown} where the truth has {best} and nothing {}", 2f64.ln());
        assert!((trees.probability(&[0.9, 0.1, 0.5]) - 0.9).abs() < 0.1);
        assert!(trees.lead_somewhere(3));
    }

    #[test]
    fn the_same_samples_grow_the_same_trees() {
        assert_eq!(grow(&exclusive_or(300, 1), HOW), grow(&exclusive_or(300, 1), HOW));
        let half = Boosting { part: 0.5, ..HOW };
        assert_eq!(grow(&exclusive_or(300, 1), half), grow(&exclusive_or(300, 1), half));
    }

    #[test]
    fn each_tree_sees_another_part_of_the_samples() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (first, second) = (drawn(101, 0.5, &mut rng), drawn(101, 0.5, &mut rng));
        assert!(first.len() == 51 && second.len() == 51 && first != second);
        assert!(first.is_sorted_by(|a, b| a < b) && first.iter().all(|row| *row < 101));
        assert_eq!(drawn(3, 1.0, &mut rng), [0, 1, 2]);
        let sample = exclusive_or(400, 5);
        let [all, half] = [1.0, 0.5].map(|part| grow(&sample, Boosting { trees: 2, part, ..HOW }));
        assert_ne!(all.trees, half.trees);
    }

    #[test]
    fn leaves_hold_enough_samples_and_trees_are_no_larger_than_asked_for() {
        let sample = exclusive_or(200, 3);
        let how = Boosting { trees: 1, leaves: 5, ..HOW };
        let trees = grow(&sample, how);
        let tree = &trees.trees[0];
        assert!(tree.leaves.len() <= 5 && tree.splits.len() + 1 == tree.leaves.len());
        for leaf in &tree.leaves {
            assert!(sample.rows.iter().filter(|row| tree.leaf(row) == *leaf).count() >= how.least);
        }
    }

    #[test]
    fn few_samples_say_how_often_and_none_nothing() {
        let mut sample = Sample::default();
        (0..8).for_each(|at| sample.push(vec![at as f32], at < 2));
        assert!((grow(&sample, HOW).probability(&[0.0]) - 2.0 / 8.0).abs() < 0.03);
        assert_eq!(grow(&Sample::default(), HOW).probability(&[]), 0.5);
    }

    #[test]
    fn a_border_parts_neighbours_among_the_floats() {
        let (a, b) = (1.0f32, 1.0f32.next_up());
        let borders = borders(vec![a, b, a]);
        assert!(borders.len() == 1 && a < borders[0] && b >= borders[0]);
        assert!(super::borders((0..5000).map(|at| at as f32).collect()).len() < BINS);
    }
}
