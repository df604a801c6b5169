//! A screen as text with its styles: ratatui's own form has no colours.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// The symbols of each row, without blanks at the end.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    (0..area.height)
        .map(|y| {
            let mut row = String::new();
            let mut x = 0;
            while x < area.width {
                let symbol = buffer[(x, y)].symbol();
                row.push_str(symbol);
                // A wide symbol covers the cell behind it.
                x += (symbol.width() as u16).max(1);
            }
            row.trim_end().to_owned()
        })
        .collect()
}

/// The symbols, then the same grid with a letter for the style of each cell, then what the letters mean.
pub fn styled(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut styles: Vec<String> = Vec::new();
    let mut out = rows(buffer).join("\n");
    out.push_str("\n\nstyles:\n");
    for y in 0..area.height {
        let mut row = String::new();
        for x in 0..area.width {
            let style = describe(&buffer[(x, y)]);
            let index = styles.iter().position(|other| *other == style).unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
            row.push(letter(index));
        }
        out.push_str(row.trim_end_matches('.'));
        out.push('\n');
    }
    for (index, style) in styles.iter().enumerate() {
        writeln!(out, "{} {style}", letter(index)).unwrap();
    }
    out
}

fn letter(index: usize) -> char {
    let letters = ".abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    letters.chars().nth(index).expect("fewer styles than letters")
}

fn describe(cell: &Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(format!("{}", cell.fg));
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", cell.bg));
    }
    if cell.modifier != Modifier::empty() {
        words.push(format!("{:?}", cell.modifier));
    }
    if words.is_empty() { "plain".to_owned() } else { words.join(" ") }
}
