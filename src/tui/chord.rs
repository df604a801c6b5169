//! A key press as data: written in the keymap file, shown in the help, made from a terminal event.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::fmt;
use std::str::FromStr;

/// One key with its modifiers. Shift is part of a character (`A`), and kept only for keys that have no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Control, alt, and shift for keys without a character.
    pub modifiers: KeyModifiers,
}

/// A key name that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no key: write one character, or a name such as space, enter, tab, esc, left, page-down, or ctrl-x")]
pub struct UnknownKey(pub String);

/// Names of keys; of several the first is shown.
const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("tab", KeyCode::Tab),
    ("esc", KeyCode::Esc),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("←", KeyCode::Left),
    ("→", KeyCode::Right),
    ("↑", KeyCode::Up),
    ("↓", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("page-up", KeyCode::PageUp),
    ("page-down", KeyCode::PageDown),
];

impl Chord {
    /// A key without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// A character key without modifiers.
    pub const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    /// What a terminal reported; `None` for a key release, which some systems send and which does nothing.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match event.code {
            // Shift and Tab arrive as a key of its own on most terminals.
            KeyCode::BackTab => {
                modifiers |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            KeyCode::Char(c) if !modifiers.contains(KeyModifiers::CONTROL) => {
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::Char(c)
            }
            KeyCode::Char(c) => {
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::Char(c.to_ascii_lowercase())
            }
            other => other,
        };
        Some(Self { code, modifiers })
    }

    /// The character that this key types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }
}

impl FromStr for Chord {
    type Err = UnknownKey;

    fn from_str(name: &str) -> Result<Self, UnknownKey> {
        let unknown = || UnknownKey(name.to_owned());
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = name;
        loop {
            let (bit, tail) = match rest {
                _ if rest.starts_with("ctrl-") => (KeyModifiers::CONTROL, rest.strip_prefix("ctrl-")),
                _ if rest.starts_with("alt-") => (KeyModifiers::ALT, rest.strip_prefix("alt-")),
                _ if rest.starts_with("shift-") => (KeyModifiers::SHIFT, rest.strip_prefix("shift-")),
                _ => break,
            };
            modifiers |= bit;
            rest = tail.ok_or_else(unknown)?;
        }
        if let Some((_, code)) = NAMED.iter().find(|(known, _)| *known == rest) {
            return Ok(Self { code: *code, modifiers });
        }
        let mut chars = rest.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && !modifiers.contains(KeyModifiers::SHIFT) => {
                Ok(Self { code: KeyCode::Char(c), modifiers })
            }
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-"), (KeyModifiers::SHIFT, "shift-")];
        for (bit, name) in bits {
            if self.modifiers.contains(bit) {
                f.write_str(name)?;
            }
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, other) => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        assert_eq!("a".parse(), Ok(Chord::char('a')));
        assert_eq!("space".parse(), Ok(Chord::char(' ')));
        assert_eq!("-".parse(), Ok(Chord::char('-')));
        assert_eq!("shift-tab".parse(), Ok(Chord { code: KeyCode::Tab, modifiers: KeyModifiers::SHIFT }));
        assert_eq!("ctrl-z".parse(), Ok(Chord { code: KeyCode::Char('z'), modifiers: KeyModifiers::CONTROL }));
        assert!("ab".parse::<Chord>().is_err());
        assert!("shift-a".parse::<Chord>().is_err(), "shift and a is written A");
        assert!("".parse::<Chord>().is_err());
    }

    #[test]
    fn what_a_terminal_sends_is_what_the_keymap_says() {
        let press = |code, modifiers| Chord::from_event(KeyEvent::new(code, modifiers));
        assert_eq!(press(KeyCode::Char('A'), KeyModifiers::SHIFT), "A".parse().ok());
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::SHIFT), "shift-tab".parse().ok());
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::NONE), "shift-tab".parse().ok());
        assert_eq!(press(KeyCode::Char('~'), KeyModifiers::SHIFT), "~".parse().ok());
    }

    #[test]
    fn releases_are_dropped() {
        let release = KeyEvent::new_with_kind(KeyCode::Char('a'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(Chord::from_event(release), None);
    }
}
