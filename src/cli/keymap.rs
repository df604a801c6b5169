//! `rolecall keymap`

use super::exit::{Exit, Outcome};
use super::{console, settings};
use crate::tui::Keymap;

/// Print the keys of the review as a keymap file.
///
/// Your own keymap.toml needs to hold only the lines that you change: an action that is named there has those keys and no others. Keys
/// that are typed one after the other are separated by a blank. Two actions on the same keys are an error when the review starts.
#[derive(Debug, clap::Args)]
pub(super) struct Print {
    /// Print the keys as they are built in, without your own changes.
    #[arg(long)]
    built_in: bool,
}

impl Print {
    pub(super) fn run(self) -> Outcome {
        let folder = settings::folder();
        let keymap = settings::keymap(folder.as_deref().filter(|_| !self.built_in))?;
        let place = folder.map_or_else(|| "keymap.toml".to_owned(), |folder| folder.join("keymap.toml").display().to_string());
        console::result(&file(&keymap, &place));
        Ok(Exit::Fine)
    }
}

fn file(keymap: &Keymap, place: &str) -> String {
    format!("# The keys of the review: action = keys. Your own changes belong into\n# {place}\n{}", keymap.to_toml())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_read_again() {
        let keymap = Keymap::with_patch("accept = ['y', 'g y', '\\', 'ctrl-left']").unwrap();
        let again = Keymap::with_patch(&file(&keymap, "here")).unwrap();
        for action in crate::tui::action::Action::ALL {
            assert_eq!(again.keys_of(*action), keymap.keys_of(*action), "{}", action.name());
        }
    }
}
