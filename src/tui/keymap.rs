//! Which keys do what: read from TOML, kept as a trie so that a chord of several keys needs no timing.

use super::action::{Action, Group};
use super::chord::{Chord, UnknownKey};
use std::str::FromStr;

/// The keymap that is built in.
use crossterm::event::KeyCode;

const DEFAULT: &str = include_str!("../../assets/default-keymap.toml");

/// A keymap that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeymapError {
    /// Not TOML, or not `action = ["keys", …]`.
    #[error("the keymap can't be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// An action that does not exist.
    #[error("the keymap names the action \"{0}\", which does not exist; `?` in rolecall lists them all")]
    UnknownAction(String),
    /// A key that does not exist.
    #[error("in the keymap for \"{action}\": {key}")]
    UnknownKey {
        /// The action it stands at.
        action: &'static str,
        /// What is wrong.
        key: UnknownKey,
    },
    /// The same keys, or keys that begin with another action's keys.
    #[error("the keymap gives \"{keys}\" to \"{first}\", and \"{other_keys}\" to \"{second}\": one hides the other")]
    Clash {
        /// Keys of the first.
        keys: String,
        /// One action.
        first: &'static str,
        /// Keys of the second.
        other_keys: String,
        /// The other action.
        second: &'static str,
    },
    /// An action with a place for keys that is empty text.
    #[error("in the keymap for \"{0}\" there is an entry without a key")]
    NoKey(&'static str),
    /// An action on Esc, or on keys with it: it always takes back what was begun.
    #[error("the keymap gives \"esc\" to \"{0}\", but esc always takes back what was begun")]
    Esc(&'static str),
}

/// What stands at an action in a keymap file: keys, or several of them.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected keys in quotes, or several of them in brackets")]
enum Entry {
    One(String),
    Many(Vec<String>),
}

/// All the keys of an action, each one chord or several in a row.
type Chords = Vec<Vec<Chord>>;

/// What keys lead to.
#[derive(Clone, Debug)]
enum Node {
    Leaf(Action),
    Branch(Vec<(Chord, Node)>),
}

/// What the keys typed so far mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// They are an action.
    Action(Action),
    /// More must follow; these may.
    Pending(Vec<(Chord, Continuation)>),
    /// Nothing begins with them.
    None,
}

/// What a key would lead to from a pending chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// This action.
    Action(Action),
    /// Yet more keys.
    More,
}

/// The keys of the review.
#[derive(Clone, Debug)]
pub struct Keymap {
    root: Node,
    /// All bindings in the order of the actions.
    bindings: Vec<(Action, Vec<Chord>)>,
}

impl Keymap {
    /// The keymap that is built in.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn built_in() -> Result<Self, KeymapError> {
        Self::with_patch("")
    }

    /// The built-in keymap with a user's changes: an action that is named there has those keys and no others.
    ///
    /// # Errors
    /// [`KeymapError`] when the patch can't be read, names something unknown, or two actions clash.
    pub fn with_patch(patch: &str) -> Result<Self, KeymapError> {
        let mut table = parse(DEFAULT)?;
        for (action, keys) in parse(patch)? {
            table.retain(|(other, _)| *other != action);
            table.push((action, keys));
        }
        table.sort_by_key(|(action, _)| Action::ALL.iter().position(|other| other == action));
        let bindings = table.into_iter().flat_map(|(action, keys)| keys.into_iter().map(move |chords| (action, chords)));
        Self::of(bindings.collect())
    }

    fn of(bindings: Vec<(Action, Vec<Chord>)>) -> Result<Self, KeymapError> {
        for (i, (first, keys)) in bindings.iter().enumerate() {
            for (second, others) in bindings.iter().skip(i + 1) {
                if keys.starts_with(others) || others.starts_with(keys) {
                    return Err(KeymapError::Clash {
                        keys: show(keys),
                        first: first.name(),
                        other_keys: show(others),
                        second: second.name(),
                    });
                }
            }
        }
        let mut root = Node::Branch(Vec::new());
        for (action, keys) in &bindings {
            root.insert(keys, *action);
        }
        Ok(Self { root, bindings })
    }

    /// What these keys mean.
    pub fn lookup(&self, typed: &[Chord]) -> Match {
        let mut node = &self.root;
        for chord in typed {
            let Node::Branch(children) = node else { return Match::None };
            match children.iter().find(|(key, _)| key == chord) {
                Some((_, child)) => node = child,
                None => return Match::None,
            }
        }
        match node {
            Node::Leaf(action) => Match::Action(*action),
            Node::Branch(children) => Match::Pending(children.iter().map(|(key, node)| (*key, node.continuation())).collect()),
        }
    }

    /// All keys of an action as they are shown, e.g. `["g d"]`; empty when it has none.
    pub fn keys_of(&self, action: Action) -> Vec<String> {
        self.bindings.iter().filter(|(other, _)| *other == action).map(|(_, keys)| show(keys)).collect()
    }

    /// All keys as a keymap file that says just this, with a remark on what each action does.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        for group in Group::ALL {
            out += &format!("\n# {}\n", group.title());
            for action in Action::ALL.iter().filter(|action| action.group() == group) {
                let keys: Vec<_> = self.keys_of(*action).into_iter().map(|keys| toml::Value::String(keys).to_string()).collect();
                let line = format!("{} = [{}]", action.name(), keys.join(", "));
                out += &format!("{line:<44} # {}\n", action.doc());
            }
        }
        out
    }

    /// The first key of an action as it is shown in the legend; `None` when it has none.
    pub fn key_of(&self, action: Action) -> Option<String> {
        self.keys_of(action).into_iter().next()
    }
}

impl Node {
    fn insert(&mut self, keys: &[Chord], action: Action) {
        let Some((first, rest)) = keys.split_first() else {
            *self = Self::Leaf(action);
            return;
        };
        // A leaf on the way would be a clash, which was refused before.
        let Self::Branch(children) = self else { return };
        if let Some((_, child)) = children.iter_mut().find(|(key, _)| key == first) {
            return child.insert(rest, action);
        }
        let mut child = Self::Branch(Vec::new());
        child.insert(rest, action);
        children.push((*first, child));
    }

    fn continuation(&self) -> Continuation {
        match self {
            Self::Leaf(action) => Continuation::Action(*action),
            Self::Branch(_) => Continuation::More,
        }
    }
}

fn parse(source: &str) -> Result<Vec<(Action, Chords)>, KeymapError> {
    let table: indexmap::IndexMap<String, Entry> = toml::from_str(source)?;
    table
        .into_iter()
        .map(|(name, keys)| {
            let action = Action::by_name(&name).ok_or(KeymapError::UnknownAction(name))?;
            let keys = match keys {
                Entry::One(keys) => vec![keys],
                Entry::Many(keys) => keys,
            };
            let keys = keys.iter().map(|keys| chords(action, keys)).collect::<Result<_, _>>()?;
            Ok((action, keys))
        })
        .collect()
}

fn chords(action: Action, keys: &str) -> Result<Vec<Chord>, KeymapError> {
    let chords: Result<Vec<_>, _> = keys.split_whitespace().map(Chord::from_str).collect();
    let chords = chords.map_err(|key| KeymapError::UnknownKey { action: action.name(), key })?;
    if chords.iter().any(|chord| chord.code == KeyCode::Esc) {
        return Err(KeymapError::Esc(action.name()));
    }
    if chords.is_empty() { Err(KeymapError::NoKey(action.name())) } else { Ok(chords) }
}

fn show(keys: &[Chord]) -> String {
    keys.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> Vec<Chord> {
        keys.split(' ').map(|key| key.parse().unwrap()).collect()
    }

    #[test]
    fn every_action_has_a_key() {
        let keymap = Keymap::built_in().unwrap();
        for action in Action::ALL {
            assert!(keymap.key_of(*action).is_some(), "{} has no key", action.name());
        }
    }

    #[test]
    fn a_chord_says_what_may_follow() {
        let keymap = Keymap::built_in().unwrap();
        let Match::Pending(next) = keymap.lookup(&typed("g")) else { panic!("g should wait for more") };
        assert!(next.contains(&(Chord::char('d'), Continuation::Action(Action::DocumentList))));
        assert_eq!(keymap.lookup(&typed("g d")), Match::Action(Action::DocumentList));
        assert_eq!(keymap.lookup(&typed("g z")), Match::None);
    }

    #[test]
    fn a_clash_names_both() {
        let error = Keymap::with_patch("accept = ['x']").unwrap_err().to_string();
        assert!(error.contains("\"accept\"") && error.contains("\"reject\""), "{error}");
        let error = Keymap::with_patch("accept = ['g']").unwrap_err().to_string();
        assert!(error.contains("\"g d\"") || error.contains("\"g "), "a prefix hides a chord: {error}");
    }

    #[test]
    fn a_patch_replaces_the_keys_of_what_it_names() {
        let keymap = Keymap::with_patch("accept = ['y', 'g y']").unwrap();
        assert_eq!(keymap.keys_of(Action::Accept), ["y", "g y"]);
        assert_eq!(keymap.lookup(&typed("a")), Match::None);
        assert_eq!(keymap.lookup(&typed("x")), Match::Action(Action::Reject));
        assert_eq!(Keymap::with_patch("accept = 'y'").unwrap().keys_of(Action::Accept), ["y"]);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |patch: &str| Keymap::with_patch(patch).unwrap_err().to_string();
        assert!(error("acept = ['y']").contains("\"acept\""));
        assert!(error("accept = ['hyper-y']").contains("hyper-y"));
        assert!(error("accept = ['']").contains("accept"));
        assert!(error("accept = 3").contains("line 1") && error("accept = 3").contains("keys in quotes"));
        assert!(error("accept = ['g esc']").contains("esc always takes back"));
    }
}
