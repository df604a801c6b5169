//! The documents of several annotators over one text, brought together: what all say is taken, everything else is proposed in the
//! names of those who say it, so that a person can decide.

use super::{
    AnnotationId, Attribute, Document, Entity, Equivalence, Event, Label, Normalization, Note, Origin, Relation, Status,
};
use crate::text::CharSpan;
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;

/// What one annotator made of a text.
#[derive(Clone, Copy, Debug)]
pub struct Annotated<'a> {
    /// Who.
    pub name: &'a str,
    /// What they made of it.
    pub document: &'a Document,
}

/// What an entity says: its type and its fragments in the order of the text.
type Says = (Label, Vec<CharSpan>);

/// Brings the documents of annotators together; the text, the name and where it comes from are those of the first.
///
/// Spans that all have, and relations that all have between those, stand; others are proposed under the names of those who have
/// them. Of the annotations that stand in a document, only those that stand there count. Events, attributes, links, notes and
/// equivalences can't be proposed: those of all annotators are taken, each once, and where not all have one, a note on what it is
/// about says who has. `None` without an annotator.
pub fn combine(annotators: &[Annotated<'_>]) -> Option<Document> {
    let first = annotators.first()?.document;
    let mut merged = Document::new(first.name.clone(), first.text.clone());
    merged.provenance.database.clone_from(&first.provenance.database);
    merged.provenance.id.clone_from(&first.provenance.id);
    merged.provenance.unknown.clone_from(&first.provenance.unknown);
    let mut combiner = Combiner { merged, annotators, ids: vec![HashMap::new(); annotators.len()], next: HashMap::new() };
    combiner.entities();
    combiner.events();
    combiner.relations();
    combiner.rest();
    Some(combiner.merged)
}

struct Combiner<'a> {
    merged: Document,
    annotators: &'a [Annotated<'a>],
    /// For each annotator: what their ids are called in the merged document.
    ids: Vec<HashMap<AnnotationId, AnnotationId>>,
    /// The next number for each letter that ids begin with.
    next: HashMap<char, u64>,
}

/// What several annotators say, with the first id it has and the places of those who say it.
struct Said<T> {
    item: T,
    by: IndexSet<usize>,
}

impl Combiner<'_> {
    /// An id for what is called `wanted` by one annotator: the same if it is free.
    fn id(&mut self, wanted: &AnnotationId, letter: char) -> AnnotationId {
        if !self.merged.has_id(wanted) {
            return wanted.clone();
        }
        loop {
            let next = self.next.entry(letter).or_insert(0);
            *next += 1;
            let id = AnnotationId::new(format!("{letter}{next}"));
            let taken = self.annotators.iter().any(|annotator| annotator.document.has_id(&id));
            if !taken && !self.merged.has_id(&id) {
                return id;
            }
        }
    }

    fn all(&self, by: &IndexSet<usize>) -> bool {
        by.len() == self.annotators.len()
    }

    fn names(&self, by: &IndexSet<usize>) -> Vec<&str> {
        by.iter().filter_map(|&at| self.annotators.get(at)).map(|annotator| annotator.name).collect()
    }

    /// State and maker of what these annotators say.
    fn state(&self, by: &IndexSet<usize>) -> (Origin, Status) {
        if self.all(by) { (Origin::Given, Status::Accepted) } else { (Origin::of_annotators(self.names(by)), Status::Proposed) }
    }

    fn entities(&mut self) {
        let mut said: IndexMap<Says, Said<AnnotationId>> = IndexMap::new();
        for (at, annotator) in self.annotators.iter().enumerate() {
            for entity in annotator.document.entities.values().filter(|entity| entity.status.stands()) {
                let by = IndexSet::new();
                said.entry(says(entity)).or_insert_with(|| Said { item: entity.id.clone(), by }).by.insert(at);
            }
        }
        // In reading order, so that what belongs together is decided together.
        said.sort_by(|(_, a), _, (_, b), _| a.first().cmp(&b.first()));
        for ((label, spans), Said { item, by }) in &said {
            let id = self.id(item, 'T');
            let (origin, status) = self.state(by);
            let entity = Entity { id: id.clone(), label: label.clone(), spans: spans.clone(), origin, status };
            self.merged.entities.insert(id, entity);
        }
        let places: HashMap<Says, AnnotationId> =
            self.merged.entities.values().map(|entity| (says(entity), entity.id.clone())).collect();
        for (annotator, ids) in self.annotators.iter().zip(&mut self.ids) {
            let entities = annotator.document.entities.values();
            ids.extend(entities.filter_map(|entity| Some((entity.id.clone(), places.get(&says(entity))?.clone()))));
        }
    }

    /// What `at` calls `id`, in the merged document.
    fn named(&self, at: usize, id: &AnnotationId) -> Option<AnnotationId> {
        self.ids.get(at)?.get(id).cloned()
    }

    fn relations(&mut self) {
        let mut said: IndexMap<(Label, AnnotationId, AnnotationId), Said<Relation>> = IndexMap::new();
        for (at, annotator) in self.annotators.iter().enumerate() {
            for relation in annotator.document.relations.values().filter(|relation| relation.status.stands()) {
                let (Some(subject), Some(object)) = (self.named(at, &relation.subject), self.named(at, &relation.object)) else {
                    continue;
                };
                let by = IndexSet::new();
                let key = (relation.role.clone(), subject, object);
                said.entry(key).or_insert_with(|| Said { item: relation.clone(), by }).by.insert(at);
            }
        }
        for ((role, subject, object), Said { item, by }) in said {
            let id = self.id(&item.id, 'R');
            let (origin, status) = self.state(&by);
            let argument_names = item.argument_names;
            for at in by {
                let theirs = self.annotators.get(at).map(|annotator| &annotator.document.relations);
                let theirs = theirs.into_iter().flat_map(IndexMap::values).filter(|it| it.role == role);
                let same: Vec<AnnotationId> = theirs
                    .filter(|it| self.named(at, &it.subject).as_ref() == Some(&subject))
                    .filter(|it| self.named(at, &it.object).as_ref() == Some(&object))
                    .map(|it| it.id.clone())
                    .collect();
                if let Some(ids) = self.ids.get_mut(at) {
                    ids.extend(same.into_iter().map(|theirs| (theirs, id.clone())));
                }
            }
            let relation = Relation { id: id.clone(), role, subject, object, argument_names, origin, status };
            self.merged.relations.insert(id, relation);
        }
    }

    /// Events refer to each other, so those whose ends are known are taken until there are no more.
    fn events(&mut self) {
        for at in 0..self.annotators.len() {
            let Some(annotator) = self.annotators.get(at).copied() else { continue };
            let mut open: Vec<&Event> = annotator.document.events.values().collect();
            loop {
                let before = open.len();
                open.retain(|event| !self.event(at, event));
                if open.len() == before {
                    break;
                }
            }
        }
    }

    fn event(&mut self, at: usize, event: &Event) -> bool {
        let named = |id: &AnnotationId| self.named(at, id);
        let Some(trigger) = named(&event.trigger) else { return false };
        let arguments = event.arguments.iter().map(|(role, id)| Some((role.clone(), named(id)?)));
        let Some(arguments) = arguments.collect::<Option<Vec<_>>>() else { return false };
        let same = self.merged.events.values();
        let same = same.clone().find(|it| it.label == event.label && it.trigger == trigger && it.arguments == arguments);
        let id = match same {
            Some(same) => same.id.clone(),
            None => {
                let id = self.id(&event.id, 'E');
                let event = Event { id: id.clone(), label: event.label.clone(), trigger, arguments };
                self.merged.events.insert(id.clone(), event);
                id
            }
        };
        if let Some(ids) = self.ids.get_mut(at) {
            ids.insert(event.id.clone(), id);
        }
        true
    }

    /// What can't be proposed: taken from all, with a note where not all have it.
    fn rest(&mut self) {
        let mut partial: Vec<(AnnotationId, String)> = Vec::new();
        let by = self.who_says(
            |document| document.attributes.values().map(|it| (it.target.clone(), it.clone())).collect(),
            |it, target| Attribute { id: AnnotationId::from(""), target, ..it },
        );
        for (attribute, first, by) in by {
            let id = self.id(&first, if first.as_str().starts_with('M') { 'M' } else { 'A' });
            let value = attribute.value.as_ref().map(|value| format!(" {value}")).unwrap_or_default();
            self.note_partial(&mut partial, &attribute.target, &format!("{}{value}", attribute.name), &by);
            self.merged.attributes.insert(id.clone(), Attribute { id, ..attribute });
        }
        let by = self.who_says(
            |document| document.normalizations.values().map(|it| (it.target.clone(), it.clone())).collect(),
            |it, target| Normalization { id: AnnotationId::from(""), target, ..it },
        );
        for (link, first, by) in by {
            let id = self.id(&first, 'N');
            self.note_partial(&mut partial, &link.target, &format!("{}:{}", link.database, link.entry), &by);
            self.merged.normalizations.insert(id.clone(), Normalization { id, ..link });
        }
        let by = self.who_says(
            |document| document.notes.values().map(|it| (it.target.clone(), it.clone())).collect(),
            |it, target| Note { id: AnnotationId::from(""), target, ..it },
        );
        for (note, first, by) in by {
            let id = self.id(&first, '#');
            let text = if self.all(&by) { note.text.clone() } else { format!("{}: {}", self.names(&by).join(", "), note.text) };
            self.merged.notes.insert(id.clone(), Note { id, text, ..note });
        }
        self.equivalences();
        for (target, text) in partial {
            let id = self.merged.fresh_id('#');
            let kind = Label::from("AnnotatorNotes");
            self.merged.notes.insert(id.clone(), Note { id, kind, target, text });
        }
    }

    /// Annotations of one kind under the merged names of what they are about, each once, with the first id and who has it.
    fn who_says<T: PartialEq + HasId>(
        &self,
        of: impl Fn(&Document) -> Vec<(AnnotationId, T)>,
        rename: impl Fn(T, AnnotationId) -> T,
    ) -> Vec<(T, AnnotationId, IndexSet<usize>)> {
        let mut said: Vec<(T, AnnotationId, IndexSet<usize>)> = Vec::new();
        for (at, annotator) in self.annotators.iter().enumerate() {
            for (target, item) in of(annotator.document) {
                let Some(target) = self.named(at, &target) else { continue };
                let id = item.own_id().clone();
                let item = rename(item, target);
                match said.iter_mut().find(|(other, _, _)| *other == item) {
                    Some((_, _, by)) => drop(by.insert(at)),
                    None => said.push((item, id, IndexSet::from([at]))),
                }
            }
        }
        said
    }

    fn note_partial(&self, notes: &mut Vec<(AnnotationId, String)>, target: &AnnotationId, what: &str, by: &IndexSet<usize>) {
        if !self.all(by) {
            notes.push((target.clone(), format!("{what}: only {}", self.names(by).join(", "))));
        }
    }

    fn equivalences(&mut self) {
        for at in 0..self.annotators.len() {
            let Some(annotator) = self.annotators.get(at).copied() else { continue };
            for Equivalence { label, members } in &annotator.document.equivalences {
                let members: Vec<AnnotationId> = members.iter().filter_map(|id| self.named(at, id)).collect();
                let equivalence = Equivalence { label: label.clone(), members };
                if equivalence.members.len() > 1 && !self.merged.equivalences.contains(&equivalence) {
                    self.merged.equivalences.push(equivalence);
                }
            }
        }
    }
}

/// An annotation with an id.
trait HasId {
    fn own_id(&self) -> &AnnotationId;
}

impl HasId for Attribute {
    fn own_id(&self) -> &AnnotationId {
        &self.id
    }
}

impl HasId for Normalization {
    fn own_id(&self) -> &AnnotationId {
        &self.id
    }
}

impl HasId for Note {
    fn own_id(&self) -> &AnnotationId {
        &self.id
    }
}

fn says(entity: &Entity) -> Says {
    let mut spans = entity.spans.clone();
    spans.sort_unstable();
    (entity.label.clone(), spans)
}

/// Carries decisions that a person made on an earlier merge over into a new one, and returns how many: what is said the same keeps
/// the state it was brought into, and what the person added, changed or noted stays.
pub fn keep_decisions(merged: &mut Document, decided: &Document) -> usize {
    let is_decision = |status: Status, origin: &Origin| {
        let proposed = status == Status::Proposed || status == Status::Accepted && *origin == Origin::Given;
        !proposed
    };
    let mut kept = 0;
    let mut names: HashMap<AnnotationId, AnnotationId> = HashMap::new();
    for old in decided.entities.values() {
        let same = merged.entities.values().find(|entity| says(entity) == says(old)).or_else(|| uncorrected(merged, old));
        let decision = is_decision(old.status, &old.origin);
        let id = match same.map(|entity| entity.id.clone()) {
            Some(id) => {
                if let (Some(entity), true) = (merged.entities.get_mut(&id), decision) {
                    *entity = Entity { id: id.clone(), ..old.clone() };
                    kept += 1;
                }
                id
            }
            None if decision => {
                let id = free_id(merged, &old.id, 'T');
                merged.entities.insert(id.clone(), Entity { id: id.clone(), ..old.clone() });
                kept += 1;
                id
            }
            None => continue,
        };
        names.insert(old.id.clone(), id);
    }
    for old in decided.relations.values().filter(|old| is_decision(old.status, &old.origin)) {
        let end = |id: &AnnotationId| names.get(id).cloned().or_else(|| merged.events.contains_key(id).then(|| id.clone()));
        let (Some(subject), Some(object)) = (end(&old.subject), end(&old.object)) else { continue };
        let says_so = |it: &&Relation| it.role == old.role && it.subject == subject && it.object == object;
        let same = merged.relations.values().find(says_so).or_else(|| uncorrected_relation(merged, old));
        let id = match same.map(|relation| relation.id.clone()) {
            Some(id) => {
                if let Some(relation) = merged.relations.get_mut(&id) {
                    *relation = Relation { id: id.clone(), subject, object, ..old.clone() };
                }
                id
            }
            None => {
                let id = free_id(merged, &old.id, 'R');
                merged.relations.insert(id.clone(), Relation { id: id.clone(), subject, object, ..old.clone() });
                id
            }
        };
        names.insert(old.id.clone(), id);
        kept += 1;
    }
    for old in decided.notes.values() {
        let Some(target) = names.get(&old.target).or_else(|| merged.id(old.target.as_str())).cloned() else { continue };
        if !merged.notes.values().any(|note| (&note.kind, &note.text, &note.target) == (&old.kind, &old.text, &target)) {
            let id = free_id(merged, &old.id, '#');
            merged.notes.insert(id.clone(), Note { id, target, ..old.clone() });
            kept += 1;
        }
    }
    merged.marks = decided.marks.clone();
    kept
}

/// The id itself if nothing bears it, else a new one with this letter.
fn free_id(document: &Document, wanted: &AnnotationId, letter: char) -> AnnotationId {
    if document.has_id(wanted) { document.fresh_id(letter) } else { wanted.clone() }
}

/// The proposal that a person corrected, as it is proposed anew: it has the same id from the same annotator, and the words or the type.
fn uncorrected<'a>(merged: &'a Document, old: &Entity) -> Option<&'a Entity> {
    let overlap = |entity: &Entity| old.spans.iter().any(|span| entity.overlaps(*span));
    let proposed = merged.entities.get(&old.id).filter(|it| it.status == Status::Proposed && it.origin == old.origin);
    proposed.filter(|it| old.status == Status::Corrected && (it.label == old.label || overlap(it)))
}

/// The same of a relation: it has the same id from the same annotator, and the role or one end.
fn uncorrected_relation<'a>(merged: &'a Document, old: &Relation) -> Option<&'a Relation> {
    let proposed = merged.relations.get(&old.id).filter(|it| it.status == Status::Proposed && it.origin == old.origin);
    let alike = |it: &&Relation| it.role == old.role || it.subject == old.subject || it.object == old.object;
    proposed.filter(|_| old.status == Status::Corrected).filter(alike)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceText;

    fn document(entities: &[(&str, u32, u32)], relations: &[(&str, u32, u32)]) -> Document {
        let mut document = Document::new("d", SourceText::new("loss of p53 causes strong apoptosis"));
        for (i, (label, start, end)) in entities.iter().enumerate() {
            let id = AnnotationId::new(format!("T{}", i + 1));
            let spans = vec![CharSpan::of_chars(*start, *end).unwrap()];
            let (label, origin, status) = (Label::from(*label), Origin::Given, Status::Accepted);
            document.entities.insert(id.clone(), Entity { id, label, spans, origin, status });
        }
        for (i, (role, a, b)) in relations.iter().enumerate() {
            let id = AnnotationId::new(format!("R{}", i + 1));
            let end = |number: &u32| AnnotationId::new(format!("T{number}"));
            let (subject, object, role) = (end(a), end(b), Label::from(*role));
            let (origin, status) = (Origin::Given, Status::Accepted);
            let relation = Relation { id: id.clone(), role, subject, object, argument_names: None, origin, status };
            document.relations.insert(id, relation);
        }
        document
    }

    fn shown(document: &Document) -> Vec<String> {
        let by = |origin: &Origin, status: Status| match origin {
            Origin::Annotator { name } => format!("{name} {status:?}"),
            other => format!("{other:?} {status:?}"),
        };
        let entities = document.entities.values();
        let entities = entities.map(|e| format!("{} {} {}: {}", e.id, e.label, e.hull(), by(&e.origin, e.status)));
        let relations = document.relations.values();
        let relations = relations.map(|r| format!("{} {} {}→{}: {}", r.id, r.role, r.subject, r.object, by(&r.origin, r.status)));
        entities.chain(relations).collect()
    }

    fn two() -> (Document, Document) {
        let anna = document(&[("NegReg", 0, 4), ("Gene", 8, 11), ("CPA", 26, 35)], &[("ThemeOf", 2, 1), ("CauseOf", 1, 3)]);
        let ben = document(&[("Gene", 8, 11), ("NegReg", 0, 4), ("CPA", 19, 35)], &[("ThemeOf", 1, 2), ("CauseOf", 2, 3)]);
        (anna, ben)
    }

    fn merged(a: &Document, b: &Document) -> Document {
        combine(&[Annotated { name: "anna", document: a }, Annotated { name: "ben", document: b }]).unwrap()
    }

    #[test]
    fn agreements_stand_and_disagreements_are_proposed_by_name() {
        let (anna, ben) = two();
        let wanted = [
            "T1 NegReg 0–4: Given Accepted",
            "T2 Gene 8–11: Given Accepted",
            "T4 CPA 19–35: ben Proposed",
            "T3 CPA 26–35: anna Proposed",
            "R1 ThemeOf T2→T1: Given Accepted",
            "R2 CauseOf T1→T3: anna Proposed",
            "R3 CauseOf T1→T4: ben Proposed",
        ];
        let mut found = shown(&merged(&anna, &ben));
        // Which of two ids that are both free goes to whom plays no part here.
        found.sort();
        let mut wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        wanted.sort();
        let anonymous = |lines: Vec<String>| {
            lines.into_iter().filter(|line| !line.contains("CPA") && !line.contains("CauseOf")).collect::<Vec<_>>()
        };
        assert_eq!(found.len(), wanted.len());
        assert_eq!(anonymous(found.clone()), anonymous(wanted));
        assert!(found.iter().any(|line| line.ends_with("CPA 19–35: ben Proposed")));
        assert!(found.iter().any(|line| line.ends_with("CPA 26–35: anna Proposed")));
        assert_eq!(found.iter().filter(|line| line.contains("CauseOf") && line.ends_with("Proposed")).count(), 2);
    }

    #[test]
    fn one_with_oneself_agrees_in_everything() {
        let (anna, _) = two();
        let merged = merged(&anna, &anna);
        assert_eq!((&merged.entities, &merged.relations), (&anna.entities, &anna.relations));
    }

    #[test]
    fn what_can_not_be_proposed_is_taken_with_a_note_on_who_has_it() {
        let (mut anna, ben) = two();
        let attribute = |id: &str, name: &str| {
            let kind = crate::document::AttributeKind::Attribute;
            Attribute { id: id.into(), kind, name: name.into(), target: "T2".into(), value: None }
        };
        anna.attributes.insert("A1".into(), attribute("A1", "Negation"));
        let merged = merged(&anna, &ben);
        assert_eq!(merged.attributes["A1"].target, anna.attributes["A1"].target);
        assert_eq!(merged.notes[0].text, "Negation: only anna");
    }

    #[test]
    fn decisions_outlive_another_merge() {
        let (anna, ben) = two();
        let mut decided = merged(&anna, &ben);
        let by = |document: &Document, who: &str| {
            let of = |entity: &&Entity| matches!(&entity.origin, Origin::Annotator { name } if &**name == who);
            document.entities.values().find(of).unwrap().id.clone()
        };
        let (annas, bens) = (by(&decided, "anna"), by(&decided, "ben"));
        decided.entities[annas.as_str()].status = Status::Accepted;
        decided.entities[bens.as_str()].status = Status::Rejected;
        let added = Entity {
            id: "T9".into(),
            label: "Reg".into(),
            spans: vec![CharSpan::of_chars(12, 18).unwrap()],
            origin: Origin::Human,
            status: Status::Accepted,
        };
        decided.entities.insert("T9".into(), added);
        decided.marks.flagged = true;
        let note = Note { id: "#1".into(), kind: "AnnotatorNotes".into(), target: "T9".into(), text: "really?".into() };
        decided.notes.insert("#1".into(), note);
        let mut again = merged(&anna, &ben);
        assert_eq!(keep_decisions(&mut again, &decided), 4);
        assert_eq!((&*again.notes[0].text, again.notes[0].target.as_str()), ("really?", "T9"));
        assert_eq!(again.entities[annas.as_str()].status, Status::Accepted);
        assert_eq!(again.entities[bens.as_str()].status, Status::Rejected);
        assert_eq!(again.entities["T9"].origin, Origin::Human);
        assert!(again.marks.flagged);
        let mut once_more = merged(&anna, &ben);
        keep_decisions(&mut once_more, &again);
        assert_eq!((once_more.notes.len(), shown(&once_more)), (1, shown(&again)), "nothing is there twice");
        // A third opinion later does not undo it either.
        let mut ben = ben;
        ben.entities["T3"].label = "Interaction".into();
        let mut later = merged(&anna, &ben);
        keep_decisions(&mut later, &again);
        let rejected = later.entities.values().filter(|entity| entity.status == Status::Rejected).count();
        assert_eq!((rejected, later.entities.values().filter(|e| e.status == Status::Proposed).count()), (1, 1));
    }

    /// Corrects something in a merge and checks that the next merge proposes nothing beside it.
    #[track_caller]
    fn check_corrected(correct: impl FnOnce(&mut Document)) {
        let (anna, ben) = two();
        let mut decided = merged(&anna, &ben);
        correct(&mut decided);
        let mut again = merged(&anna, &ben);
        keep_decisions(&mut again, &decided);
        assert_eq!(shown(&again), shown(&decided));
    }

    #[test]
    fn a_corrected_proposal_is_not_proposed_again_beside_its_correction() {
        check_corrected(|decided| {
            let entity = decided.entities.values_mut().find(|entity| entity.status == Status::Proposed).unwrap();
            (entity.label, entity.status) = ("Pathway".into(), Status::Corrected);
        });
    }

    #[test]
    fn nor_is_a_relation() {
        check_corrected(|decided| {
            let relation = decided.relations.values_mut().find(|it| it.status == Status::Proposed).unwrap();
            (relation.role, relation.status) = ("ThemeOf".into(), Status::Corrected);
        });
    }
}
