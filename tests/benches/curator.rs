//! How many keys a review costs: a curator who makes no mistakes brings each document to its gold annotations by pressing keys, and
//! takes the shortest way that they find. Every key goes through the program's own key handling; what stands in the end is compared.
//!
//! `cargo bench --bench curator`; the last line is `result: keys_with=… keys_without=… ratio=…`, in keys per document.
//!
//! Gold comes from the folder in `ROLECALL_CURATOR_GOLD`, in any format that is read, and the model from the folder in
//! `ROLECALL_CURATOR_MODEL`: one that was not trained on these documents. Without them it is the demo abstracts with gold written for
//! this bench, and the built-in model. The model answers between any two keys, as if its thread were always idle by then.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench ends when it can't go on"
)]

#[path = "curator/goal.rs"]
mod goal;
#[path = "curator/material.rs"]
mod material;
#[path = "curator/mouse.rs"]
mod mouse;
#[path = "curator/moves.rs"]
mod moves;
#[path = "curator/player.rs"]
mod player;

use goal::Goal;
use material::Case;
use player::{Player, Tally};
use rolecall::pipeline::{CancelToken, Silent, apply};
use std::rc::Rc;

fn main() {
    let cases = material::cases();
    let (mut with, mut without) = (Tally::default(), Tally::default());
    let (mut spans, mut relations) = (0, 0);
    let mut brat = mouse::Steps::default();
    let model = material::model();
    for Case { text, gold } in &cases {
        let goal = Goal::new(gold);
        spans += goal.spans.len();
        relations += goal.relations.len();
        let mut proposals = text.clone();
        apply(&mut proposals, &model.annotate(text, &mut Silent, &CancelToken::default()).unwrap());
        brat += mouse::steps(&goal, &proposals);
        with += Player::new(text, Some(Rc::clone(&model))).reach(&goal);
        without += Player::new(text, None).reach(&goal);
    }
    let per = |count: usize| count as f64 / cases.len() as f64;
    println!("{} documents: {:.1} spans and {:.1} relations each in gold", cases.len(), per(spans), per(relations));
    for (name, tally) in [("with proposals", &with), ("without", &without)] {
        println!("{name}: {:.1} keys a document", per(tally.keys()));
        for (what, keys, times) in tally.rows() {
            println!(
                "  {what:<20} {:>7.1} keys a document, {times} times, {:.2} keys each",
                per(keys),
                keys as f64 / times.max(1) as f64
            );
        }
    }
    println!("the same edits with a mouse, in clicks, drags and keys by the documented steps, a document:");
    for (what, steps) in brat.rows() {
        println!("  {what:<44} {:>7.1}", per(steps));
    }
    let (with, without) = (per(with.keys()), per(without.keys()));
    println!("result: keys_with={with:.1} keys_without={without:.1} ratio={:.3}", with / without);
}
