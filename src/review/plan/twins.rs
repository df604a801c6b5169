//! No annotation stands twice: an undecided one that says what another says that stands goes, or it would be accepted and written beside
//! it.

use super::Draft;
use crate::document::{AnnotationId, Entity, Item, ItemKind, Relation, Status};
use crate::review::merge::spoken_of;

impl Draft<'_> {
    /// Takes undecided spans and relations out that say the same as one that stands by this plan. The roles of such a span become those
    /// of the other.
    pub(super) fn absorb_twins(&mut self) {
        for id in self.changed() {
            if let Some((kept, gone)) = self.twin_spans(&id) {
                self.hand_over(&kept, &gone);
            }
        }
        // Roles that were handed over may say the same as others now.
        for id in self.changed() {
            if let Some(gone) = self.twin_relation(&id) {
                self.remove(ItemKind::Relation, &gone);
            }
        }
    }

    /// A changed span and one that says the same: which of them stays, and which of them goes.
    fn twin_spans(&self, id: &AnnotationId) -> Option<(AnnotationId, AnnotationId)> {
        let own = self.entity(id).filter(|own| own.status.stands())?;
        let same =
            |it: &&Entity| it.id != own.id && it.label == own.label && it.spans == own.spans && it.status != Status::Rejected;
        let others = self.document().entities.keys().filter_map(|id| self.entity(id));
        let twin = others.filter(same).min_by_key(|it| self.may_go(&it.id))?;
        [(own, twin), (twin, own)]
            .into_iter()
            .find(|(kept, gone)| kept.status.stands() && self.may_go(&gone.id))
            .map(|(kept, gone)| (kept.id.clone(), gone.id.clone()))
    }

    /// The one of two relations, a changed one and one that says the same, that goes.
    fn twin_relation(&self, id: &AnnotationId) -> Option<AnnotationId> {
        let own = self.relation(id).filter(|own| own.status.stands())?;
        let says = |it: &Relation| (it.subject.clone(), it.object.clone(), it.role.clone());
        let mut others = self.document().relations.keys().filter_map(|id| self.relation(id));
        let twin = others.find(|it| it.id != own.id && it.status != Status::Rejected && says(it) == says(own))?;
        let gone =
            if self.may_go(&twin.id) { twin } else { Some(own).filter(|own| self.may_go(&own.id) && twin.status.stands())? };
        Some(gone.id.clone())
    }

    /// Whether nobody had decided on it, and nothing else speaks of it.
    fn may_go(&self, id: &AnnotationId) -> bool {
        let document = self.document();
        let entity = document.entities.get(id).map(|it| it.status);
        let before = entity.or_else(|| document.relations.get(id).map(|it| it.status));
        before == Some(Status::Proposed) && !spoken_of(document).contains(id)
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
