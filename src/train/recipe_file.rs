//! Recipe files: of whatever kind of training, and those that only say what they change of another.

use super::adapt::AdaptRecipe;
use super::pos::PosRecipe;
use super::pretrain::PretrainRecipe;
use super::recipe::Recipe;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A recipe file is for one kind of training.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyRecipe {
    /// A model for a corpus.
    Model(Box<Recipe>),
    /// An encoder on several corpora.
    Encoder(Box<PretrainRecipe>),
    /// An encoder on texts alone.
    Adaptation(Box<AdaptRecipe>),
    /// A part-of-speech tagger.
    PartOfSpeech(Box<PosRecipe>),
}

/// A recipe file that is of no use.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// It is not there or is no text.
    #[error("The recipe {} can't be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not TOML or lacks something, by line and column, or by the key when it builds on others.
    #[error("{} is no usable recipe{}", path.display(), together_with(bases))]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Those that it builds on, if the fault may be theirs.
        bases: Vec<PathBuf>,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// One builds on the next without end, or nearly so.
    #[error("{}: more than {DEEPEST} recipes build on each other, or one on itself", path.display())]
    Deep {
        /// The file in which the last one is named.
        path: PathBuf,
    },
}

/// The key with which a recipe names the one that it builds on.
const BASE: &str = "base";

/// The key that names the kind of a table.
const KIND: &str = "kind";

/// `, with …` for the recipes that another builds on.
fn together_with(bases: &[PathBuf]) -> String {
    bases.iter().map(|base| format!(", with {}", base.display())).collect()
}

/// So many recipes may build on each other.
const DEEPEST: usize = 8;

impl AnyRecipe {
    /// Reads a recipe of any kind: one that has `[[corpus]]` tables is for an encoder, one with a table `[masking]` for an
    /// encoder on texts alone, one with a table `[part_of_speech]` for a part-of-speech tagger.
    ///
    /// `base = "FILE"` takes everything from another recipe, whose path starts from the folder of this one, but for what is said here:
    /// tables are gone through key by key, anything else takes the place of what was there, and so does a table of another `kind`.
    ///
    /// # Errors
    /// When it, or the one it builds on, can't be read, is not TOML or lacks something.
    pub fn read(path: &Path) -> Result<Self, RecipeError> {
        let mut said = Said::read(path)?;
        let mut bases = Vec::new();
        if said.table.contains_key(BASE) {
            said = Said { table: with_base(path, said.table, &mut bases)?, text: None };
        }
        said.recipe().map_err(|source| RecipeError::Unusable { path: path.to_path_buf(), bases, source: Box::new(source) })
    }
}

/// What a recipe is made from.
struct Said {
    table: Table,
    /// The file, if it says all by itself: errors then name line and column, otherwise the key.
    text: Option<String>,
}

impl Said {
    fn read(path: &Path) -> Result<Self, RecipeError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| RecipeError::Unreadable { path: path.to_path_buf(), source })?;
        let table = toml::from_str(&text).map_err(unusable(path))?;
        Ok(Self { table, text: Some(text) })
    }

    fn recipe(self) -> Result<AnyRecipe, toml::de::Error> {
        let has = |key| self.table.contains_key(key);
        if has("corpus") {
            Ok(AnyRecipe::Encoder(self.parse()?))
        } else if has("masking") {
            Ok(AnyRecipe::Adaptation(self.parse()?))
        } else if has("part_of_speech") {
            Ok(AnyRecipe::PartOfSpeech(self.parse()?))
        } else {
            Ok(AnyRecipe::Model(self.parse()?))
        }
    }

    fn parse<T: DeserializeOwned>(self) -> Result<T, toml::de::Error> {
        match self.text {
            Some(text) => toml::from_str(&text),
            None => self.table.try_into(),
        }
    }
}

fn unusable(path: &Path) -> impl Fn(toml::de::Error) -> RecipeError {
    move |source| RecipeError::Unusable { path: path.to_path_buf(), bases: Vec::new(), source: Box::new(source) }
}

/// What the file at `path`, which says `own`, says together with those that it builds on, which are added to `bases`.
fn with_base(path: &Path, mut own: Table, bases: &mut Vec<PathBuf>) -> Result<Table, RecipeError> {
    let Some(base) = own.remove(BASE) else { return Ok(own) };
    if bases.len() + 1 == DEEPEST {
        return Err(RecipeError::Deep { path: path.to_path_buf() });
    }
    let base: PathBuf = base.try_into().map_err(unusable(path))?;
    let base = path.parent().unwrap_or(Path::new("")).join(base);
    let said = Said::read(&base)?.table;
    bases.push(base.clone());
    let mut whole = with_base(&base, said, bases)?;
    overlay(&mut whole, own);
    Ok(whole)
}

/// Puts `own` over `whole`.
fn overlay(whole: &mut Table, own: Table) {
    for (key, value) in own {
        match (whole.get_mut(&key), value) {
            (Some(Value::Table(whole)), Value::Table(own)) if own.get(KIND).is_none_or(|kind| whole.get(KIND) == Some(kind)) => {
                overlay(whole, own);
            }
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::RelationRecipe;
    use std::fs;

    #[test]
    fn every_recipe_of_the_project_can_be_read_and_is_explained() {
        let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/recipes");
        let explained = fs::read_to_string(recipes.join("README.md")).unwrap();
        let mut read = 0;
        for folder in [recipes.clone(), recipes.join("comparison")] {
            let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
                AnyRecipe::read(&path).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
                assert!(explained.contains(&format!("`{}`", path.file_name().unwrap().display())), "{}", path.display());
                read += 1;
            }
        }
        assert!(read >= 10, "the recipes were not found");
    }

    /// Writes files and reads the last.
    fn read(files: &[(&str, &str)]) -> Result<AnyRecipe, RecipeError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        AnyRecipe::read(&folder.path().join(files.last().unwrap().0))
    }

    const OPTIMIZER: &str =
        "epochs = 8\nbatch = 2\nlearning_rate = 1e-3\nwarmup = 0.1\nweight_decay = 0.0\nclip = 1.0\ndropout = 0.1\n";

    fn whole() -> String {
        format!(
            "name = \"whole\"\ndescription = \"All of it\"\nseed = 1\n[tagger]\nencoder_rate = 1e-4\nshape_width = 24\n\
            freeze = [\"a\", \"b\"]\n[tagger.optimizer]\n{OPTIMIZER}[relations]\nstate_width = 8\nheads = 1\nhidden_width = 8\n\
            threshold = 0.5\n[relations.optimizer]\n{OPTIMIZER}"
        )
    }

    #[test]
    fn a_recipe_may_only_say_what_it_changes_of_another() {
        let own = "base = \"../whole.toml\"\nname = \"own\"\n[tagger]\nshape_width = 0\nfreeze = [\"c\"]\n\
            [tagger.optimizer]\nepochs = 3\n";
        let changed = whole()
            .replace("\"whole\"", "\"own\"")
            .replace("shape_width = 24", "shape_width = 0")
            .replace("[\"a\", \"b\"]", "[\"c\"]")
            .replacen("epochs = 8", "epochs = 3", 1);
        assert_ne!(changed, whole());
        let built = read(&[("whole.toml", &whole()), ("own/own.toml", own)]).unwrap();
        assert_eq!(built, read(&[("changed.toml", &changed)]).unwrap());
        let further =
            read(&[("whole.toml", &whole()), ("own/own.toml", own), ("last.toml", "base = \"own/own.toml\"\nseed = 2")]);
        assert_eq!(further.unwrap(), read(&[("changed.toml", &changed.replace("seed = 1", "seed = 2"))]).unwrap());
    }

    #[test]
    fn a_table_of_another_kind_takes_nothing_from_the_base() {
        let own = "base = \"whole.toml\"\n[relations]\nkind = \"rule\"\ncompatible = 0.3\n";
        let AnyRecipe::Model(recipe) = read(&[("whole.toml", &whole()), ("rule.toml", own)]).unwrap() else {
            panic!("it is a model's");
        };
        assert!(matches!(recipe.relations, Some(RelationRecipe::Rule(_))), "{:?}", recipe.relations);
        let same = "base = \"rule.toml\"\n[relations]\nkind = \"rule\"\nlook = \"object\"\n";
        let AnyRecipe::Model(same) = read(&[("whole.toml", &whole()), ("rule.toml", own), ("same.toml", same)]).unwrap() else {
            panic!("it is a model's");
        };
        let Some(RelationRecipe::Rule(rule)) = same.relations else { panic!("{:?}", same.relations) };
        assert!((rule.compatible - 0.3).abs() < 1e-6, "of the same kind the rest stays");
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_place() {
        let sentence = |files: &[(&str, &str)]| {
            let error = read(files).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            format!("{error}: {source}")
        };
        let wrong = sentence(&[("whole.toml", &whole().replace("shape_width", "shape_with"))]);
        assert!(wrong.contains("whole.toml is no usable recipe") && wrong.contains("line 6, column 1"), "{wrong}");
        let wrong = sentence(&[("whole.toml", &whole()), ("own.toml", "base = \"whole.toml\"\n[tagger]\nshape_with = 0")]);
        assert!(wrong.contains("own.toml is no usable recipe") && wrong.contains("shape_with"), "{wrong}");
        let wrong =
            sentence(&[("whole.toml", &whole().replace("shape_width", "shape_with")), ("own.toml", "base = \"whole.toml\"")]);
        assert!(wrong.contains("own.toml is no usable recipe, with ") && wrong.contains("whole.toml: "), "{wrong}");
        let wrong = sentence(&[("own.toml", "base = \"nowhere.toml\"")]);
        assert!(wrong.contains("nowhere.toml can't be read"), "{wrong}");
        let wrong = sentence(&[("own.toml", "base = \"own.toml\"")]);
        assert!(wrong.contains("more than 8 recipes build on each other"), "{wrong}");
        let whole = whole();
        let names: Vec<String> = (0..9).map(|i| format!("{i}.toml")).collect();
        let bases: Vec<String> = names.iter().map(|name| format!("base = \"{name}\"")).collect();
        let mut chain = vec![("0.toml", whole.as_str())];
        chain.extend(names.iter().skip(1).zip(&bases).map(|(name, base)| (name.as_str(), base.as_str())));
        assert!(sentence(&chain).contains("more than 8"), "nine");
        chain.truncate(8);
        assert!(read(&chain).is_ok(), "eight");
        let wrong = sentence(&[("own.toml", "base = 1")]);
        assert!(wrong.contains("own.toml is no usable recipe"), "{wrong}");
    }
}
