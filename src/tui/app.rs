//! The state of the review as the terminal sees it, and questions about it. What changes it is in `update`.

use super::action::Action;
use super::advice::Advised;
use super::chord::Chord;
use super::event::Unsaved;
use super::keymap::Keymap;
use super::mode::Mode;
use super::theme::Theme;
use super::view::Layout;
use crate::document::{AnnotationId, Document, DocumentStatus, Entity, Origin, Relation, Schema, Status};
use crate::nlp::{self, Abbreviation};
use crate::review::checks::{Check, Checked, WordTypes, checks};
use crate::review::{Revision, Segmentation, Session, SessionDocument, note_on, queue};
use crate::text::{CharOffset, CharSpan, SourceText};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

/// Finds spans in a text: sentences, or words.
pub type Segmenter = fn(&SourceText) -> Vec<CharSpan>;

/// The state.
#[derive(Clone, Debug)]
pub struct App {
    /// The documents and all decisions.
    pub session: Session,
    /// Which keys do what.
    pub keymap: Keymap,
    /// What things look like.
    pub theme: Theme,
    /// Index of the open document.
    pub current: usize,
    /// What the keys are about.
    pub mode: Mode,
    /// The first keys of a chord.
    pub pending: Vec<Chord>,
    /// The number typed so far, which says how often the next action is done.
    pub count: Option<u32>,
    /// Whether movements and edges go by character instead of by word.
    pub by_char: bool,
    /// Whether rejected and low-scored items are shown.
    pub show_hidden: bool,
    /// Whether the relations of the whole document are listed.
    pub all_relations: bool,
    /// Whether the relations of the focused span are drawn over the text.
    pub arcs: bool,
    /// Whether accepted words that are not marked are told among the checks.
    pub missing_mentions: bool,
    /// What readers found in the files of each document, a sentence each. Untrusted.
    pub findings: Vec<Vec<String>>,
    /// The text last searched for; empty before the first search.
    pub last_search: String,
    /// Where it was found.
    pub found: Option<CharSpan>,
    /// What the model does.
    pub model: ModelState,
    /// The message in the status line.
    pub notice: Option<Notice>,
    /// When the last decision reached the disk.
    pub saved: Option<SystemTime>,
    /// What did not reach the disk, and why.
    pub unsaved: Option<Unsaved>,
    /// The action that was asked for but not done, with a warning: once more in a row it is done all the same.
    pub anyway: Option<Action>,
    /// The relation that the last keys added.
    pub added_relation: Option<AnnotationId>,
    /// What was laid out where in the last frame.
    pub layout: Layout,
    /// Whether anything changed since the last frame.
    pub dirty: bool,
    places: Vec<Place>,
    predictions: Vec<Prediction>,
    second_look: SecondLook,
    /// What was focused before each step of this session, by document and step.
    focus_before: HashMap<(usize, u64), AnnotationId>,
    /// What the model says of the documents that were open, to help with adding by hand.
    pub(super) advice: Advised,
    /// What the open document defines, and which document that is.
    abbreviations: (usize, Vec<Abbreviation>),
    sentences: Segmenter,
    words: Segmenter,
    nothing: Document,
    no_segmentation: Segmentation,
}

/// Where a document was left.
#[derive(Clone, Debug, Default)]
struct Place {
    /// The word, or with character steps the character, under the cursor.
    cursor: Option<CharSpan>,
    /// The focused span or relation; it may be gone.
    focus: Option<AnnotationId>,
    /// The span that was focused before; it may be gone.
    last_span: Option<AnnotationId>,
    /// First visible row of the text.
    scroll: usize,
    /// Whether sentences and words are known.
    segmented: bool,
}

/// What deserves another look in the open document, and for what it was found.
#[derive(Clone, Debug, Default)]
struct SecondLook {
    words: WordTypes,
    /// Document, revision, and whether missing mentions were looked for.
    of: Option<(usize, u64, bool)>,
    checks: Vec<Check>,
}

/// A step of the open document's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryStep {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub time: u64,
    /// What it did. Untrusted.
    pub summary: String,
    /// Whether it is done, or was taken back.
    pub done: bool,
}

/// What the model does.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelState {
    /// There is none in this session.
    Off,
    /// It is being loaded.
    Loading,
    /// It works, or waits for work.
    Ready {
        /// Its name.
        name: Arc<str>,
        /// Documents that wait for it.
        waiting: usize,
        /// Share of the present document that is done, in percent.
        share: Option<usize>,
    },
    /// It could not be loaded; why.
    Failed(String),
}

/// How far a document is with the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Prediction {
    /// Nobody asked for one.
    #[default]
    NotAsked,
    /// Asked for.
    Waiting,
    /// It came.
    Done,
    /// It failed; why.
    Failed(String),
}

/// A message in the status line, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says. Untrusted.
    pub text: String,
    /// Whether something went wrong.
    pub error: bool,
}

impl App {
    /// The state at the start, with the first document open.
    pub fn new(session: Session, keymap: Keymap, theme: Theme, sentences: Segmenter, words: Segmenter) -> Self {
        let count = session.documents().len();
        let mut app = Self {
            session,
            keymap,
            theme,
            current: 0,
            mode: Mode::Normal,
            pending: Vec::new(),
            count: None,
            by_char: false,
            show_hidden: false,
            all_relations: false,
            arcs: false,
            missing_mentions: false,
            findings: Vec::new(),
            last_search: String::new(),
            found: None,
            model: ModelState::Off,
            notice: None,
            saved: None,
            unsaved: None,
            anyway: None,
            added_relation: None,
            layout: Layout::default(),
            dirty: true,
            places: vec![Place::default(); count],
            predictions: vec![Prediction::default(); count],
            second_look: SecondLook::default(),
            focus_before: HashMap::new(),
            advice: Advised::default(),
            abbreviations: (usize::MAX, Vec::new()),
            sentences,
            words,
            nothing: Document::new("", SourceText::new("")),
            no_segmentation: Segmentation::default(),
        };
        app.open(app.left_at());
        app
    }

    /// The document that was worked on last, or when nothing is left to do there the next one with something to do.
    fn left_at(&self) -> usize {
        let documents = self.session.documents();
        let last = (0..documents.len())
            .max_by_key(|&index| (documents.get(index).and_then(SessionDocument::last_decided), Reverse(index)));
        let last = last.unwrap_or_default();
        (last..documents.len()).chain(0..last).find(|&index| self.is_open(index)).unwrap_or(last)
    }

    /// Whether there is something to do in a document: it is neither done nor put aside.
    pub(super) fn is_open(&self, index: usize) -> bool {
        let closed = [DocumentStatus::Done, DocumentStatus::Skipped];
        self.document_at(index).is_some_and(|document| !closed.contains(&document.marks.status))
    }

    /// Opens a document where it was left; the first time at its first undecided item.
    pub fn open(&mut self, index: usize) {
        if index >= self.places.len() {
            return;
        }
        self.current = index;
        self.found = None;
        let known = self.places.get(index).is_some_and(|place| place.segmented);
        if !known {
            let text = self.document().text.clone();
            let segmentation = Segmentation::new((self.sentences)(&text), (self.words)(&text));
            self.session.set_segmentation(index, segmentation);
            if let Some(place) = self.places.get_mut(index) {
                place.segmented = true;
            }
            let first = self.session.next_undecided(index, None);
            self.go_to(self.unit_at(CharOffset::ZERO));
            if let Some(first) = first {
                self.focus_on(&first);
            }
        }
        if self.abbreviations.0 != index {
            let found = nlp::abbreviations(&self.document().text, self.segmentation().sentences());
            self.abbreviations = (index, found);
        }
    }

    /// What the words of a span of the open document stand for, if the text says it.
    pub fn long_form(&self, words: &str) -> Option<&str> {
        let text = &self.document().text;
        nlp::long_form(text, &self.abbreviations.1, words).and_then(|span| text.slice(span))
    }

    /// What deserves another look in the open document, in the order of the text.
    pub fn checks(&self) -> &[Check] {
        &self.second_look.checks
    }

    /// Looks for it again if the document changed.
    pub fn look_again(&mut self) {
        let Some(revision) = self.session.get(self.current).map(SessionDocument::revision) else { return };
        let of = Some((self.current, revision, self.missing_mentions));
        if self.second_look.of == of {
            return;
        }
        self.second_look.words.update(&self.session);
        let checked = Checked {
            document: self.document(),
            schema: self.schema(),
            segmentation: self.segmentation(),
            elsewhere: &self.second_look.words,
            findings: self.findings.get(self.current).map(Vec::as_slice).unwrap_or_default(),
            missing_mentions: self.missing_mentions,
        };
        self.second_look.checks = checks(&checked);
        self.second_look.of = of;
    }

    /// The steps of the open document, the first one first; behind those that are done come those that redo would take.
    pub fn steps(&self) -> Vec<HistoryStep> {
        let Some(open) = self.session.get(self.current) else { return Vec::new() };
        let step = |done| move |it: &Revision| HistoryStep { time: it.time, summary: it.summary(open.document()), done };
        let done = open.history().path().into_iter().map(step(true));
        done.chain(open.history().undone().into_iter().map(step(false))).collect()
    }

    /// How many steps of the open document were taken back and then replaced by others, so that neither undo nor redo reaches them.
    pub fn steps_elsewhere(&self) -> usize {
        let Some(open) = self.session.get(self.current) else { return 0 };
        let history = open.history();
        let reached = history.path().len() + history.undone().len();
        // The root is no step.
        (history.revisions().len() - 1).saturating_sub(reached)
    }

    /// The open document.
    pub fn document(&self) -> &Document {
        self.document_at(self.current).unwrap_or(&self.nothing)
    }

    /// Any document.
    pub fn document_at(&self, index: usize) -> Option<&Document> {
        self.session.get(index).map(|open| open.document())
    }

    /// Types and roles.
    pub fn schema(&self) -> &Schema {
        self.session.schema()
    }

    /// Sentences and words of the open document.
    pub fn segmentation(&self) -> &Segmentation {
        self.session.get(self.current).map_or(&self.no_segmentation, |open| open.segmentation())
    }

    fn place(&self) -> Option<&Place> {
        self.places.get(self.current)
    }

    /// The word or character under the cursor.
    pub fn cursor(&self) -> CharSpan {
        let at = self.place().and_then(|place| place.cursor);
        at.unwrap_or_else(|| self.unit_at(CharOffset::ZERO))
    }

    /// First visible row of the text.
    pub fn scroll(&self) -> usize {
        self.place().map_or(0, |place| place.scroll)
    }

    /// Takes over what a frame laid out.
    pub fn drawn(&mut self, layout: Layout) {
        if let (Some(place), Some(_)) = (self.places.get_mut(self.current), &layout.wrapped) {
            place.scroll = layout.scroll;
        }
        self.layout = layout;
        self.dirty = false;
    }

    /// Moves the cursor; what lies there is focused.
    pub fn go_to(&mut self, at: CharSpan) {
        let focus = self.innermost_at(at).map(|entity| entity.id.clone());
        self.put(at, focus);
    }

    /// Sets cursor and focus; a span that loses the focus is remembered.
    fn put(&mut self, at: CharSpan, focus: Option<AnnotationId>) {
        let before = self.focused_entity().map(|entity| entity.id.clone()).filter(|id| Some(id) != focus.as_ref());
        if let Some(place) = self.places.get_mut(self.current) {
            place.cursor = Some(at);
            place.focus = focus;
            if before.is_some() {
                place.last_span = before;
            }
        }
    }

    /// The focused span, else the one that was focused before.
    pub fn span_in_hand(&self) -> Option<&Entity> {
        let last = || self.document().entities.get(self.place()?.last_span.as_ref()?);
        self.focused_entity().or_else(last)
    }

    /// Remembers what was focused before a step of the open document, for when it is taken back.
    pub(super) fn remember_focus(&mut self, step: u64, focus: Option<AnnotationId>) {
        if let Some(focus) = focus {
            self.focus_before.insert((self.current, step), focus);
        }
    }

    /// What was focused before a step of the open document.
    pub(super) fn focus_before(&self, step: u64) -> Option<&AnnotationId> {
        self.focus_before.get(&(self.current, step))
    }

    /// Focuses a span or relation and moves the cursor there.
    pub fn focus_on(&mut self, id: &AnnotationId) {
        let Some(span) = queue::place(self.document(), id) else { return };
        self.put(self.unit_at(span.start()), Some(id.clone()));
    }

    /// The focused item, if it is still there.
    pub fn focus(&self) -> Option<&AnnotationId> {
        let focus = self.place()?.focus.as_ref()?;
        queue::state(self.document(), focus).map(|_| focus)
    }

    /// What stays focused or, when that is gone, what lies under the cursor now.
    pub fn refocus(&mut self) {
        if self.focus().is_none() {
            self.go_to(self.cursor());
        }
    }

    /// The focused span.
    pub fn focused_entity(&self) -> Option<&Entity> {
        self.document().entities.get(self.focus()?)
    }

    /// The focused relation.
    pub fn focused_relation(&self) -> Option<&Relation> {
        self.document().relations.get(self.focus()?)
    }

    /// The span at hand, whose relations are listed: the focused one, or that end of the focused relation under the cursor.
    pub fn panel_entity(&self) -> Option<&Entity> {
        if let Some(relation) = self.focused_relation() {
            let ends = [&relation.subject, &relation.object].map(|end| self.document().entities.get(end));
            return ends.into_iter().flatten().max_by_key(|entity| entity.hull());
        }
        self.focused_entity()
    }

    /// Whether an item is on the screen: the filter passes it, and it is neither rejected nor below the threshold unless these are
    /// shown too. What is focused is always on the screen.
    pub fn is_shown(&self, id: &AnnotationId) -> bool {
        let Some((status, origin)) = queue::state(self.document(), id) else { return false };
        if self.place().is_some_and(|place| place.focus.as_ref() == Some(id)) {
            return true;
        }
        let filter = self.session.filter();
        let low = origin.confidence().is_some_and(|confidence| confidence < filter.threshold());
        let hidden = status == Status::Rejected || (status == Status::Proposed && low);
        (!hidden || self.show_hidden) && filter.passes(self.document(), id)
    }

    /// Decided items and all items that the model or another annotator proposed in the open document.
    pub fn decided(&self) -> (usize, usize) {
        let document = self.document();
        let states = document.entities.values().map(|entity| (entity.status, &entity.origin));
        let states = states.chain(document.relations.values().map(|relation| (relation.status, &relation.origin)));
        states
            .filter(|(_, origin)| matches!(origin, Origin::Model { .. } | Origin::Annotator { .. }))
            .fold((0, 0), |(decided, all), (status, _)| (decided + usize::from(status != Status::Proposed), all + 1))
    }

    /// Undecided items of the open document that are hidden by their type or state: a threshold hides none of these.
    pub fn undecided_hidden(&self) -> usize {
        let mut filter = self.session.filter().clone();
        filter.clear();
        queue::count_undecided(self.document(), &filter).saturating_sub(self.undecided())
    }

    /// Undecided items of the open document that the filter passes.
    pub fn undecided(&self) -> usize {
        queue::count_undecided(self.document(), self.session.filter())
    }

    /// The note on an annotation: the curator's, else another program's.
    pub fn note_on(&self, id: &AnnotationId) -> Option<&str> {
        let any = || self.document().notes.values().find(|note| note.target == *id);
        note_on(self.document(), id).or_else(any).map(|note| note.text.as_str())
    }

    /// The selected part of the text: from where the selection began to the cursor.
    pub fn selection(&self) -> Option<CharSpan> {
        match &self.mode {
            Mode::Select { anchor, .. } => Some(anchor.hull(self.cursor())),
            _ => None,
        }
    }

    /// The word at a position, or with character steps the character; between words the next one.
    pub fn unit_at(&self, at: CharOffset) -> CharSpan {
        let char_at = |at: CharOffset| CharSpan::new(at, at.plus(1));
        let last = CharOffset::new(self.document().text.len().get().saturating_sub(1));
        let words = self.segmentation().words();
        let word = words.get(words.partition_point(|word| word.end() <= at)).or(words.last());
        let unit = match word {
            Some(word) if !self.by_char => Ok(*word),
            _ => char_at(at.min(last)),
        };
        // `at..at + 1` is never empty below the largest position, which no text reaches.
        unit.unwrap_or_else(|_| self.cursor())
    }

    /// The last word of a run of letters and digits that begins with this word: words are cut between letters and digits. A word inside
    /// such a run stands for itself, and so does a character.
    pub fn run_end(&self, word: CharSpan) -> CharSpan {
        if self.by_char {
            return word;
        }
        let text = &self.document().text;
        let alphanumeric = |at: CharOffset| {
            let one = CharSpan::new(at, at.plus(1)).ok().and_then(|one| text.slice(one));
            one.is_some_and(|one| one.chars().all(char::is_alphanumeric))
        };
        let is_inside = |border: CharOffset| alphanumeric(border.minus(1)) && alphanumeric(border);
        let words = self.segmentation().words();
        let first = words.partition_point(|other| other.start() < word.start());
        let before = first.checked_sub(1).and_then(|before| words.get(before));
        if before.is_some_and(|before| before.end() == word.start() && is_inside(word.start())) {
            return word;
        }
        let mut last = word;
        for next in words.iter().skip(first + 1) {
            if next.start() != last.end() || !is_inside(last.end()) {
                break;
            }
            last = *next;
        }
        last
    }

    /// The smallest shown span that touches a place.
    pub fn innermost_at(&self, at: CharSpan) -> Option<&Entity> {
        let here = |entity: &&Entity| entity.overlaps(at) && self.is_shown(&entity.id);
        self.document().entities.values().filter(here).min_by_key(|entity| entity.hull().chars())
    }

    /// How far a document is with the model.
    pub fn prediction_of(&self, index: usize) -> &Prediction {
        self.predictions.get(index).unwrap_or(&Prediction::NotAsked)
    }

    /// Takes note of how far a document is with the model.
    pub fn set_prediction(&mut self, index: usize, state: Prediction) {
        if let Some(place) = self.predictions.get_mut(index) {
            *place = state;
        }
    }

    /// Says something in the status line.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), error: false });
    }

    /// Says in the status line that something is not possible or went wrong.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), error: true });
    }
}
