//! What a user sets for all reviews: `keymap.toml`, `config.toml` and `themes/` in the user's config directory.

use super::exit::{Exit, Failure};
use crate::tui::{Depth, Keymap, Theme};
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of these files, whether or not it exists; `None` when the system does not say where a user's home is.
pub(super) fn folder() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "rolecall")?.config_dir().to_path_buf())
}

/// What `config.toml` may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Name of a theme.
    theme: Option<String>,
}

/// The keymap that is built in, with the changes of the user's `keymap.toml`.
///
/// # Errors
/// The file can't be read, or it names something unknown, or two actions clash: the sentence names both.
pub(super) fn keymap(folder: Option<&Path>) -> Result<Keymap, Failure> {
    let file = folder.map(|folder| folder.join("keymap.toml"));
    let patch = file.as_deref().map(read).transpose()?.flatten().unwrap_or_default();
    Keymap::with_patch(&patch).map_err(|error| {
        let file = file.map(|file| file.display().to_string()).unwrap_or_default();
        Failure::new(Exit::Usage, format!("{file}: {}", error.to_string().trim_end()))
    })
}

/// The theme of this name, else the one of `config.toml`, else what the terminal can show. A name is that of a theme that is built
/// in, or of a file in `themes/`.
///
/// # Errors
/// There is no such theme, or its file can't be used.
pub(super) fn theme(
    asked: Option<&str>,
    folder: Option<&Path>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Theme, Failure> {
    let file = folder.map(|folder| folder.join("config.toml"));
    let config: Config = match file.as_deref().map(read).transpose()?.flatten() {
        Some(source) => toml::from_str(&source).map_err(|error| unusable(file.as_deref(), &error))?,
        None => Config::default(),
    };
    let (depth, background) = Depth::detect(variable);
    match asked.map(str::to_owned).or(config.theme) {
        Some(name) => named(&name, folder, depth),
        None => Ok(Theme::new(depth, background)),
    }
}

fn named(name: &str, folder: Option<&Path>, depth: Depth) -> Result<Theme, Failure> {
    if let Some(theme) = Theme::named(name, depth) {
        return Ok(theme);
    }
    let no_theme = || {
        let place = folder.map(|folder| folder.join("themes").display().to_string()).unwrap_or_else(|| "themes".to_owned());
        let known = Theme::NAMES.join(", ");
        Failure::new(
            Exit::Usage,
            format!("There is no theme {name:?}: built in are {known}; your own are .toml files in {place}."),
        )
    };
    // A name is no path.
    if crate::formats::safe_name(name) != name {
        return Err(no_theme());
    }
    let file = folder.map(|folder| folder.join("themes").join(format!("{name}.toml")));
    let source = file.as_deref().map(read).transpose()?.flatten().ok_or_else(no_theme)?;
    Theme::from_toml(&source, depth).map_err(|error| unusable(file.as_deref(), &error))
}

fn unusable(file: Option<&Path>, error: &dyn std::fmt::Display) -> Failure {
    let file = file.map(|file| file.display().to_string()).unwrap_or_default();
    Failure::new(Exit::Usage, format!("{file}: {}", error.to_string().trim_end()))
}

/// A file's text; `None` when there is no such file.
fn read(file: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(Exit::Io, format!("{}: {error}", file.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::Background;

    fn written(name: &str, content: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("themes")).unwrap();
        std::fs::write(folder.path().join(name), content).unwrap();
        folder
    }

    fn true_colour(name: &str) -> Option<String> {
        (name == "COLORTERM").then(|| "truecolor".to_owned())
    }

    #[test]
    fn a_clash_is_an_error_that_names_the_file_and_both_actions() {
        let folder = written("keymap.toml", "accept = ['x']");
        let failure = keymap(Some(folder.path())).unwrap_err();
        let sentence = failure.sentence();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(["keymap.toml", "\"accept\"", "\"reject\""].iter().all(|part| sentence.contains(part)), "{sentence}");
        let folder = written("keymap.toml", "accept = ['y']");
        assert_eq!(keymap(Some(folder.path())).unwrap().keys_of(crate::tui::action::Action::Accept), ["y"]);
        assert!(keymap(None).is_ok());
    }

    #[test]
    fn a_theme_comes_from_the_argument_the_config_or_the_terminal() {
        let own = "base = 'dark'\nkey = '#010203'";
        let folder = written("themes/mine.toml", own);
        let path = Some(folder.path());
        let mine = Theme::from_toml(own, Depth::True).unwrap();
        assert_eq!(theme(Some("mine"), path, true_colour).unwrap(), mine);
        assert_eq!(theme(None, path, true_colour).unwrap(), Theme::new(Depth::True, Background::Dark));
        std::fs::write(folder.path().join("config.toml"), "theme = 'mine'").unwrap();
        assert_eq!(theme(None, path, true_colour).unwrap(), mine);
        assert_eq!(theme(Some("light"), path, true_colour).unwrap(), Theme::new(Depth::True, Background::Light));
        for (name, told) in [("nope", "high-contrast"), ("../config", "no theme")] {
            let sentence = theme(Some(name), path, true_colour).unwrap_err().sentence();
            assert!(sentence.contains(told), "{sentence}");
        }
        std::fs::write(folder.path().join("config.toml"), "them = 'mine'").unwrap();
        assert!(theme(None, path, true_colour).unwrap_err().sentence().contains("config.toml"));
    }
}
