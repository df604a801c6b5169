//! No annotation stands twice: an undecided one that says what another says that stands goes, or it would be accepted and written beside
//! it.

use super::Draft;
use crate::document::{AnnotationId, Item, ItemKind, Relation, Status};
use crate::review::merge::spoken_of;
use indexmap::IndexMap;
use std::hash::Hash;

/// One of several annotations that say the same.
struct Twin {
    id: AnnotationId,
    /// Whether it stands by the plan.
    stands: bool,
}

impl Draft<'_> {
    /// Takes undecided spans and relations out that say the same as one that stands by this plan. The roles of such a span become those
    /// of the other.
    pub(super) fn absorb_twins(&mut self) {
        if self.len() == 0 {
            return;
        }
        let spans = self.document().entities.keys().filter_map(|id| self.entity(id));
        let spans = spans.filter(|it| it.status != Status::Rejected);
        let spans = groups(spans.map(|it| ((&it.label, &it.spans), Twin { id: it.id.clone(), stands: it.status.stands() })));
        for (kept, gone) in self.surplus(spans) {
            self.hand_over(&kept, &gone);
        }
        // Roles that were handed over may say the same as others now.
        let roles = self.document().relations.keys().filter_map(|id| self.relation(id));
        let roles = roles.filter(|it| it.status != Status::Rejected);
        let says = |it: &Relation| (it.subject.clone(), it.object.clone(), it.role.clone());
        let roles = groups(roles.map(|it| (says(it), Twin { id: it.id.clone(), stands: it.status.stands() })));
        for (_, gone) in self.surplus(roles) {
            self.remove_notes_on(&gone);
            self.remove(ItemKind::Relation, &gone);
        }
    }

    /// Of each of these groups that the plan touches, the one that stays and those that go: nobody had decided on these, and nothing else
    /// speaks of them.
    fn surplus(&self, groups: Vec<Vec<Twin>>) -> Vec<(AnnotationId, AnnotationId)> {
        if groups.is_empty() {
            return Vec::new();
        }
        let document = self.document();
        let spoken_of = spoken_of(document);
        let may_go = |id: &AnnotationId| {
            let before = document.entities.get(id).map(|it| it.status).or_else(|| document.relations.get(id).map(|it| it.status));
            before == Some(Status::Proposed) && !spoken_of.contains(id)
        };
        let mut surplus = Vec::new();
        for group in groups.iter().filter(|group| group.iter().any(|twin| self.changes(&twin.id))) {
            let mut standing = group.iter().filter(|twin| twin.stands);
            let kept = standing.clone().find(|twin| !may_go(&twin.id)).or_else(|| standing.next());
            let Some(kept) = kept else { continue };
            let gone = group.iter().filter(|twin| twin.id != kept.id && may_go(&twin.id));
            surplus.extend(gone.map(|twin| (kept.id.clone(), twin.id.clone())));
        }
        surplus
    }

    /// Makes the roles of a span those of another, and takes it out.
    fn hand_over(&mut self, kept: &AnnotationId, gone: &AnnotationId) {
        let end = |end: &AnnotationId| if end == gone { kept.clone() } else { end.clone() };
        for id in self.relations_now(gone) {
            let Some(old) = self.relation(&id).cloned() else { continue };
            let new = Relation { subject: end(&old.subject), object: end(&old.object), ..old };
            let says_the_same = |other: &AnnotationId| {
                let other = self.relation(other).filter(|it| it.id != id);
                other.is_some_and(|it| (&it.subject, &it.object, &it.role) == (&new.subject, &new.object, &new.role))
            };
            let is_there = self.relations_now(kept).iter().any(says_the_same);
            if new.subject == new.object || !new.status.stands() && is_there {
                self.remove_notes_on(&id);
                self.remove(ItemKind::Relation, &id);
            } else {
                self.replace(Item::Relation(new));
            }
        }
        self.remove(ItemKind::Entity, gone);
    }
}

/// Those of which several say the same, in the order of the document.
fn groups<K: Hash + Eq>(twins: impl Iterator<Item = (K, Twin)>) -> Vec<Vec<Twin>> {
    let mut groups: IndexMap<K, Vec<Twin>> = IndexMap::new();
    twins.for_each(|(says, twin)| groups.entry(says).or_default().push(twin));
    groups.into_values().filter(|group| group.len() > 1).collect()
}
