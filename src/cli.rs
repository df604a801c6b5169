//! The command line: one file per subcommand, one module that prints.
//!
//! Exit codes: 0 fine, 1 findings or failed documents, 2 usage, 3 model, 4 files.

mod agree;
mod calibrate;
mod console;
mod convert;
mod corpus;
mod demo;
mod diff;
mod evaluate;
mod exit;
mod export;
mod input;
mod interrupt;
mod keymap;
mod merge;
mod model;
mod pair;
mod picture;
mod predict;
mod review;
mod schema;
mod screenshot;
mod session;
mod settings;
mod stats;
mod threads;
mod threshold;
mod train;
mod unwritten;
mod validate;

use clap::{Parser, Subcommand};
use exit::{Exit, Outcome};
use std::process::ExitCode;

/// Review what a language model found in biomedical abstracts: trigger spans and the thematic roles between them.
///
/// Without a subcommand, the review opens on the given folders and files, or on five demo abstracts when there are none.
/// A folder that is called like a subcommand is written with its path: `rolecall ./predict`.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    review: review::Review,
}

const EXAMPLES: &str = "\
Examples:
  rolecall                                  Try it on the demo abstracts.
  rolecall abstracts/                       Review a folder of .txt, .ann and .json files.
  rolecall predict abstracts/ --out found/  Write what the model finds, without a screen.
  rolecall evaluate --gold gold/ --pred found/

Exit codes: 0 all fine, 1 findings or failed documents, 2 wrong usage, 3 no usable model, 4 files that can't be read or written.";

#[derive(Debug, Subcommand)]
enum Command {
    Review(review::Review),
    Predict(predict::Predict),
    Export(export::Export),
    Convert(convert::Convert),
    Evaluate(evaluate::Evaluate),
    Agree(agree::Agree),
    Diff(diff::Diff),
    Merge(merge::Merge),
    Train(train::Train),
    Calibrate(calibrate::Calibrate),
    Validate(validate::Validate),
    Corpus(corpus::Corpus),
    Keymap(keymap::Print),
    Stats(stats::Tell),
    #[command(hide = true)]
    Screenshot(screenshot::Screenshot),
}

/// Runs the program on the arguments of the process and returns its exit code.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let exit = run(arguments).unwrap_or_else(|failure| {
        console::error(&failure.sentence());
        failure.exit
    });
    match console::output_failure() {
        Some(error) => {
            console::error(&format!("Standard output can't be written: {error}."));
            Exit::Io.into()
        }
        None => exit.into(),
    }
}

fn run(arguments: Arguments) -> Outcome {
    match arguments.command {
        None => arguments.review.run(),
        Some(Command::Review(command)) => command.run(),
        Some(Command::Predict(command)) => command.run(),
        Some(Command::Export(command)) => command.run(),
        Some(Command::Convert(command)) => command.run(),
        Some(Command::Screenshot(command)) => command.run(),
        Some(Command::Evaluate(command)) => command.run(),
        Some(Command::Agree(command)) => command.run(),
        Some(Command::Diff(command)) => command.run(),
        Some(Command::Merge(command)) => command.run(),
        Some(Command::Corpus(command)) => command.run(),
        Some(Command::Keymap(command)) => command.run(),
        Some(Command::Stats(command)) => command.run(),
        Some(Command::Validate(command)) => command.run(),
        Some(Command::Train(command)) => command.run(),
        Some(Command::Calibrate(command)) => command.run(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_sound_and_every_subcommand_says_in_a_sentence_what_it_does() {
        let mut command = Arguments::command();
        command.clone().debug_assert();
        command.build();
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.contains(' '), "{} has no help", sub.get_name());
            for argument in sub.get_arguments().filter(|argument| !["help", "version"].contains(&argument.get_id().as_str())) {
                assert!(argument.get_help().is_some(), "{} {} has no help", sub.get_name(), argument.get_id());
            }
        }
    }
}
