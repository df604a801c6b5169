//! The real binary in a pseudo-terminal: keys in, a screen out. Every wait is for a text or an exit and ends with the screen in its
//! message when the time is over.

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a text or an exit may take. Long, because builders of pull requests are slow; nothing waits for it in vain.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came out of the terminal so far.
struct Output {
    parser: vt100::Parser,
    /// All bytes, for what a screen does not tell.
    raw: Vec<u8>,
    /// The program closed its side.
    closed: bool,
}

/// A program in a terminal of its own. Dropping it kills the program.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Arc<(Mutex<Output>, Condvar)>,
    // Held so that the terminal lives as long as the program.
    master: Box<dyn MasterPty + Send>,
    settings_before: String,
}

impl Terminal {
    /// Starts the rolecall binary with these arguments. State and configuration of the user who runs the tests are kept out: they
    /// are looked for in `home`.
    pub fn start(home: &Path, columns: u16, rows: u16, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::start_program(env!("CARGO_BIN_EXE_rolecall"), home, columns, rows, arguments)
    }

    /// The same with another program.
    pub fn start_program(
        program: &str,
        home: &Path,
        columns: u16,
        rows: u16,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(home);
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("COLORTERM", "truecolor")] {
            command.env(name, value);
        }
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(name, home);
        }
        command.env_remove("NO_COLOR");
        let settings_before = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        let parser = vt100::Parser::new(rows, columns, 0);
        let output = Arc::new((Mutex::new(Output { parser, raw: Vec::new(), closed: false }), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&output);
        thread::spawn(move || listen(&mut reader, &shared));
        Self { child, keyboard: pair.master.take_writer().unwrap(), output, master: pair.master, settings_before }
    }

    /// The number of the process.
    pub fn process_id(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// Sends keys as a terminal would.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until the text stands on the screen, anywhere in one line.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |screen| screen.contents().contains(text));
    }

    /// Waits until the text is gone from the screen.
    pub fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("{text:?} to be gone"), |screen| !screen.contents().contains(text));
    }

    /// Waits until the screen is as asked.
    pub fn wait_until(&self, what: &str, reached: impl Fn(&vt100::Screen) -> bool) {
        let output = self.wait(what, |output| output.closed || reached(output.parser.screen()));
        assert!(reached(output.parser.screen()), "the program ended before {what}; its screen:\n{}", picture(&output));
    }

    /// Waits until the program ended by itself, and gives its exit code.
    pub fn wait_exit(&mut self) -> u32 {
        drop(self.wait("the program to end", |output| output.closed));
        self.status().exit_code()
    }

    /// Ends the program as a power failure would: it gets no chance to do anything.
    pub fn kill_hard(&mut self) {
        // The kill of the library sends a hang-up first, which a program may use to save what it has.
        let id = self.process_id();
        let killed = Command::new("sh").args(["-c", &format!("kill -9 {id}")]).status().unwrap();
        assert!(killed.success());
        drop(self.wait("the killed program to be gone", |output| output.closed));
        self.status();
    }

    /// Sends the program a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.process_id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().unwrap();
        assert!(sent.success());
    }

    /// Wipes the screen as another program would.
    pub fn forget_screen(&self) {
        let mut output = self.lock();
        let (rows, columns) = output.parser.screen().size();
        output.parser = vt100::Parser::new(rows, columns, 0);
    }

    /// Makes the terminal another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.lock().parser.screen_mut().set_size(rows, columns);
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.lock().parser.screen().contents()
    }

    /// What of the terminal is not as a shell expects it, by name: empty before the start and after the end.
    pub fn left_changed(&self) -> Vec<&'static str> {
        let output = self.lock();
        let screen = output.parser.screen();
        let modes = [
            (screen.alternate_screen(), "alternate screen"),
            (screen.hide_cursor(), "hidden cursor"),
            (screen.bracketed_paste(), "bracketed paste"),
            (screen.application_keypad() || screen.application_cursor(), "application keys"),
            (screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "mouse"),
        ];
        modes.into_iter().filter_map(|(on, name)| on.then_some(name)).collect()
    }

    /// The settings of the kernel's side of the terminal: echo, line editing and so on.
    pub fn settings(&self) -> String {
        format!("{:?}", self.master.get_termios())
    }

    /// Whether those settings are as they were before the start.
    pub fn settings_restored(&self) -> bool {
        self.settings() == self.settings_before
    }

    fn status(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    fn lock(&self) -> MutexGuard<'_, Output> {
        locked(&self.output)
    }

    fn wait(&self, what: &str, reached: impl Fn(&Output) -> bool) -> MutexGuard<'_, Output> {
        let start = Instant::now();
        let mut output = self.lock();
        while !reached(&output) {
            let Some(left) = PATIENCE.checked_sub(start.elapsed()) else {
                panic!("waited in vain for {what}; the screen:\n{}", picture(&output));
            };
            output = self.output.1.wait_timeout(output, left).unwrap().0;
        }
        output
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Most tests end the program before; the others must not leave it behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A wait in vain panics while it holds the lock; that must not hide its message behind others.
fn locked(shared: &(Mutex<Output>, Condvar)) -> MutexGuard<'_, Output> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(reader: &mut dyn Read, shared: &(Mutex<Output>, Condvar)) {
    let mut buffer = [0; 8192];
    // On Linux the end of the program is an error (EIO), elsewhere the end of the file.
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        let mut output = locked(shared);
        output.parser.process(&buffer[..count]);
        output.raw.extend(&buffer[..count]);
        shared.1.notify_all();
    }
    locked(shared).closed = true;
    shared.1.notify_all();
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn picture(output: &Output) -> String {
    let screen = output.parser.screen();
    let (_, columns) = screen.size();
    screen.rows(0, columns).map(|row| format!("  |{row}\n")).collect()
}
