//! The curator: an app, the keys pressed so far, and what they were for.

use crate::goal::{Goal, arrow, span};
use crate::moves;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rolecall::document::{Document, Schema, Status};
use rolecall::nlp::{WordSplit, sentences, words};
use rolecall::pipeline::{Annotator, CancelToken, Silent};
use rolecall::review::queue::Order;
use rolecall::review::{OpenDocument, Session};
use rolecall::tui::event::{AppEvent, Effect};
use rolecall::tui::update::start;
use rolecall::tui::{App, Background, Depth, Keymap, Theme, draw, update};
use rolecall::worker::{Event, Request};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

/// The size of the curator's terminal.
const SCREEN: (u16, u16) = (120, 40);

/// What keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    SpanTicks,
    RoleTicks,
    Verdict,
    Correction,
    AddedSpan,
    AddedRelation,
    Removal,
}

impl Purpose {
    const ALL: [(Self, &'static str); 7] = [
        (Self::SpanTicks, "spans in lists"),
        (Self::RoleTicks, "roles in lists"),
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
    model: Option<Rc<dyn Annotator>>,
    /// The text that a clone must not lose sight of: names it in messages.
    name: String,
}

impl Player {
    /// In front of a text, with or without a model.
    pub fn new(text: &Document, model: Option<Rc<dyn Annotator>>) -> Self {
        let open = OpenDocument { document: text.clone(), home: PathBuf::from("bench") };
        let session = Session::new(vec![open], Arc::new(Schema::agac().unwrap()), "bench");
        let theme = Theme::new(Depth::True, Background::Dark);
        let app = App::new(session, Keymap::built_in().unwrap(), theme, sentences, |text| words(text, WordSplit::default()));
        let mut player = Self { app, tally: Tally::default(), model, name: text.name.clone() };
        // Set once for all documents, so it costs a document nothing.
        player.app.session.set_order(Order::Cheapest);
        if let Some(model) = player.model.clone() {
            player.settle(vec![Event::Ready { model: model.name() }]);
            let effects = start(&mut player.app);
            player.answer(effects);
        }
        player.look();
        player
    }

    /// Hands what the worker tells to the app, and answers what it asks for, until the worker would be idle.
    fn settle(&mut self, events: Vec<Event>) {
        for event in events {
            let effects = update(&mut self.app, AppEvent::Worker(event, SystemTime::UNIX_EPOCH));
            self.answer(effects);
        }
    }

    fn answer(&mut self, effects: Vec<Effect>) {
        let Some(model) = self.model.clone() else { return };
        let cancel = CancelToken::default();
        for effect in effects {
            let event = match effect {
                Effect::Ask(Request::Annotate { document, revision, snapshot, .. }) => {
                    let prediction = model.annotate(&snapshot, &mut Silent, &cancel).unwrap();
                    Event::Predicted { document, revision, prediction }
                }
                Effect::Ask(Request::Advise { document, revision, snapshot }) => {
                    let advice = model.advise(&snapshot, &cancel).unwrap().expect("this model advises");
                    Event::Advised { document, revision, advice }
                }
                _ => continue,
            };
            self.settle(vec![event]);
        }
    }

    /// Presses keys, separated by blanks, and looks at the screen after each. The model stays silent: this is for trying keys out.
    pub fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.press_one(key);
        }
    }

    fn press_one(&mut self, key: &str) -> Vec<Effect> {
        let chord = key.parse().unwrap_or_else(|error| panic!("{error}"));
        let effects = update(&mut self.app, AppEvent::Key(chord, SystemTime::UNIX_EPOCH));
        self.look();
        effects
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

    /// Presses keys for a purpose, with the model at work in between.
    pub fn act(&mut self, purpose: Purpose, keys: &str, times: usize) {
        if std::env::var_os("ROLECALL_CURATOR_TRACE").is_some() {
            println!("  {purpose:?}: {keys}");
        }
        for key in keys.split_whitespace() {
            let effects = self.press_one(key);
            self.answer(effects);
            self.look();
        }
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
        moves::decide_spans(&mut self, goal);
        moves::add_spans(&mut self, goal);
        moves::decide_roles(&mut self, goal);
        moves::add_relations(&mut self, goal);
        moves::remove(&mut self, goal);
        assert_eq!(self.standing(), goal.spans, "the spans of {}", self.name);
        assert_eq!(self.related(), goal.relations, "the relations of {}", self.name);
        let open = self.app.document().entities.values().filter(|it| it.status == Status::Proposed).count();
        assert_eq!(open, 0, "undecided spans in {}", self.name);
        self.tally
    }
}
