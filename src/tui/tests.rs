//! Tests of the room as a whole: what the screen looks like, what keys do, and that nothing crashes it.

mod compare;
mod desk;
mod fixture;
mod keys;
mod looks;
mod model;
mod readme;
mod robust;
mod run;
mod styled;
mod ticks;
