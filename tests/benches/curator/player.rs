//! The curator: an app, the keys pressed so far, and what they were for.

use crate::goal::{Goal, arrow, span};
use crate::moves;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rolecall::document::{Document, Schema, Status};
use rolecall::nlp::{WordSplit, sentences, words};
use rolecall::pipeline::{End, PredictedEntity, PredictedRelation, Prediction};
use rolecall::review::queue::Order;
use rolecall::review::{OpenDocument, Session};
use rolecall::tui::event::AppEvent;
use rolecall::tui::{App, Background, Depth, Keymap, Theme, draw, update};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// The size of the curator's terminal.
const SCREEN: (u16, u16) = (120, 40);

/// What keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    Verdict,
    Correction,
    AddedSpan,
    AddedRelation,
    Removal,
}

impl Purpose {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Verdict, "verdicts"),
        (Self::Correction, "corrections"),
        (Self::AddedSpan, "added spans"),
        (Self::AddedRelation, "added relations"),
        (Self::Removal, "removals"),
    ];
}

/// Keys and times by purpose.
#[derive(Clone, Debug, Default)]
pub struct Tally(HashMap<&'static str, (usize, usize)>);

impl Tally {
    fn count(&mut self, purpose: Purpose, keys: usize, times: usize) {
        let name = Purpose::ALL.iter().find(|(known, _)| *known == purpose).expect("all are named").1;
        let entry = self.0.entry(name).or_default();
        entry.0 += keys;
        entry.1 += times;
    }

    pub fn keys(&self) -> usize {
        self.0.values().map(|(keys, _)| keys).sum()
    }

    /// What for, how many keys, how many times.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, usize, usize)> {
        Purpose::ALL.iter().filter_map(|(_, name)| self.0.get(name).map(|(keys, times)| (*name, *keys, *times)))
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (name, (keys, times)) in other.0 {
            let entry = self.0.entry(name).or_default();
            entry.0 += keys;
            entry.1 += times;
        }
    }
}

/// A curator in front of one document.
#[derive(Clone)]
pub struct Player {
    pub app: App,
    tally: Tally,
    /// The text that a clone must not lose sight of: names it in messages.
    name: String,
}

impl Player {
    /// In front of a text, with or without proposals.
    pub fn new(text: &Document, proposals: Option<&Document>) -> Self {
        let open = OpenDocument { document: text.clone(), home: PathBuf::from("bench") };
        let mut session = Session::new(vec![open], Arc::new(Schema::agac().unwrap()), "bench");
        if let Some(proposals) = proposals {
            session.merge(0, 0, &prediction(proposals), None, SystemTime::UNIX_EPOCH);
        }
        let theme = Theme::new(Depth::True, Background::Dark);
        let app = App::new(session, Keymap::built_in().unwrap(), theme, sentences, |text| words(text, WordSplit::default()));
        let mut player = Self { app, tally: Tally::default(), name: text.name.clone() };
        // Set once for all documents, so it costs a document nothing.
        player.app.session.set_order(Order::Cheapest);
        player.look();
        player
    }

    /// Presses keys, separated by blanks, and looks at the screen after each.
    pub fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let chord = key.parse().unwrap_or_else(|error| panic!("{error}"));
            update(&mut self.app, AppEvent::Key(chord, SystemTime::UNIX_EPOCH));
            self.look();
        }
    }

    fn look(&mut self) {
        let mut terminal = Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).unwrap();
        let mut layout = None;
        terminal.draw(|frame| layout = Some(draw(&self.app, frame))).unwrap();
        self.app.drawn(layout.unwrap());
    }

    /// What would be there after these keys.
    pub fn after(&self, keys: &str) -> Self {
        let mut other = self.clone();
        other.press(keys);
        other
    }

    /// Presses keys for a purpose.
    pub fn act(&mut self, purpose: Purpose, keys: &str, times: usize) {
        if std::env::var_os("ROLECALL_CURATOR_TRACE").is_some() {
            println!("  {purpose:?}: {keys}");
        }
        self.press(keys);
        self.tally.count(purpose, keys.split_whitespace().count(), times);
    }

    /// Spans that stand.
    pub fn standing(&self) -> BTreeSet<crate::goal::Span> {
        self.app.document().entities.values().filter(|it| it.status.stands()).map(span).collect()
    }

    /// Relations that stand.
    pub fn related(&self) -> BTreeSet<(crate::goal::Span, rolecall::document::Label, crate::goal::Span)> {
        let document = self.app.document();
        document.relations.values().filter(|it| it.status.stands()).filter_map(|it| arrow(document, it)).collect()
    }

    /// Brings the document to its gold annotations.
    pub fn reach(mut self, goal: &Goal) -> Tally {
        moves::decide(&mut self, goal);
        moves::add_spans(&mut self, goal);
        moves::add_relations(&mut self, goal);
        moves::remove(&mut self, goal);
        assert_eq!(self.standing(), goal.spans, "the spans of {}", self.name);
        assert_eq!(self.related(), goal.relations, "the relations of {}", self.name);
        let open = self.app.document().entities.values().filter(|it| it.status == Status::Proposed).count();
        assert_eq!(open, 0, "undecided spans in {}", self.name);
        self.tally
    }
}

/// What a model said, from the annotations of a document.
fn prediction(proposals: &Document) -> Prediction {
    let standing: Vec<_> = proposals.entities.values().filter(|it| it.spans.len() == 1).collect();
    let index = |id: &rolecall::document::AnnotationId| standing.iter().position(|it| it.id == *id).map(End::Predicted);
    let entity = |it: &&rolecall::document::Entity| PredictedEntity { span: it.hull(), label: it.label.clone(), confidence: 0.5 };
    let relation = |it: &rolecall::document::Relation| {
        let (subject, object) = (index(&it.subject)?, index(&it.object)?);
        Some(PredictedRelation { role: it.role.clone(), subject, object, confidence: 0.5 })
    };
    let relations = proposals.relations.values().filter_map(relation).collect();
    Prediction { model: "proposals".into(), entities: standing.iter().map(entity).collect(), relations }
}
