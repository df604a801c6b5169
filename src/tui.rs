//! The review on a terminal: state, keys, views. The only room that knows ratatui and crossterm.
//!
//! `update` changes the state and says what is to be done; `draw` shows the state and changes nothing; `run` holds the
//! loop that carries effects out. What an annotation is and what a verdict does live in `review`, not here.

pub mod action;
pub mod chord;
pub mod glyph;
pub mod keymap;
pub mod svg;
pub mod theme;
pub mod wrap;
