//! A folder of abstracts written for the tests, with proposals in its journal as a model would have left them.

use rolecall::document::{AnnotationId, Label, Schema};
use rolecall::formats::load_paths;
use rolecall::pipeline::{End, PredictedEntity, PredictedRelation, Prediction};
use rolecall::review::{Journals, OpenDocument, Resumed, Session};
use rolecall::text::CharSpan;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::TempDir;

/// The text of the first document. All ASCII, so that bytes are characters.
pub const TEXT: &str =
    "A frameshift mutation of SCN9Z abolishes channel activity.\nThe mutation reduced pain sensing in two families.\n";

/// The annotations that it comes with.
pub const GIVEN: &str = "T1\tVar 2 21\tframeshift mutation\nT2\tGene 25 30\tSCN9Z\nR1\tThemeOf Arg1:T2 Arg2:T1\t\n";

/// A temporary folder with a home for the program's own files beside the abstracts.
pub struct Folder {
    root: TempDir,
}

impl Folder {
    /// No files yet.
    pub fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["home", "abstracts"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        Self { root }
    }

    /// Two documents, one of them annotated.
    pub fn new() -> Self {
        let folder = Self::empty();
        folder.write("scn9z.txt", TEXT);
        folder.write("scn9z.ann", GIVEN);
        folder.write("zeta.txt", "Nothing is known of ZETA9 so far.\n");
        folder
    }

    /// The same with proposals for the first one in the journal.
    pub fn with_proposals() -> Self {
        let folder = Self::new();
        folder.propose(&prediction());
        folder
    }

    /// Where the program looks for the user's own files.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Where the abstracts lie.
    pub fn abstracts(&self) -> PathBuf {
        self.root.path().join("abstracts")
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.abstracts().join(name), contents).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.abstracts().join(name)).unwrap()
    }

    /// The lines of an annotation file of the folder, in any order.
    pub fn lines(&self, name: &str) -> BTreeSet<String> {
        self.read(name).lines().map(str::to_owned).collect()
    }

    /// Runs the binary without a terminal.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolecall"));
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(name, self.home());
        }
        command.args(arguments).current_dir(self.root.path()).output().unwrap()
    }

    /// Puts proposals for the first document into the journal, as the review does when the worker is done with it.
    fn propose(&self, prediction: &Prediction) {
        let loaded = load_paths(&[self.abstracts()]).loaded;
        let open = loaded.into_iter().map(|loaded| OpenDocument { document: loaded.document, home: self.abstracts() });
        let mut session = Session::new(open.collect(), Arc::new(Schema::agac().unwrap()), "test");
        let Resumed { mut journals, notices, .. } = Journals::resume_with(&mut session, None).unwrap();
        assert!(notices.is_empty(), "{notices:?}");
        let revision = session.get(0).unwrap().revision();
        let record = session.merge(0, revision, prediction, None, SystemTime::now()).unwrap();
        journals.append(&self.abstracts(), &record).unwrap();
    }
}

/// The path as an argument.
pub fn argument(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn proposal(label: &str, words: &str, confidence: f32) -> PredictedEntity {
    let start = TEXT.find(words).unwrap() as u32;
    let span = CharSpan::of_chars(start, start + words.len() as u32).unwrap();
    PredictedEntity { span, label: Label::from(label), confidence }
}

/// Some right, one with a left edge and one with a right edge that is wrong, one altogether wrong.
fn prediction() -> Prediction {
    let entities = vec![
        proposal("NegReg", "abolishes", 0.9),
        proposal("MPA", "channel activity", 0.8),
        proposal("Var", "The mutation", 0.7),
        proposal("CPA", "pain", 0.6),
        proposal("Disease", "families", 0.5),
    ];
    let cause = PredictedRelation {
        role: Label::from("CauseOf"),
        subject: End::Existing(AnnotationId::from("T1")),
        object: End::Predicted(0),
        confidence: 0.9,
    };
    Prediction { model: "scripted".into(), entities, relations: vec![cause] }
}
