//! Where on the screen what belongs.

use ratatui::layout::Rect;

/// Columns and rows below which only a notice is shown.
pub const MINIMUM: (u16, u16) = (60, 16);

/// From this many columns on the relations stand beside the text, else beneath it.
const SIDE_BY_SIDE: u16 = 100;

/// Share of the columns, in percent, that the relations take beside the text.
const PANEL_SHARE: u16 = 35;

/// The parts of the screen, borders left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    /// All of it.
    pub whole: Rect,
    /// The text with its gutter.
    pub text: Rect,
    /// The relations.
    pub panel: Rect,
    /// Whether the relations stand beside the text.
    pub beside: bool,
    /// The line with the focused item.
    pub status: Rect,
}

impl Regions {
    /// The parts of a screen; `None` when it is too small.
    pub fn new(whole: Rect) -> Option<Self> {
        if whole.width < MINIMUM.0 || whole.height < MINIMUM.1 {
            return None;
        }
        let inner = Rect::new(whole.x + 1, whole.y + 1, whole.width - 2, whole.height - 2);
        let status = Rect { y: inner.bottom() - 1, height: 1, ..inner };
        // One row above the status line is a border.
        let body = Rect { height: inner.height - 2, ..inner };
        let beside = whole.width >= SIDE_BY_SIDE;
        let (text, panel) = if beside { side_by_side(body, whole.width) } else { folded(body) };
        Some(Self { whole, text, panel, beside, status })
    }
}

fn side_by_side(body: Rect, columns: u16) -> (Rect, Rect) {
    // A row is still easy to read at 100 columns; what is beyond goes to the relations.
    let share = u32::from(columns) * u32::from(PANEL_SHARE) / 100;
    let panel_width = (share as u16).max(body.width.saturating_sub(105)).min(body.width / 2);
    let text = Rect { width: body.width - panel_width - 1, ..body };
    (text, Rect { x: text.right() + 1, width: panel_width, ..body })
}

fn folded(body: Rect) -> (Rect, Rect) {
    let panel_height = (body.height / 3).clamp(3, 8);
    let text = Rect { height: body.height - panel_height - 1, ..body };
    (text, Rect { y: text.bottom() + 1, height: panel_height, ..body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_overlap_and_stay_inside() {
        for (width, height) in [(60, 16), (80, 24), (99, 40), (100, 16), (120, 40), (400, 100)] {
            let whole = Rect::new(0, 0, width, height);
            let regions = Regions::new(whole).unwrap();
            let parts = [regions.text, regions.panel, regions.status];
            for (i, part) in parts.iter().enumerate() {
                assert_eq!(part.intersection(whole), *part);
                assert!(part.area() > 0);
                assert!(parts.iter().skip(i + 1).all(|other| !part.intersects(*other)), "{width}×{height}");
            }
        }
        assert_eq!(Regions::new(Rect::new(0, 0, 59, 40)), None);
        assert_eq!(Regions::new(Rect::new(0, 0, 80, 15)), None);
    }
}
