//! `rolecall screenshot`, hidden: the picture in the README, made by the program itself.

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::session::{self, Resumed};
use super::{demo, input, model};
use crate::formats::{Format, WriteOptions};
use crate::model::engine::Precision;
use crate::nlp::{WordSplit, sentences, words};
use crate::pipeline::Annotator;
use crate::review::Exported;
use crate::tui::chord::Chord;
use crate::tui::{Keymap, Shot, screencast, screenshot};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// What the clock of the picture shows, in seconds after midnight, so that the same review always gives the same picture.
const CLOCK: u64 = 12 * 3600 + 3 * 60 + 11;

/// How long each frame of a recording is seen.
const SECONDS: f32 = 1.4;

/// Draw the review of the demo abstracts into an SVG file.
#[derive(Debug, clap::Args)]
pub(super) struct Screenshot {
    /// The file to write.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Keys that are pressed before, with blanks between them.
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    keys: String,
    /// Columns of the screen.
    #[arg(long, default_value_t = 120)]
    columns: u16,
    /// Rows of the screen.
    #[arg(long, default_value_t = 36)]
    rows: u16,
    /// Record the screen after each key, into a picture that moves.
    #[arg(long)]
    moving: bool,
    /// Draw without a model.
    #[arg(long)]
    no_model: bool,
    /// Folder of the model to use instead of the built-in one.
    #[arg(long, value_name = "DIR", conflicts_with = "no_model")]
    model: Option<PathBuf>,
}

impl Screenshot {
    pub(super) fn run(self) -> Outcome {
        let keys = self.keys.split_whitespace().map(str::parse).collect::<Result<Vec<Chord>, _>>();
        let keys = keys.map_err(|unknown| Failure::new(Exit::Usage, unknown))?;
        let folder = tempfile::tempdir().or_fail(Exit::Io, "The demo abstracts can't be unpacked")?;
        demo::unpack_into(folder.path()).or_fail(Exit::Io, "The demo abstracts can't be unpacked")?;
        let Resumed { session, .. } = session::resume(input::load(&[folder.path().to_path_buf()])?, &[])?;
        let assistant = (!self.no_model).then(|| model::assistant(self.model.as_deref(), Precision::default())).transpose()?;
        let results = folder.path().to_path_buf();
        let shot = Shot {
            session,
            keymap: Keymap::built_in().or_fail(Exit::Usage, "The keys clash")?,
            sentences,
            words: |text| words(text, WordSplit::default()),
            annotator: assistant.as_ref().map(|assistant| assistant as &dyn Annotator),
            keys,
            size: (self.columns, self.rows),
            now: SystemTime::UNIX_EPOCH + Duration::from_secs(CLOCK),
            export: Box::new(move |session, index, now| {
                let written = session.export(index, Format::Brat, &results, &WriteOptions::default(), now);
                // The picture is to be the same whatever the temporary folder is called.
                let bare = |path: PathBuf| path.file_name().map_or_else(PathBuf::new, PathBuf::from);
                let named = |done: Exported| Exported { paths: done.paths.into_iter().map(bare).collect(), ..done };
                written.map(named).map_err(|error| error.to_string())
            }),
        };
        let picture = if self.moving { screencast(shot, SECONDS) } else { screenshot(shot) };
        std::fs::write(&self.file, picture).or_fail(Exit::Io, format!("{} can't be written", self.file.display()))?;
        Ok(Exit::Fine)
    }
}
