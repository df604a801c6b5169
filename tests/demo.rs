//! The demo abstracts load without a complaint, and what is annotated in them is legal.

use rolecall::document::Schema;
use rolecall::formats::load_paths;
use std::path::Path;

#[test]
fn the_demo_abstracts_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let report = load_paths(&[folder]);
    assert_eq!(report.all_findings().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(report.loaded.len(), 5);
    let schema = Schema::agac().unwrap();
    let given = &report.loaded[4].document;
    assert_eq!((given.name.as_str(), given.entities.len(), given.relations.len()), ("demo-5-gck", 9, 5));
    for relation in given.relations.values() {
        let (subject, object) = (&given.entities[&relation.subject], &given.entities[&relation.object]);
        assert!(schema.roles_between(&subject.label, &object.label).any(|role| *role == relation.role), "{}", relation.id);
    }
    for loaded in &report.loaded {
        let text = loaded.document.text.as_str();
        assert!(text.lines().count() >= 2, "{}: a title, then the abstract", loaded.document.name);
        assert!(loaded.document.entities_cutting_words().next().is_none());
    }
}
