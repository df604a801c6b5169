//! Several documents read together: short ones share passes of the encoder.

use super::{AnnotateError, Times};
use crate::document::Document;
use crate::model::ensemble::MemberReading;
use crate::model::folder::{Model, Prepared};
use crate::model::input::Encoded;
use crate::model::tagger::WordStates;
use std::time::Instant;

/// Pieces from which on a pass of the encoder takes no further window: enough to use the weights well while they are in the cache.
const PASS: usize = 256;

/// Reads several documents with one model; short ones share passes of the encoder.
pub(super) fn read_all(model: &Model, documents: &[&Document], times: &mut Times) -> Vec<Result<MemberReading, AnnotateError>> {
    let clock = Instant::now();
    let prepared: Vec<Result<Prepared, AnnotateError>> =
        documents.iter().map(|document| Ok(model.prepare(&document.text)?)).collect();
    times.preparing += clock.elapsed();
    let clock = Instant::now();
    let mut states = vec![Ok(WordStates::default()); documents.len()];
    for pass in passes(&prepared) {
        times.pieces += pass.iter().map(|window| window.encoded.packed.ids.len()).sum::<usize>();
        run_pass(model, &pass, &mut states);
    }
    times.encoding += clock.elapsed();
    let read = prepared.into_iter().zip(states);
    read.map(|(prepared, states)| Ok(MemberReading { prepared: prepared?, states: states? })).collect()
}

/// Encodes windows together and deals the states out to their documents.
fn run_pass(model: &Model, pass: &[Window], states: &mut [Result<WordStates, AnnotateError>]) {
    let joined = Encoded::join(&pass.iter().map(|window| &window.encoded).collect::<Vec<_>>());
    let all = match model.engine().run(&joined) {
        Ok(all) => all,
        Err(error) => {
            let failed = AnnotateError::from(error);
            pass.iter().for_each(|window| states[window.document] = Err(failed.clone()));
            return;
        }
    };
    let words = joined.words().max(1);
    let (width, tags) = (all.states.len() / words, all.emissions.len() / words);
    let mut first = 0;
    for window in pass {
        let behind = first + window.encoded.words();
        if let Ok(states) = &mut states[window.document] {
            states.states.extend_from_slice(&all.states[first * width..behind * width]);
            states.emissions.extend_from_slice(&all.emissions[first * tags..behind * tags]);
        }
        first = behind;
    }
}

/// A window of one of several documents.
struct Window {
    document: usize,
    encoded: Encoded,
}

/// Divides the windows of documents into passes.
fn passes(prepared: &[Result<Prepared, AnnotateError>]) -> Vec<Vec<Window>> {
    let mut passes: Vec<Vec<Window>> = Vec::new();
    let mut room = 0;
    for (document, prepared) in prepared.iter().enumerate() {
        let Ok(prepared) = prepared else { continue };
        for encoded in prepared.encoded.windows() {
            if room == 0 {
                passes.push(Vec::new());
                room = PASS;
            }
            room = room.saturating_sub(encoded.packed.ids.len());
            if let Some(pass) = passes.last_mut() {
                pass.push(Window { document, encoded });
            }
        }
    }
    passes
}
