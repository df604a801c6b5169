//! Which entity types and roles there are, which roles are legal between which types, and how types are told apart.

mod brat;

use super::Label;
use serde::Deserialize;

/// A colour family for a type; the theme decides what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say all there is")]
pub enum Tint {
    Gene,
    Protein,
    Enzyme,
    Regulation,
    PositiveRegulation,
    NegativeRegulation,
    Variation,
    MolecularActivity,
    CellActivity,
    Interaction,
    Pathway,
    Disease,
    Other,
}

/// One type of entity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityType {
    /// Its name in files.
    pub name: Label,
    /// What it stands for, in a few words.
    pub description: String,
    /// The short tag under the text, at most 7 columns.
    pub tag: String,
    /// The letter that chooses it behind `t` and `v`.
    pub key: char,
    /// Its colour family.
    pub tint: Tint,
}

/// One role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name in files.
    pub name: Label,
    /// What it stands for.
    pub description: String,
}

/// Types between which a role is legal: every subject type with every object type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalPair {
    /// The role.
    pub role: Label,
    /// Types at its subject end.
    pub subjects: Vec<Label>,
    /// Types at its object end.
    pub objects: Vec<Label>,
}

/// Types, roles and what is legal between them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Name of the schema.
    pub name: String,
    /// The entity types in the order of menus.
    #[serde(rename = "entity")]
    pub entities: Vec<EntityType>,
    /// The roles in the order of menus.
    #[serde(rename = "role")]
    pub roles: Vec<Role>,
    /// Legal pairs, the usual one first.
    #[serde(rename = "legal", default)]
    pub legal: Vec<LegalPair>,
}

/// A schema that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not the TOML that a schema is made of; the message names line and column.
    #[error("the schema can't be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Two types with one name or one key.
    #[error("the schema has two types with the {what} \"{value}\"")]
    Twice {
        /// `name` or `key`.
        what: &'static str,
        /// What both have.
        value: String,
    },
    /// A line of brat's configuration that can't be understood.
    #[error("annotation.conf, line {line}: {what}")]
    Brat {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// A configuration without types.
    #[error("the schema has no types: without them nothing can be marked")]
    NoTypes,
    /// More types than there are letters and digits.
    #[error("the schema has more types than there are keys; the first without one is \"{0}\"")]
    TooMany(String),
    /// A legal pair that names something the schema does not define.
    #[error("the schema's legal pairs name \"{0}\", which it does not define")]
    Unknown(String),
}

impl Schema {
    /// The schema of the AGAC corpus (Wang et al. 2019, D19-5710), which is built in.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn agac() -> Result<Self, SchemaError> {
        Self::from_toml(include_str!("../../assets/schema/agac.toml"))
    }

    /// Reads a schema from TOML and checks it.
    ///
    /// # Errors
    /// [`SchemaError`] when it is not TOML, not a schema, or contradicts itself.
    pub fn from_toml(source: &str) -> Result<Self, SchemaError> {
        let schema: Self = toml::from_str(source)?;
        for (i, a) in schema.entities.iter().enumerate() {
            for b in schema.entities.iter().take(i) {
                if a.name == b.name {
                    return Err(SchemaError::Twice { what: "name", value: a.name.to_string() });
                }
                if a.key == b.key {
                    return Err(SchemaError::Twice { what: "key", value: a.key.to_string() });
                }
            }
        }
        for pair in &schema.legal {
            let unknown = pair.subjects.iter().chain(&pair.objects).find(|name| schema.entity(name).is_none());
            let unknown = unknown.or_else(|| (!schema.roles.iter().any(|role| role.name == pair.role)).then_some(&pair.role));
            if let Some(name) = unknown {
                return Err(SchemaError::Unknown(name.to_string()));
            }
        }
        Ok(schema)
    }

    /// Reads brat's `annotation.conf`, and the labels of its `visual.conf` if there is one.
    ///
    /// # Errors
    /// [`SchemaError`] when a line can't be understood, or there are no types, or more than there are keys.
    pub fn from_brat(annotation: &str, visual: Option<&str>) -> Result<Self, SchemaError> {
        brat::read(annotation, visual)
    }

    /// Whether it has all types of another schema, so that what is made for that one can be used with it.
    pub fn covers(&self, other: &Self) -> bool {
        other.entities.iter().all(|known| self.entity(&known.name).is_some())
    }

    /// The type of this name.
    pub fn entity(&self, name: &Label) -> Option<&EntityType> {
        self.entities.iter().find(|entity| entity.name == *name)
    }

    /// The type that this letter chooses.
    pub fn entity_by_key(&self, key: char) -> Option<&EntityType> {
        self.entities.iter().find(|entity| entity.key == key)
    }

    /// The usual role with `subject` as subject and `object` as object type, if any is legal.
    pub fn role_between<'a>(&'a self, subject: &'a Label, object: &'a Label) -> Option<&'a Label> {
        self.roles_between(subject, object).next()
    }

    /// All legal roles with `subject` as subject and `object` as object type, the usual one first.
    pub fn roles_between<'a>(&'a self, subject: &'a Label, object: &'a Label) -> impl Iterator<Item = &'a Label> {
        self.legal
            .iter()
            .filter(move |pair| pair.subjects.contains(subject) && pair.objects.contains(object))
            .map(|pair| &pair.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_schema_is_sound_and_says_what_the_corpus_says() {
        let schema = Schema::agac().unwrap();
        assert_eq!(schema.entities.len(), 12);
        let role = |subject: &str, object: &str| schema.role_between(&subject.into(), &object.into()).map(Label::to_string);
        assert_eq!(role("Gene", "Var"), Some("ThemeOf".into()));
        assert_eq!(role("Var", "NegReg"), Some("CauseOf".into()));
        assert_eq!(role("Disease", "PosReg"), Some("ThemeOf".into()));
        assert_eq!(role("Reg", "PosReg"), Some("CauseOf".into()));
        assert_eq!(role("Var", "Gene"), None);
    }

    #[test]
    fn a_contradiction_is_named() {
        let twice = "name='x'\nrole=[]\n[[entity]]\nname='A'\ndescription=''\ntag='A'\nkey='a'\ntint='other'\n\
                     [[entity]]\nname='B'\ndescription=''\ntag='B'\nkey='a'\ntint='other'\n";
        assert_eq!(Schema::from_toml(twice).unwrap_err().to_string(), "the schema has two types with the key \"a\"");
    }
}
