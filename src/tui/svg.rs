//! A frame as an SVG picture, for the README: what the program draws, without a terminal to photograph.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// Width of a cell in pixels.
const CELL_WIDTH: f32 = 8.4;
/// Height of a cell in pixels.
const CELL_HEIGHT: f32 = 18.0;
/// Distance of the letters' feet from the top of their cell.
const BASELINE: f32 = 13.5;
/// Empty pixels around the screen.
const MARGIN: f32 = 12.0;
/// What a terminal shows where nothing else is asked for.
const FOREGROUND: &str = "#d8d8d8";
const BACKGROUND: &str = "#16181d";
/// What is said beneath a recording.
const CAPTION: &str = "#e5c07b";
/// The sixteen colours of a terminal, as the picture shows them.
const SIXTEEN: [&str; 16] = [
    "#16181d", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4", //
    "#7f848e", "#ef8b93", "#b1d898", "#f0d399", "#84c4f8", "#d79be8", "#7bcad4", "#ffffff",
];

/// The picture of a frame. `title` is what a screen reader says.
pub fn picture(buffer: &Buffer, title: &str) -> String {
    let mut svg = head(buffer.area, 0, title);
    for y in buffer.area.top()..buffer.area.bottom() {
        svg.push_str(&row(buffer, y));
    }
    svg.push_str(FOOT);
    svg
}

/// A frame of a recording.
#[derive(Clone, Debug)]
pub struct Take {
    /// What is on the screen.
    pub screen: Buffer,
    /// What is said beneath it: which keys were pressed.
    pub caption: String,
    /// How long it is seen, in seconds.
    pub seconds: f32,
}

/// Frames one after the other, over and over, in one picture. A row that stays the same from frame to frame is drawn once.
pub fn recording(takes: &[Take], title: &str) -> String {
    let Some(first) = takes.first() else { return String::new() };
    let area = first.screen.area;
    let mut svg = head(area, 1, title);
    let total: f32 = takes.iter().map(|take| take.seconds).sum();
    let mut starts = Vec::with_capacity(takes.len() + 1);
    let mut at = 0.0;
    for take in takes {
        starts.push(at / total);
        at += take.seconds;
    }
    starts.push(1.0);
    for y in area.top()..area.bottom() {
        stretches(&mut svg, (&starts, total), takes.iter().map(|take| row(&take.screen, y)));
    }
    let feet = MARGIN + f32::from(area.height) * CELL_HEIGHT + BASELINE;
    let caption = |take: &Take| {
        let text = escape(&take.caption).replace(' ', "\u{a0}");
        format!("<text x=\"{MARGIN}\" y=\"{feet:.1}\" fill=\"{CAPTION}\" font-weight=\"bold\">{text}</text>\n")
    };
    stretches(&mut svg, (&starts, total), takes.iter().map(caption));
    svg.push_str(FOOT);
    svg
}

/// Draws what is seen in each frame, each thing once for all the frames in a row that show it. `starts`: when each frame begins, as a
/// share of the whole, and 1; `duration` is that of the whole in seconds.
fn stretches(svg: &mut String, (starts, duration): (&[f32], f32), frames: impl Iterator<Item = String>) {
    let mut seen: Vec<(String, usize, usize)> = Vec::new();
    for (index, drawn) in frames.enumerate() {
        match seen.last_mut() {
            Some((last, _, behind)) if *last == drawn => *behind = index + 1,
            _ => seen.push((drawn, index, index + 1)),
        }
    }
    let count = starts.len().saturating_sub(1);
    for (drawn, from, behind) in seen.into_iter().filter(|(drawn, ..)| !drawn.is_empty()) {
        if (from, behind) == (0, count) {
            svg.push_str(&drawn);
            continue;
        }
        let at = |index: usize| starts.get(index).copied().unwrap_or(1.0);
        let (values, times) = match (from, behind == count) {
            (0, _) => ("visible;hidden", format!("0;{:.4}", at(behind))),
            (_, true) => ("hidden;visible", format!("0;{:.4}", at(from))),
            _ => ("hidden;visible;hidden", format!("0;{:.4};{:.4}", at(from), at(behind))),
        };
        // The first frame is what is seen where nothing moves.
        let still = if from == 0 { "visible" } else { "hidden" };
        let _ = writeln!(
            svg,
            "<g visibility=\"{still}\"><animate attributeName=\"visibility\" calcMode=\"discrete\" values=\"{values}\" \
             keyTimes=\"{times}\" dur=\"{duration:.1}s\" repeatCount=\"indefinite\"/>\n{drawn}</g>"
        );
    }
}

/// Beginning of a picture with so many rows beneath the screen.
fn head(area: Rect, rows_beneath: u16, title: &str) -> String {
    let rows = area.height.saturating_add(rows_beneath);
    let (width, height) = (f32::from(area.width) * CELL_WIDTH + 2.0 * MARGIN, f32::from(rows) * CELL_HEIGHT + 2.0 * MARGIN);
    let title = escape(title);
    // Writing to a String can't fail, here and below.
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         role=\"img\">\n<title>{title}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    )
}

const FOOT: &str = "</g>\n</svg>\n";

/// A row of the screen.
fn row(buffer: &Buffer, y: u16) -> String {
    let mut svg = String::new();
    let mut x = buffer.area.left();
    while x < buffer.area.right() {
        let columns = run(buffer, x, y);
        draw_run(&mut svg, buffer, (x, y), columns);
        x = x.saturating_add(columns);
    }
    svg
}

/// How many columns from here on look the same, at least 1. Lines of boxes and wide characters stand alone.
fn run(buffer: &Buffer, x: u16, y: u16) -> u16 {
    let Some(first) = buffer.cell((x, y)) else { return 1 };
    let alone = |cell: &Cell| strokes(cell.symbol()).is_some() || cell.symbol().width() != 1;
    if alone(first) {
        return (first.symbol().width() as u16).max(1);
    }
    let same = |at: &u16| buffer.cell((*at, y)).is_some_and(|cell| !alone(cell) && cell.style() == first.style());
    (x..buffer.area.right()).take_while(same).count().max(1) as u16
}

fn draw_run(svg: &mut String, buffer: &Buffer, (x, y): (u16, u16), columns: u16) {
    let Some(first) = buffer.cell((x, y)) else { return };
    let left = MARGIN + f32::from(x - buffer.area.left()) * CELL_WIDTH;
    let top = MARGIN + f32::from(y - buffer.area.top()) * CELL_HEIGHT;
    let width = f32::from(columns) * CELL_WIDTH;
    let (foreground, background) = colours(first);
    if background != BACKGROUND {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT}\" fill=\"{background}\"/>"
        );
    }
    if let Some(ends) = strokes(first.symbol()) {
        draw_box_line(svg, left, top, ends, &foreground);
        return;
    }
    let text: String = (x..x.saturating_add(columns)).filter_map(|at| buffer.cell((at, y))).map(Cell::symbol).collect();
    let marks = attributes(first);
    if text.trim().is_empty() && !marks.contains("decoration") {
        return;
    }
    let feet = top + BASELINE;
    // XML folds a row of blanks into one unless they do not break.
    let text = escape(&text).replace(' ', "\u{a0}");
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{feet:.1}\" textLength=\"{width:.1}\" fill=\"{foreground}\"{marks}>{text}</text>"
    );
}

/// Foreground and background with reversal and dimming applied.
fn colours(cell: &Cell) -> (String, String) {
    let foreground = colour(cell.fg, FOREGROUND);
    let background = colour(cell.bg, BACKGROUND);
    if cell.modifier.contains(Modifier::REVERSED) { (background, foreground) } else { (foreground, background) }
}

fn colour(colour: Color, default: &str) -> String {
    let sixteen = |index: usize| SIXTEEN.get(index).copied().unwrap_or(default).to_owned();
    match colour {
        Color::Reset => default.to_owned(),
        Color::Black => sixteen(0),
        Color::Red => sixteen(1),
        Color::Green => sixteen(2),
        Color::Yellow => sixteen(3),
        Color::Blue => sixteen(4),
        Color::Magenta => sixteen(5),
        Color::Cyan => sixteen(6),
        Color::Gray => sixteen(7),
        Color::DarkGray => sixteen(8),
        Color::LightRed => sixteen(9),
        Color::LightGreen => sixteen(10),
        Color::LightYellow => sixteen(11),
        Color::LightBlue => sixteen(12),
        Color::LightMagenta => sixteen(13),
        Color::LightCyan => sixteen(14),
        Color::White => sixteen(15),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(index) => indexed(index),
    }
}

/// The 256 colours of xterm: sixteen, a cube of six steps a side, and greys.
fn indexed(index: u8) -> String {
    let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    match index {
        0..=15 => SIXTEEN.get(usize::from(index)).copied().unwrap_or(FOREGROUND).to_owned(),
        16..=231 => {
            let n = index - 16;
            format!("#{:02x}{:02x}{:02x}", step(n / 36), step(n / 6 % 6), step(n % 6))
        }
        232..=255 => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

/// Weight, slant, lines and dimming as attributes of a text element.
fn attributes(cell: &Cell) -> String {
    let has = |modifier| cell.modifier.contains(modifier);
    let mut marks = String::new();
    if has(Modifier::BOLD) {
        marks.push_str(" font-weight=\"bold\"");
    }
    if has(Modifier::ITALIC) {
        marks.push_str(" font-style=\"italic\"");
    }
    if has(Modifier::DIM) {
        marks.push_str(" opacity=\"0.65\"");
    }
    let lines = [(Modifier::UNDERLINED, "underline"), (Modifier::CROSSED_OUT, "line-through")];
    let lines: Vec<&str> = lines.into_iter().filter(|(modifier, _)| has(*modifier)).map(|(_, name)| name).collect();
    if !lines.is_empty() {
        let _ = write!(marks, " text-decoration=\"{}\"", lines.join(" "));
    }
    marks
}

/// For a character that draws part of a box: whether a line goes left, right, up and down from its middle.
fn strokes(symbol: &str) -> Option<[bool; 4]> {
    let ends = match symbol {
        "─" | "━" => "lr",
        "│" | "┃" => "ud",
        "┌" | "╭" => "rd",
        "┐" | "╮" => "ld",
        "└" | "╰" => "ru",
        "┘" | "╯" => "lu",
        "├" => "rud",
        "┤" => "lud",
        "┬" => "lrd",
        "┴" => "lru",
        "┼" => "lrud",
        _ => return None,
    };
    Some(['l', 'r', 'u', 'd'].map(|end| ends.contains(end)))
}

/// Drawn instead of written, because a font's lines rarely meet across cells.
fn draw_box_line(svg: &mut String, left: f32, top: f32, ends: [bool; 4], colour: &str) {
    let (x, y) = (left + CELL_WIDTH / 2.0, top + CELL_HEIGHT / 2.0);
    let tips = [(left, y), (left + CELL_WIDTH, y), (x, top), (x, top + CELL_HEIGHT)];
    let mut path = String::new();
    for ((tip_x, tip_y), _) in tips.into_iter().zip(ends).filter(|(_, drawn)| *drawn) {
        let _ = write!(path, "M{x:.1} {y:.1}L{tip_x:.1} {tip_y:.1}");
    }
    let _ = writeln!(svg, "<path d=\"{path}\" stroke=\"{colour}\"/>");
}

/// Text inside XML; control characters have no place there.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            c if c.is_control() => safe.push(char::REPLACEMENT_CHARACTER),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    #[test]
    fn runs_of_one_style_are_one_text_and_boxes_are_lines() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 1));
        buffer.set_string(0, 0, "│", Style::new());
        buffer.set_string(1, 0, "a<b ", Style::new().fg(Color::Rgb(255, 0, 16)).add_modifier(Modifier::UNDERLINED));
        buffer.set_string(5, 0, "α", Style::new().add_modifier(Modifier::REVERSED));
        let svg = picture(&buffer, "a & b");
        assert!(svg.contains("<title>a &amp; b</title>"), "{svg}");
        assert!(svg.contains("fill=\"#ff0010\" text-decoration=\"underline\">a&lt;b\u{a0}</text>"), "{svg}");
        assert!(svg.contains(&format!("fill=\"{FOREGROUND}\"/>")) && svg.contains(">α</text>"), "{svg}");
        assert_eq!((svg.matches("<path").count(), svg.matches("<text").count()), (1, 2));
    }

    #[test]
    fn the_xterm_colours_are_known_at_their_corners() {
        assert_eq!([16, 21, 231, 232, 255].map(indexed), ["#000000", "#0000ff", "#ffffff", "#080808", "#eeeeee"]);
    }

    #[test]
    fn what_stays_is_drawn_once_and_what_changes_is_shown_in_its_time() {
        let take = |words: [&str; 2], caption: &str| {
            let mut screen = Buffer::empty(Rect::new(0, 0, 9, 2));
            words.iter().zip(0..).for_each(|(word, y)| screen.set_string(0, y, word, Style::new()));
            Take { screen, caption: caption.into(), seconds: 2.0 }
        };
        let svg = recording(&[take(["same", "one"], ""), take(["same", "two"], "a"), take(["same", "two"], "x")], "t");
        assert_eq!(svg.matches(">same").count(), 1, "{svg}");
        assert_eq!(svg.matches(">two").count(), 1);
        let hidden = "<g visibility=\"hidden\"><animate attributeName=\"visibility\" calcMode=\"discrete\"";
        assert!(svg.contains(&format!("{hidden} values=\"hidden;visible\" keyTimes=\"0;0.3333\" dur=\"6.0s\"")), "{svg}");
        assert!(svg.contains("values=\"hidden;visible;hidden\" keyTimes=\"0;0.3333;0.6667\""), "the caption a: {svg}");
        assert!(svg.contains("<g visibility=\"visible\">"), "the first frame is there without any motion");
    }
}
