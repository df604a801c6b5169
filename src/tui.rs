//! The review on a terminal: state, keys, views. The only room that knows ratatui and crossterm.
//!
//! `update` changes the state and says what is to be done; `draw` shows the state and changes nothing; `run` holds the
//! loop that carries effects out. What an annotation is and what a verdict does live in `review`, not here.

pub mod action;
mod advice;
pub mod app;
mod backlog;
pub mod chord;
pub mod event;
pub mod glyph;
mod inbox;
pub mod keymap;
pub mod line;
pub mod mode;
mod panel;
mod results;
pub mod run;
mod screenshot;
pub mod svg;
mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod wrap;

#[cfg(test)]
mod tests;

pub use app::{App, Segmenter};
pub use event::{AppEvent, Effect};
pub use keymap::{Keymap, KeymapError};
pub use run::{Export, Load, RunError, Setup, run};
pub use screenshot::{Shot, screencast, screenshot};
pub use theme::{Background, Depth, Theme, ThemeError};
pub use update::update;
pub use view::{Layout, draw};
