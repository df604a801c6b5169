//! A peer: a program that is kept running and answers each line with a line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running peer.
pub struct Peer {
    /// What it says it is.
    pub name: String,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a script of `peer/` by the Python that `PEER_PYTHON` names; `None` when it names none, or one without the modules that
    /// the script needs, which is said.
    pub fn start(script: &str, modules: &str, argument: &Path, threads: usize) -> Option<Self> {
        let python = std::env::var_os("PEER_PYTHON")?;
        let has_modules = Command::new(&python).args(["-c", &format!("import {modules}")]).stderr(Stdio::null()).status();
        if !has_modules.is_ok_and(|status| status.success()) {
            println!("PEER_PYTHON can't import {modules}");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benches/peer").join(script);
        let mut command = Command::new(python);
        command.arg(script).arg(argument).args(["--threads", &threads.to_string()]);
        Some(Self::run(command))
    }

    /// Starts a program.
    pub fn run(mut command: Command) -> Self {
        // Its libraries warn on standard error about what is not of interest here.
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut peer = Self { name: String::new(), child, input, output };
        peer.name = peer.answer();
        peer
    }

    /// Its answer to a line.
    pub fn ask(&mut self, question: &str) -> String {
        writeln!(self.input, "{question}").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the peer stopped");
        line.trim_end().to_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
