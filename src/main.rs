//! The rolecall binary: all it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::var_os("CANDLE_NUM_THREADS").is_none() {
        // candle shares element-wise work out to threads that wait by spinning, on the cores that the matrix products need:
        // measured in training, they cost more than they bring.
        // SAFETY: no other thread has been started yet.
        unsafe { std::env::set_var("CANDLE_NUM_THREADS", "1") };
    }
    rolecall::cli::main()
}
