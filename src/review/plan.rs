//! From a command to the transaction that carries it out. Each function looks, decides and returns a plan; nothing is changed here.

mod decision;
mod draft;
mod fragments;
mod marks;
mod relation;
mod span;
mod twins;
mod verdict;

pub use marks::note_on;

use super::{Command, CommandError, History, IdMint, RecordKind, Segmentation, SessionDocument};
use crate::document::{AnnotationId, Document, Operation, Schema, Transaction};
use draft::Draft;

/// What a planner sees.
pub(super) struct Desk<'a> {
    document: &'a Document,
    schema: &'a Schema,
    segmentation: &'a Segmentation,
    mint: IdMint,
    parent: Option<u64>,
}

/// What shall be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) kind: RecordKind,
    pub(super) parent: Option<u64>,
    pub(super) transaction: Transaction,
    pub(super) changed: Vec<AnnotationId>,
    pub(super) message: String,
}

impl<'a> Desk<'a> {
    pub(super) fn new(open: &'a SessionDocument, schema: &'a Schema) -> Self {
        Self {
            document: open.document(),
            schema,
            segmentation: open.segmentation(),
            mint: open.mint(),
            parent: open.history().current(),
        }
    }
}

/// Plans every command but undo and redo.
pub(super) fn plan(desk: &mut Desk<'_>, command: Command) -> Result<Plan, CommandError> {
    let draft = match command {
        Command::Accept(id) => verdict::accept(desk, &id),
        Command::Reject(id) => verdict::reject(desk, &id),
        Command::AcceptAll { ids } => verdict::accept_all(desk, &ids),
        Command::RejectAll { ids } => verdict::reject_all(desk, &ids),
        Command::AddFragment { id, span } => fragments::add(desk, &id, span),
        Command::Join { id, other } => fragments::join(desk, &id, &other),
        Command::Split { id } => fragments::split(desk, &id),
        Command::Decide(decision) => decision::decide(desk, decision),
        Command::Withdraw => verdict::withdraw(desk),
        Command::Delete { id } => verdict::delete(desk, &id),
        Command::Retype { id, label } => span::retype(desk, &id, label),
        Command::MoveEdge { id, edge, outwards, by } => span::move_edge(desk, &id, edge, outwards, by),
        Command::AddEntity { span, label } => span::add(desk, &[span], label),
        Command::AddEntities { spans, label } => span::add(desk, &spans, label),
        Command::AddRelation { subject, object, role } => relation::add(desk, subject, object, role),
        Command::SwapRole { id } => relation::swap_role(desk, &id),
        Command::Flip { id } => relation::flip(desk, &id),
        Command::Retarget { id, end, to } => relation::retarget(desk, &id, end, to),
        Command::SetNote { target, text } => marks::set_note(desk, &target, &text),
        Command::Flag => marks::flag(desk),
        Command::SetStatus(status) => marks::set_status(desk, status),
        Command::Remark(text) => marks::remark(desk, text),
        Command::Undo | Command::Redo => Err(CommandError::NoChange("undo and redo are planned by the history".to_owned())),
    }?;
    Ok(draft.finish(desk.parent))
}

/// Plans to take the last step back.
pub(super) fn undo(history: &History, document: &Document) -> Result<Plan, CommandError> {
    let (number, transaction) = history.undo_plan(document).ok_or(CommandError::NothingToUndo)?;
    let step = history.path().last().map(|step| step.summary(document));
    Ok(step_plan(RecordKind::Undo, number, transaction, format!("undone: {}", step.unwrap_or_default())))
}

/// Plans to do the step again that was taken back last.
pub(super) fn redo(history: &History, document: &Document) -> Result<Plan, CommandError> {
    let (number, transaction) = history.redo_plan(document).ok_or(CommandError::NothingToRedo)?;
    let step = history.undone().first().map(|step| step.summary(document));
    Ok(step_plan(RecordKind::Redo, number, transaction, format!("redone: {}", step.unwrap_or_default())))
}

fn step_plan(kind: RecordKind, number: u64, transaction: Transaction, message: String) -> Plan {
    let mut changed = Vec::new();
    for operation in &transaction.operations {
        let id = match operation {
            Operation::Insert { item, .. } | Operation::Replace(item) => item.id(),
            Operation::Remove { id, .. } => id,
            Operation::Marks(_) => continue,
        };
        if !changed.contains(id) {
            changed.push(id.clone());
        }
    }
    Plan { kind, parent: Some(number), transaction, changed, message }
}

#[cfg(test)]
mod tests;
