//! A schema from brat's `annotation.conf` and `visual.conf`, so that a folder that was annotated with brat brings its own.
//!
//! After [brat's manual](https://brat.nlplab.org/configuration.html). Read are types, their hierarchy as far as its order, macros,
//! relations with their arguments, labels, and the colours of types. Triggers of events are types too. Attributes, normalisations and the
//! rest of the drawing are passed over: the review neither offers nor forbids them.

use super::{EntityType, LegalPair, Role, Schema, SchemaError, Tint};
use crate::document::Label;
use indexmap::IndexSet;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The widest tag under the text.
const TAG_COLUMNS: usize = 7;

/// Letters that are given to types last: they also move while a selection grows.
const MOVING: &str = "hjklf";

/// Tints of types that the built-in schema does not know, in the order in which they are given out: neighbours differ.
const TINTS: [Tint; 12] = [
    Tint::Gene,
    Tint::NegativeRegulation,
    Tint::MolecularActivity,
    Tint::PositiveRegulation,
    Tint::Disease,
    Tint::Interaction,
    Tint::Regulation,
    Tint::CellActivity,
    Tint::Protein,
    Tint::Variation,
    Tint::Pathway,
    Tint::Enzyme,
];

/// The hue of each tint in the built-in themes, in degrees. A tint is taken for a colour so that it stays readable in every theme.
const HUES: [(Tint, u16); 12] = [
    (Tint::Disease, 3),
    (Tint::NegativeRegulation, 27),
    (Tint::Pathway, 44),
    (Tint::Regulation, 54),
    (Tint::PositiveRegulation, 113),
    (Tint::Interaction, 168),
    (Tint::Protein, 193),
    (Tint::Gene, 212),
    (Tint::Enzyme, 227),
    (Tint::MolecularActivity, 269),
    (Tint::CellActivity, 304),
    (Tint::Variation, 349),
];

/// Reads `annotation.conf`, and `visual.conf` for the short labels and the colours if there is one. Types that the built-in schema knows keep their
/// letters, tags and colours.
pub(super) fn read(annotation: &str, visual: Option<&str>) -> Result<Schema, SchemaError> {
    let sections = sections(annotation);
    let lines = |name: &'static str| sections.iter().filter(move |line| line.section == name);
    let mut names: Vec<Label> = Vec::new();
    let taken = lines("entities").chain(lines("events")).map(|line| line.head).filter(|head| is_type(head));
    for name in taken.map(Label::from) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(SchemaError::NoTypes);
    }
    let macros: HashMap<&str, &str> = sections
        .iter()
        .filter_map(|line| line.whole.split_once('='))
        .map(|(name, values)| (name.trim(), values.trim()))
        .filter(|(name, _)| name.starts_with('<') && name.ends_with('>'))
        .collect();
    let mut legal = Vec::new();
    for line in lines("relations").filter(|line| is_type(line.head)) {
        let arguments = arguments(line)?;
        let end = |index: usize| {
            let values = arguments.get(index).map(|(_, values)| *values);
            let values = values.ok_or_else(|| line.wrong("a relation has two arguments"))?;
            types(values, &macros, &names, line)
        };
        legal.push(LegalPair { role: line.head.into(), subjects: end(0)?, objects: end(1)? });
    }
    let mut roles: Vec<Role> = Vec::new();
    for pair in &legal {
        if !roles.iter().any(|role| role.name == pair.role) {
            roles.push(Role { name: pair.role.clone(), description: String::new() });
        }
    }
    let labels = visual.map(labels).unwrap_or_default();
    let drawing = visual.map(hues).unwrap_or_default();
    Ok(Schema { name: "annotation.conf".to_owned(), entities: dressed(&names, &labels, &drawing)?, roles, legal })
}

/// A line of a configuration that says something.
struct Line<'a> {
    number: usize,
    section: &'a str,
    /// The first word, without the mark of types that can't be given.
    head: &'a str,
    rest: &'a str,
    whole: &'a str,
}

impl Line<'_> {
    fn wrong(&self, what: &str) -> SchemaError {
        SchemaError::Brat { line: self.number, what: what.to_owned() }
    }
}

fn sections(source: &str) -> Vec<Line<'_>> {
    let mut section = "";
    let mut lines = Vec::new();
    for (index, whole) in source.lines().enumerate() {
        let whole = whole.trim();
        if let Some(name) = whole.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if !whole.is_empty() && !whole.starts_with('#') {
            let (head, rest) = whole.split_once(char::is_whitespace).unwrap_or((whole, ""));
            lines.push(Line { number: index + 1, section, head: head.trim_start_matches('!'), rest: rest.trim(), whole });
        }
    }
    lines
}

/// Neither a separator nor a macro nor a special configuration.
fn is_type(head: &str) -> bool {
    !head.is_empty() && !head.starts_with(['-', '<']) && !head.contains('=')
}

/// `Arg1:Gene|Protein, Arg2:Var` as pairs; arguments in angle brackets configure the relation and are left out.
fn arguments<'a>(line: &Line<'a>) -> Result<Vec<(&'a str, &'a str)>, SchemaError> {
    let parts = line.rest.split(',').map(str::trim).filter(|part| !part.is_empty() && !part.starts_with("<REL-TYPE>"));
    let pair = |part: &'a str| part.split_once(':').ok_or_else(|| line.wrong("an argument is written Arg1:Type|Type"));
    parts.map(pair).collect()
}

fn types(values: &str, macros: &HashMap<&str, &str>, all: &[Label], line: &Line) -> Result<Vec<Label>, SchemaError> {
    let mut found: IndexSet<Label> = IndexSet::new();
    // A macro may name macros, and be named often or by itself: each counts once.
    let mut taken: HashSet<&str> = HashSet::new();
    let mut waiting: Vec<&str> = values.split('|').map(str::trim).rev().collect();
    while let Some(value) = waiting.pop() {
        match (value, macros.get(value)) {
            (_, Some(values)) => {
                if taken.insert(value) {
                    waiting.extend(values.split('|').rev().map(str::trim));
                }
            }
            ("<ENTITY>" | "<ANY>" | "<EVENT>", _) => found.extend(all.iter().cloned()),
            ("", _) | ("<RELATION>", _) => {}
            (value, _) if value.starts_with('<') => return Err(line.wrong(&format!("the macro {value} is not defined"))),
            (value, _) => {
                let label = Label::from(value);
                if !all.contains(&label) {
                    return Err(SchemaError::Unknown(value.to_owned()));
                }
                found.insert(label);
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// `Type | Long form | Short form | …` of the section `[labels]`: all forms of each type.
fn labels(source: &str) -> HashMap<&str, Vec<&str>> {
    let lines = sections(source).into_iter().filter(|line| line.section == "labels");
    lines
        .filter_map(|line| {
            let mut parts = line.whole.split('|').map(str::trim);
            Some((parts.next()?, parts.filter(|part| !part.is_empty()).collect()))
        })
        .collect()
}

/// The hues of the backgrounds in the section `[drawing]`, `Type bgColor:#7fa2ff, …`. Greys and colours by name have none.
fn hues(source: &str) -> HashMap<&str, u16> {
    let lines = sections(source).into_iter().filter(|line| line.section == "drawing");
    let background = |rest: &str| rest.split(',').find_map(|part| hue(part.trim().strip_prefix("bgColor:")?.trim()));
    lines.filter_map(|line| Some((line.head, background(line.rest)?))).collect()
}

/// The hue of `#rrggbb` in degrees; `None` for a grey and for what is no such colour.
fn hue(colour: &str) -> Option<u16> {
    let hex = colour.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii())?;
    let value = i32::from_str_radix(hex, 16).ok()?;
    let [red, green, blue] = [value >> 16, value >> 8 & 0xff, value & 0xff];
    let highest = red.max(green).max(blue);
    let spread = highest - red.min(green).min(blue);
    if spread < 12 {
        return None;
    }
    let degrees = match highest {
        it if it == red => 60 * (green - blue) / spread,
        it if it == green => 120 + 60 * (blue - red) / spread,
        _ => 240 + 60 * (red - green) / spread,
    };
    u16::try_from(degrees.rem_euclid(360)).ok()
}

/// The tint of the nearest hue among those that are not taken; the nearest of all when all are.
fn nearest(hue: u16, taken: &[Tint]) -> Tint {
    let far = |other: u16| hue.abs_diff(other).min(360 - hue.abs_diff(other));
    let free = HUES.iter().filter(|(tint, _)| !taken.contains(tint)).min_by_key(|(_, other)| far(*other));
    free.or(HUES.iter().min_by_key(|(_, other)| far(*other))).map_or(Tint::Other, |(tint, _)| *tint)
}

/// Types with a letter, a tag and a tint of their own.
fn dressed(
    names: &[Label],
    labels: &HashMap<&str, Vec<&str>>,
    hues: &HashMap<&str, u16>,
) -> Result<Vec<EntityType>, SchemaError> {
    let known = Schema::agac()?;
    let mut taken: BTreeSet<char> = names.iter().filter_map(|name| known.entity(name)).map(|known| known.key).collect();
    let mut tints = TINTS.iter().cycle();
    let mut entities = Vec::with_capacity(names.len());
    for name in names {
        if let Some(known) = known.entity(name) {
            entities.push(known.clone());
            continue;
        }
        let forms = labels.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let fits = |form: &&&str| form.chars().count() <= TAG_COLUMNS;
        let tag = forms.iter().find(fits).map_or_else(|| name.as_str().chars().take(TAG_COLUMNS).collect(), ToString::to_string);
        let key = letter(&tag, name, &taken).ok_or_else(|| SchemaError::TooMany(name.to_string()))?;
        taken.insert(key);
        let description = forms.first().map_or_else(|| name.as_str().replace('_', " "), ToString::to_string);
        // Built-in types keep their tints, those that come later too.
        let own = names.iter().filter_map(|name| known.entity(name)).map(|known| known.tint);
        let given: Vec<Tint> = entities.iter().map(|dressed: &EntityType| dressed.tint).chain(own).collect();
        let tint = hues.get(name.as_str()).map(|hue| nearest(*hue, &given));
        let tint = tint.unwrap_or_else(|| tints.next().copied().unwrap_or(Tint::Other));
        entities.push(EntityType { name: name.clone(), description, tag, key, tint });
    }
    Ok(entities)
}

/// The first free letter of a tag or name, else of the alphabet, then capitals and digits.
fn letter(tag: &str, name: &Label, taken: &BTreeSet<char>) -> Option<char> {
    let own = tag.chars().chain(name.as_str().chars()).flat_map(char::to_lowercase).filter(char::is_ascii_lowercase);
    let still = |c: &char| !MOVING.contains(*c);
    let letters = own.clone().filter(still).chain(('a'..='z').filter(still)).chain(own).chain('a'..='z');
    letters.chain('A'..='Z').chain('0'..='9').find(|c| !taken.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: &str = "# of a corpus\n[entities]\nGene\n!Process\n\tGrowth\n\tDeath\n-----\nDisease\n[relations]\n\
        <LIVE>=Growth|Death\n<MANY>=<LIVE>|Disease\nAffects\tArg1:Gene, Arg2:<MANY>, <REL-TYPE>:directed\n\
        Part_of\tArg1:<ENTITY>, Arg2:Gene\n[events]\nBinding\tTheme:Gene\n[attributes]\nNegation\tArg:<EVENT>\n";

    fn keys(schema: &Schema) -> Vec<(String, char)> {
        schema.entities.iter().map(|it| (it.name.to_string(), it.key)).collect()
    }

    #[test]
    fn types_relations_and_macros_are_read() {
        let schema = read(CONF, None).unwrap();
        let wanted = [("Gene", 'g'), ("Process", 'p'), ("Growth", 'r'), ("Death", 'e'), ("Disease", 'd'), ("Binding", 'b')];
        assert_eq!(keys(&schema), wanted.map(|(name, key)| (name.to_owned(), key)));
        let role = |a: &str, b: &str| schema.role_between(&a.into(), &b.into()).map(Label::to_string);
        assert_eq!(role("Gene", "Death"), Some("Affects".into()));
        assert_eq!(role("Gene", "Disease"), Some("Affects".into()));
        assert_eq!(role("Binding", "Gene"), Some("Part_of".into()));
        assert_eq!(role("Death", "Disease"), None);
        assert_eq!(schema.roles.len(), 2);
    }

    #[test]
    fn labels_give_tags_and_descriptions() {
        let visual = "[labels]\nGrowth | growth of cells | Grw\nDeath | dying\n[drawing]\nGene\tbgColor:#7fa2ff\n";
        let schema = read(CONF, Some(visual)).unwrap();
        let growth = schema.entity(&"Growth".into()).unwrap();
        assert_eq!((growth.tag.as_str(), growth.description.as_str()), ("Grw", "growth of cells"));
        assert_eq!(schema.entity(&"Process".into()).unwrap().tag, "Process");
    }

    #[test]
    fn colours_become_the_nearest_tints_and_two_alike_differ() {
        let visual = "[drawing]\nSPAN_DEFAULT\tfgColor:black, bgColor:lightgreen\nProcess\tbgColor:#80ff80, borderColor:darken\n\
            Growth\tbgColor:#90ff70\nDeath\tfgColor:#ffffff, bgColor:#ff2020\nBinding\tbgColor:#888888\n";
        let schema = read(CONF, Some(visual)).unwrap();
        let tint = |name: &str| schema.entity(&name.into()).unwrap().tint;
        assert_eq!((tint("Process"), tint("Growth")), (Tint::PositiveRegulation, Tint::Regulation));
        assert_eq!(tint("Death"), Tint::Variation, "Disease has its own");
        assert_eq!(["#ff0000", "#00ff00", "#0000ff", "#ff00ff"].map(hue), [Some(0), Some(120), Some(240), Some(300)]);
        assert_eq!(["#888888", "red", "#12", ""].map(hue), [None; 4]);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let error = |source: &str| read(source, None).unwrap_err().to_string();
        assert!(error("[relations]\nR\tArg1:A").contains("no types"), "{}", error("[relations]"));
        assert!(error("[entities]\nA\n[relations]\nR\tArg1:A").contains("line 4"));
        assert!(error("[entities]\nA\n[relations]\nR\tArg1:A, Arg2:B").contains("\"B\""));
        assert!(error("[entities]\nA\n[relations]\nR\tArg1:A, Arg2:<X>").contains("<X>"));
        assert!(error("[entities]\nA\n[relations]\nR\tA B").contains("line 4"));
    }

    #[test]
    fn sixty_types_have_letters_of_their_own_and_a_macro_of_itself_ends() {
        let names: String = (0..60).map(|i| format!("Type_{i}\n")).collect();
        let schema = read(&format!("[entities]\n{names}"), None).unwrap();
        let keys: BTreeSet<char> = schema.entities.iter().map(|it| it.key).collect();
        assert_eq!(keys.len(), 60);
        let round = "[entities]\nA\n[relations]\n<X>=<X>|A\nR\tArg1:A, Arg2:<X>\n";
        assert_eq!(read(round, None).unwrap().legal[0].objects, [Label::from("A")]);
        // Forty macros that each name the next one twice.
        let doubled: String = (0..40).map(|i| format!("<M{i}>=<M{}>|<M{}>\n", i + 1, i + 1)).collect();
        let doubled = format!("[entities]\nA\n[relations]\n{doubled}<M40>=A\nR\tArg1:A, Arg2:<M0>\n");
        assert_eq!(read(&doubled, None).unwrap().legal[0].objects, [Label::from("A")]);
    }
}
