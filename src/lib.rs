//! rolecall: review what a model found in biomedical abstracts.
//!
//! A curator opens a folder of abstracts; a model marks trigger spans and thematic roles in the background; the curator accepts,
//! corrects, adds and rejects from the keyboard; corrected standoff files come out. The same engine runs without a screen.
//!
//! # Rooms
//! In the order in which they may know each other (`tests/architecture.rs` holds it):
//!
//! ```text
//! text ← document ← formats
//!             ↑  ← nlp ← model ← pipeline ← worker ┐
//!             ↑               └── train ────────────┤
//!             ↑ ← evaluate ←────┘                   ├← tui ← cli
//!             └────────────── review ←──────────────┘
//! ```
//!
//! # Threads
//! An input thread, a worker thread that owns the model, and the main loop, which alone holds the state. They speak over
//! channels in enums; no document and no model is shared under a lock.
//!
//! # Words
//! One word for one thing, in code, keys, help, command line and files:
//!
//! | word | what it means |
//! | --- | --- |
//! | document | a text with its annotations |
//! | offset | a position in a document, in Unicode code points from its start |
//! | span | a half-open range of offsets, never empty |
//! | entity | a typed trigger span, one or more fragments (`T`) |
//! | relation | a thematic role between two entities, subject → object (`R`) |
//! | role | what a relation says: `ThemeOf`, `CauseOf` |
//! | subject, object | the argument and the trigger of a relation: `Arg1`, `Arg2` |
//! | label | the name of a type or role |
//! | schema | the types, the roles, and which role is legal between which types |
//! | given | was in the file that was opened |
//! | proposed | made by a model, not decided yet |
//! | accepted, corrected, rejected | decided by a person: as it is, after a change, not at all |
//! | stands | accepted or corrected: goes into a result file |
//! | verdict | accepting or rejecting |
//! | transaction | a change of a document as a value, with its inverse |
//! | journal | the file of all changes: undo history, autosave and audit trail |
//! | queue | the undecided items in reading order |
//! | merge | taking a model's prediction in without touching what a person decided |
//! | disagreement | what annotators whose work was merged say of one place |
//! | finding | something to be said of a file, with line and column |
//! | word | what bears a tag: a run of letters or of digits, or one punctuation mark |
//! | piece | what the encoder reads: a word or a part of one |
//! | window | a stretch of words that the encoder reads at once |
//! | tag | B, I or O with a type; E and S too where the scheme is BIOES |
//! | emission, transition | the CRF's score of a tag at a word, and of a tag behind another |
//! | state | what the encoder knows of a word |
//! | context | how much of the text a word is read with |
//! | relevance | whether a sentence carries any annotation, as a tagger may learn it beside the tags |
//! | mention | a span in words, as the relation model sees it |
//! | confidence | the model's probability that an annotation is right |

pub mod cli;
pub mod document;
pub mod evaluate;
pub mod formats;
pub mod model;
pub mod nlp;
pub mod pipeline;
pub mod review;
pub mod text;
pub mod train;
pub mod tui;
pub mod worker;
