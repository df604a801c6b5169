//! Reliability diagrams: confidence to the right, the share that is right upwards, the truth on the diagonal.

use super::table::used;
use crate::cli::picture::{begin, escape};
use crate::evaluate::{Judged, reliability};
use crate::train::{BINS, Confidences, Measured, Reliability};

/// Side of a panel.
const SIDE: f64 = 190.0;

/// From the left edge of a panel to that of the next.
const APART: f64 = 230.0;

const LEFT: f64 = 50.0;
const TOP: f64 = 80.0;

/// Three panels, in each the bins before and after.
pub(super) fn reliability_of(measured: &Measured) -> String {
    let panels = [
        ("spans", &measured.spans),
        ("roles between them", &measured.roles),
        ("roles between gold spans", &measured.roles_given_gold_spans),
    ];
    let mut svg = begin("How often the model is right, by its confidence", TOP + SIDE + 60.0);
    svg += "<circle cx=\"56\" cy=\"46\" r=\"4\" fill=\"none\" stroke=\"#8c8c8c\"/><text x=\"66\" y=\"50\">as computed</text>";
    svg += "<circle cx=\"166\" cy=\"46\" r=\"4\" fill=\"#2166ac\"/><text x=\"176\" y=\"50\">calibrated, cross-fitted</text>\n";
    for (number, ((name, of), chosen)) in panels.into_iter().zip(used(measured)).enumerate() {
        svg += &panel(LEFT + number as f64 * APART, name, of, chosen);
    }
    svg + "</svg>\n"
}

fn panel(left: f64, name: &str, of: &Confidences, chosen: &Reliability) -> String {
    let x = |share: f64| left + SIDE * share;
    let y = |share: f64| TOP + SIDE * (1.0 - share);
    let mut svg = String::new();
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let (at, up) = (x(share), y(share));
        svg += &format!("<line x1=\"{left:.0}\" x2=\"{:.0}\" y1=\"{up:.1}\" y2=\"{up:.1}\" stroke=\"#e4e4e4\"/>", x(1.0));
        svg +=
            &format!("<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"10\">{share}</text>", left - 5.0, up + 4.0);
        svg += &format!("<text x=\"{at:.1}\" y=\"{:.0}\" text-anchor=\"middle\" font-size=\"10\">{share}</text>", y(0.0) + 15.0);
    }
    let (low, high) = (y(0.0), y(1.0));
    svg += &format!("<line x1=\"{left:.0}\" y1=\"{low:.0}\" x2=\"{:.0}\" y2=\"{high:.0}\" stroke=\"#8c8c8c\"/>\n", x(1.0));
    let dots = |judged: &[Judged], looks: &str| {
        let bins = reliability(judged, BINS).into_iter();
        let dot = |bin: crate::evaluate::ReliabilityBin| {
            let (confidence, right) = (bin.confidence, bin.right);
            let title = format!("{} predictions: {confidence:.2} said, {right:.2} right", bin.count);
            format!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" {looks}><title>{title}</title></circle>\n",
                x(confidence),
                y(right)
            )
        };
        bins.map(dot).collect::<String>()
    };
    svg += &dots(&of.before.judged, "fill=\"none\" stroke=\"#8c8c8c\"");
    svg += &dots(&chosen.judged, "fill=\"#2166ac\"");
    let (before, after) = (100.0 * of.before.error, 100.0 * chosen.error);
    let what = format!("{}: ECE {before:.1} → {after:.1}", escape(name));
    svg + &format!("<text x=\"{left:.0}\" y=\"{:.0}\">{what}</text>\n", y(0.0) + 38.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Reliability;

    #[test]
    fn each_panel_has_the_bins_of_both() {
        let judged = |confidence: f32| Reliability::of((0..30).map(|i| Judged { confidence, right: i % 2 == 0 }).collect());
        let spans = Confidences { before: judged(0.9), common: judged(0.5), by_label: judged(0.4) };
        let svg = reliability_of(&Measured { spans, ..Measured::default() });
        // Two dots of the legend, and fifteen bins before and after.
        assert_eq!(svg.matches("<circle").count(), 2 + 2 * BINS);
        assert!(svg.contains("spans: ECE 40.0 → ") && svg.contains("2 predictions: 0.50 said, 0.50 right"), "{svg}");
        assert!(svg.contains("cx=\"221.0\" cy=\"175.0\"") && svg.ends_with("</svg>\n"), "{svg}");
    }
}
