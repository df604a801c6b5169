//! Many decisions in one step.

use super::verdict::{accept_into, ends_can_stand, reject_into};
use super::{Desk, Draft, relation, span};
use crate::review::{CommandError, Decision, Filter, queue};

pub(super) fn decide<'a>(desk: &mut Desk<'a>, decision: Decision) -> Result<Draft<'a>, CommandError> {
    let mut draft = Draft::new(desk.document);
    let undecided = |id: &_| queue::is_undecided(desk.document, id, &Filter::everything());
    for id in decision.reject.iter().filter(|id| undecided(id)) {
        reject_into(&mut draft, desk.document, id);
    }
    let rejected = draft.len();
    for id in decision.accept.iter().filter(|id| undecided(id) && ends_can_stand(desk.document, id)) {
        accept_into(&mut draft, id)?;
    }
    let accepted = draft.len() - rejected;
    for (place, label) in decision.spans {
        span::add_into(desk, &mut draft, place, &label)?;
    }
    for (subject, role, object) in decision.relations {
        relation::add_into(desk, &mut draft, (subject, role, object))?;
    }
    let added = draft.len() - rejected - accepted;
    let parts = [(accepted, "accepted"), (rejected, "rejected"), (added, "added")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what} {count}")).collect();
    if parts.is_empty() {
        return Err(CommandError::NoChange("nothing here was to be decided".to_owned()));
    }
    Ok(draft.say(parts.join(", ")))
}
