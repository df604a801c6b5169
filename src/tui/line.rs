//! A line that is being typed, in prompts and in the palette.

use super::chord::Chord;
use crossterm::event::{KeyCode, KeyModifiers};

/// Text with a place where typing goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    before: String,
    /// What stands behind the cursor, in reading order.
    after: String,
}

/// The most that a line takes, in code points.
const LIMIT: usize = 4000;

impl Line {
    /// A line that holds `text`, with the cursor behind it.
    pub fn holding(text: &str) -> Self {
        Self { before: text.to_owned(), after: String::new() }
    }

    /// All of it.
    pub fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// What stands before and behind the cursor.
    pub fn halves(&self) -> (&str, &str) {
        (&self.before, &self.after)
    }

    /// Types text; line feeds and tabs become blanks, other control characters are dropped.
    pub fn insert(&mut self, text: &str) {
        let room = LIMIT.saturating_sub(self.before.chars().count() + self.after.chars().count());
        let typed = text.chars().map(|c| if matches!(c, '\n' | '\t' | '\r') { ' ' } else { c });
        self.before.extend(typed.filter(|c| !c.is_control()).take(room));
    }

    /// Takes a key; `false` when it means nothing here.
    pub fn key(&mut self, chord: Chord) -> bool {
        if let Some(c) = chord.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        let control = chord.modifiers.contains(KeyModifiers::CONTROL);
        match chord.code {
            KeyCode::Backspace => drop(self.before.pop()),
            KeyCode::Delete => drop(take_first(&mut self.after)),
            KeyCode::Left => self.after.extend_front(self.before.pop()),
            KeyCode::Right => self.before.extend(take_first(&mut self.after)),
            KeyCode::Home => self.go_to_start(),
            KeyCode::End => self.go_to_end(),
            KeyCode::Char('a') if control => self.go_to_start(),
            KeyCode::Char('e') if control => self.go_to_end(),
            KeyCode::Char('u') if control => self.before.clear(),
            KeyCode::Char('k') if control => self.after.clear(),
            KeyCode::Char('w') if control => {
                let kept = self.before.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
                self.before.truncate(kept);
            }
            _ => return false,
        }
        true
    }

    fn go_to_start(&mut self) {
        self.after = self.text();
        self.before.clear();
    }

    fn go_to_end(&mut self) {
        self.before = self.text();
        self.after.clear();
    }
}

trait ExtendFront {
    fn extend_front(&mut self, c: Option<char>);
}

impl ExtendFront for String {
    fn extend_front(&mut self, c: Option<char>) {
        if let Some(c) = c {
            self.insert(0, c);
        }
    }
}

fn take_first(text: &mut String) -> Option<char> {
    if text.is_empty() { None } else { Some(text.remove(0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> String {
        let mut line = Line::default();
        for key in keys.split(' ') {
            line.key(key.parse().unwrap());
        }
        let (before, after) = line.halves();
        format!("{before}|{after}")
    }

    #[test]
    fn keys_edit_the_line() {
        assert_eq!(typed("a b left c"), "ac|b");
        assert_eq!(typed("a b home delete"), "|b");
        assert_eq!(typed("a b space c ctrl-w"), "ab |");
        assert_eq!(typed("a b left ctrl-u"), "|b");
        assert_eq!(typed("α 汉 backspace end"), "α|");
    }

    #[test]
    fn pasted_text_stays_on_one_line() {
        let mut line = Line::default();
        line.insert("a\nb\u{1b}[c");
        assert_eq!(line.text(), "a b[c");
    }
}
