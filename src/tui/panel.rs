//! Which relations stand in the panel, and by which number.

use super::app::App;
use crate::document::{AnnotationId, Entity, Relation};

/// The relations of a span, or all, in reading order.
pub(super) fn listed<'a>(app: &'a App, centre: Option<&Entity>) -> Vec<&'a Relation> {
    let document = app.document();
    let mut relations: Vec<&Relation> = document
        .relations
        .values()
        .filter(|relation| centre.is_none_or(|centre| relation.subject == centre.id || relation.object == centre.id))
        .filter(|relation| app.is_shown(&relation.id))
        .collect();
    let start = |id: &AnnotationId| document.entities.get(id).map(Entity::hull);
    relations.sort_by_key(|relation| (start(&relation.object).max(start(&relation.subject)), start(&relation.subject)));
    relations
}

/// The span whose relations the panel lists; `None` when it lists all.
pub(super) fn centre(app: &App) -> Option<&Entity> {
    if app.all_relations { None } else { app.panel_entity() }
}

/// The relation that bears this number in the panel, from 1.
pub(super) fn numbered(app: &App, number: u32) -> Option<&Relation> {
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    listed(app, centre(app)).into_iter().nth(at)
}
