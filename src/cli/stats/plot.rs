//! What a review came to, as bars and dots.

use crate::cli::picture::{WIDTH, begin, escape};
use crate::review::stats::Fate;

/// Left of the bars stand the names.
const LEFT: f64 = 130.0;
const RIGHT: f64 = 90.0;
const TOP: f64 = 70.0;
const ROW: f64 = 24.0;
/// Height of the plot of seconds, without its margins.
const HEIGHT: f64 = 240.0;

/// A part of a bar: how it is called, its colour, and how many.
type Part = (&'static str, &'static str, fn(&Fate) -> usize);

/// The parts of a bar. The colours differ in lightness, so that they do without hue.
const PARTS: [Part; 4] = [
    ("accepted", "#1b7837", |fate| fate.accepted),
    ("corrected", "#f6b33c", |fate| fate.corrected),
    ("rejected", "#8c2d5e", |fate| fate.rejected),
    ("undecided", "#d0d0d0", |fate| fate.undecided),
];

/// A bar for each name, as long as all others, divided by what became of the proposals; their number and the accept rate behind it.
pub(super) fn fates(title: &str, rows: &[(String, Fate)]) -> String {
    let rows: Vec<_> = rows.iter().filter(|(_, fate)| *fate != Fate::default()).collect();
    let mut svg = begin(title, TOP + ROW * rows.len() as f64 + 20.0);
    let mut x = LEFT;
    for (name, colour, _) in PARTS {
        svg += &format!("<rect x=\"{x:.0}\" y=\"40\" width=\"12\" height=\"12\" fill=\"{colour}\"/>");
        svg += &format!("<text x=\"{:.0}\" y=\"50\">{name}</text>\n", x + 17.0);
        x += 105.0;
    }
    for (i, (name, fate)) in rows.iter().enumerate() {
        let y = TOP + ROW * i as f64;
        svg += &format!("<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>", LEFT - 8.0, y + 14.0, escape(name));
        let all = PARTS.iter().map(|(_, _, of)| of(fate)).sum::<usize>();
        let mut x = LEFT;
        for (_, colour, of) in PARTS {
            let width = (WIDTH - LEFT - RIGHT) * of(fate) as f64 / all as f64;
            if width > 0.0 {
                svg += &format!("<rect x=\"{x:.1}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"18\" fill=\"{colour}\"/>");
            }
            x += width;
        }
        let rate = fate.accept_rate().map_or_else(String::new, |rate| format!(", {:.0} %", rate * 100.0));
        svg += &format!("<text x=\"{:.0}\" y=\"{:.0}\">{all}{rate}</text>\n", WIDTH - RIGHT + 6.0, y + 14.0);
    }
    svg + "</svg>\n"
}

/// A dot for each document at the height of its seconds, from left to right, and a line for the mean of five.
pub(super) fn seconds(title: &str, documents: &[(String, f64)]) -> String {
    const WINDOW: usize = 5;
    let mut svg = begin(title, HEIGHT + 100.0);
    let most = documents.iter().map(|(_, seconds)| *seconds).fold(1.0, f64::max);
    let x = |i: usize| 60.0 + (WIDTH - 90.0) * (i as f64 + 0.5) / documents.len().max(1) as f64;
    let y = |seconds: f64| 50.0 + HEIGHT * (1.0 - seconds / most);
    for part in 0..=4 {
        let value = most * f64::from(part) / 4.0;
        let at = y(value);
        svg += &format!("<line x1=\"60\" x2=\"{:.0}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#d8d8d8\"/>", WIDTH - 30.0);
        svg += &format!("<text x=\"52\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>\n", at + 4.0);
    }
    for (i, (name, seconds)) in documents.iter().enumerate() {
        let (x, y) = (x(i), y(*seconds));
        svg += &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"#2166ac\">");
        svg += &format!("<title>{}: {seconds:.0} s</title></circle>\n", escape(name));
    }
    let means = documents.windows(WINDOW).enumerate().map(|(i, window)| {
        let mean = window.iter().map(|(_, seconds)| seconds).sum::<f64>() / window.len() as f64;
        format!("{:.1},{:.1}", x(i + WINDOW / 2), y(mean))
    });
    let means = means.collect::<Vec<_>>().join(" ");
    svg += &format!("<polyline points=\"{means}\" fill=\"none\" stroke=\"#b2182b\" stroke-width=\"1.5\"/>\n");
    let note = format!("{} documents; the line is the mean of {WINDOW}", documents.len());
    svg += &format!("<text x=\"60\" y=\"{:.0}\">{note}</text>\n", HEIGHT + 80.0);
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_shares_and_names_are_no_markup() {
        let fate = Fate { accepted: 1, corrected: 0, rejected: 1, undecided: 2 };
        let svg = fates("a <b>", &[("Gene & \u{1b}co".to_owned(), fate), ("none".to_owned(), Fate::default())]);
        assert!(svg.contains("Gene &amp; \u{fffd}co") && svg.contains("a &lt;b&gt;") && !svg.contains("none<"), "{svg}");
        assert_eq!(svg.matches("width=\"125.0\"").count(), 2, "two of the parts are a quarter each: {svg}");
        assert_eq!(svg.matches("width=\"250.0\"").count(), 1);
        assert!(svg.contains("4, 50 %"));
    }

    #[test]
    fn documents_are_dots() {
        let rows: Vec<_> = (0..7).map(|i| (format!("d{i}"), f64::from(i) * 10.0)).collect();
        let svg = seconds("t", &rows);
        assert_eq!(svg.matches("<circle").count(), 7);
        assert_eq!(svg.split_once("points=\"").unwrap().1.split_once('"').unwrap().0.split(' ').count(), 3);
        assert!(seconds("t", &[]).ends_with("</svg>\n"));
    }
}
