//! Holds the house rules that the compiler does not: who may import whom, and where terminals and tensors may appear.
#![expect(clippy::unwrap_used, reason = "clippy's leave for tests does not reach the helper functions of an integration test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("document", &["text"]),
    ("formats", &["text", "document"]),
    ("nlp", &["text", "document"]),
    ("model", &["text", "document", "nlp"]),
    ("pipeline", &["text", "document", "nlp", "model"]),
    ("evaluate", &["text", "document", "formats", "nlp", "model", "pipeline"]),
    ("train", &["text", "document", "formats", "nlp", "model", "pipeline", "evaluate"]),
    ("worker", &["text", "document", "model", "pipeline"]),
    ("review", &["text", "document", "formats", "pipeline"]),
    ("tui", &["text", "document", "formats", "nlp", "model", "pipeline", "worker", "review", "evaluate"]),
    ("cli", &["text", "document", "formats", "nlp", "model", "pipeline", "train", "evaluate", "worker", "review", "tui"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// The room of a file, and its lines without comments.
fn rooms() -> Vec<(PathBuf, String, Vec<String>)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms = Vec::new();
    for path in sources(&src) {
        let inside = path.strip_prefix(&src).unwrap().to_path_buf();
        let room = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        let lines = fs::read_to_string(&path).unwrap().lines().map(|l| l.split("//").next().unwrap_or("").to_owned()).collect();
        rooms.push((inside, room, lines));
    }
    assert!(rooms.len() > 10, "the sources were not found");
    rooms
}

#[test]
fn imports_follow_the_arrows() {
    let mut wrong = Vec::new();
    for (path, room, lines) in rooms() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            assert!(room == "lib" || room == "main", "{} is a room that tests/architecture.rs does not know", path.display());
            continue;
        };
        for (number, line) in lines.iter().enumerate() {
            for (other, _) in ARROWS.iter().filter(|(other, _)| *other != room && !allowed.contains(other)) {
                if line.contains(&format!("crate::{other}::")) || line.contains(&format!("crate::{other};")) {
                    wrong.push(format!("{}:{}: {room} may not use {other}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn terminals_and_tensors_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (path, room, lines) in rooms() {
        for (number, line) in lines.iter().enumerate() {
            let terminal = line.contains("ratatui") || line.contains("crossterm");
            let tensor = line.contains("candle_");
            if terminal && room != "tui" || tensor && room != "model" && room != "train" {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_folder_has_a_mod_rs() {
    let old: Vec<_> = rooms().into_iter().map(|(path, ..)| path).filter(|path| path.ends_with("mod.rs")).collect();
    assert!(old.is_empty(), "{old:?}");
}
