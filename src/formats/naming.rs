//! File names made of names that come from documents: those are untrusted and never become paths unchecked.

use super::finding::turns_direction;
use std::path::{Component, Path};

/// Longest file name without its ending that is made, in bytes; file systems allow 255 with the ending.
const MAX_BYTES: usize = 200;

/// Names that Windows takes for devices, whatever ending they have.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// What makes names of devices of `com` and `lpt`.
const DEVICE_NUMBERS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"];

/// A file name without ending for a document name: the name itself when it is harmless, otherwise a name in which separators,
/// control characters and what Windows forbids are replaced, with a checksum behind it that keeps different names different.
pub fn safe_name(name: &str) -> String {
    let replaced: String = name.chars().map(|c| if is_harmless(c) { c } else { '_' }).collect();
    let trimmed = replaced.trim_matches([' ', '.']);
    let cut: String = trimmed.char_indices().take_while(|(at, c)| at + c.len_utf8() <= MAX_BYTES).map(|(_, c)| c).collect();
    let cut = if is_device(&cut) { format!("_{cut}") } else { cut };
    if cut == name && !cut.is_empty() {
        return cut;
    }
    let sum = blake3::hash(name.as_bytes()).to_hex();
    let stem = if cut.is_empty() { "unnamed" } else { &cut };
    format!("{stem}-{}", sum.get(..8).unwrap_or_default())
}

/// The same for documents whose files, of one ending and in one folder, would be one file: some file systems take upper and lower case
/// for the same.
pub fn file_key(name: &str) -> String {
    safe_name(name).to_lowercase()
}

fn is_harmless(c: char) -> bool {
    !c.is_control() && !"/\\:*?\"<>|".contains(c) && !turns_direction(c)
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |prefix: &str| stem.strip_prefix(prefix).is_some_and(|n| DEVICE_NUMBERS.contains(&n));
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// Whether a name is one plain component of a path, so that joining it to a folder stays in the folder.
pub(super) fn is_one_component(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!((components.next(), components.next()), (Some(Component::Normal(only)), None) if only == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn harmless_names_stay_and_others_become_harmless() {
        for name in ["PubMed-16371368", "a b.c", "αβ", "comb", "communist", "com0", "com10"] {
            assert_eq!(safe_name(name), name);
        }
        for name in [
            "../x",
            "/etc/passwd",
            "a\0b",
            "CON",
            "nul.txt",
            "COM1",
            "lpt³",
            "",
            ".",
            "..",
            ".hidden",
            "C:\\x",
            "x ",
            "a\u{1b}[2Jb",
        ] {
            let safe = safe_name(name);
            assert_ne!(safe, name);
            assert!(!safe.starts_with('.') && safe.chars().all(is_harmless) && !is_device(&safe), "{safe}");
        }
        assert_ne!(safe_name("a/b"), safe_name("a\\b"));
        assert!(file_key("TP53") == file_key("Tp53") && file_key("a/b") != file_key("a_b"));
        assert!(safe_name(&"β".repeat(300)).len() < 220);
    }

    proptest! {
        #[test]
        fn a_made_name_is_one_component_and_is_safe_itself(name in "(?s).{0,40}") {
            let safe = safe_name(&name);
            prop_assert!(is_one_component(&safe), "{:?}", safe);
            prop_assert_eq!(safe_name(&safe), safe.clone());
        }
    }
}
