//! JSON as its readers take it: values that are read where they stand in the source, without a tree of all that stands around them.
//!
//! What is as it should be is read straight into its shape ([`Object`]), and [`Strict`] values refuse what such a reading would lose:
//! keys that are given twice. Only an item that can't be read so is taken apart as a tree, with all that is to be said of it.

mod doubled;
mod fault;
mod kept;
mod kind;
mod object;
mod place;
mod said;
mod strict;
mod walk;

pub(super) use doubled::{doubled, given_twice};
pub(super) use fault::{Fault, fault};
pub(super) use kept::{besides, fits, give_back};
pub(super) use kind::{Kind, kind};
pub(super) use object::{Fields, Object, Word, insert, keep, once};
pub(super) use place::{BEGINNING, Counter, Step, behind_text, find};
pub(super) use said::Said;
pub(super) use strict::{Strict, strict_map};
pub(super) use walk::{elements, first, members, skip, trim_start};
