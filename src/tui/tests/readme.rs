//! The README tells the keys that the program has.

use crate::tui::action::{Action, Group};
use crate::tui::keymap::Keymap;

const README: &str = include_str!("../../../README.md");

/// The keys of all actions as the help shows them, as Markdown: a table for each group.
fn key_tables() -> String {
    let keymap = Keymap::built_in().unwrap();
    let table = |group: Group| {
        let rows = Action::ALL.iter().filter(|action| action.group() == group).map(|action| {
            let keys: Vec<String> =
                keymap.keys_of(*action).iter().map(|keys| format!("`{}`", keys.replace('|', "\\|"))).collect();
            format!("| {} | {} |\n", keys.join(" "), action.doc())
        });
        format!("| {} | |\n| --- | --- |\n{}", group.title(), rows.collect::<String>())
    };
    Group::ALL.map(table).join("\n")
}

#[test]
fn its_key_tables_are_those_of_the_default_keymap() {
    let (_, behind) = README.split_once("<!-- keys -->\n").expect("the marker before the keys");
    let (told, _) = behind.split_once("<!-- /keys -->").expect("the marker behind the keys");
    let wanted = key_tables();
    assert!(told.trim() == wanted.trim(), "put this between <!-- keys --> and <!-- /keys --> in README.md:\n\n{wanted}");
}
