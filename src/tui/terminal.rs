//! The terminal: taken over, given back whatever happens, and lent to the shell in between.

use super::chord::Chord;
use super::event::{AppEvent, Pointer};
use crossbeam_channel::Sender;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event, MouseButton, MouseEvent,
    MouseEventKind,
};
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue, terminal};
use ratatui::Frame;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};
use std::io::{self, BufWriter, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

/// Bytes of a frame that are sent at once.
const BUFFER: usize = 1 << 16;

/// The terminal while it is ours. Dropping it gives it back.
pub(super) struct Screen {
    terminal: ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over and sees to it that a panic gives it back before its message is printed.
    pub(super) fn enter() -> io::Result<Self> {
        take_over()?;
        give_back_on_panic();
        // From here on a change of size is noticed: it would be lost between the first frame and the first look at the input.
        let _ = crossterm::event::poll(Duration::ZERO);
        let backend = CrosstermBackend::new(BufWriter::with_capacity(BUFFER, io::stdout()));
        match ratatui::Terminal::new(backend) {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Draws one frame; the terminal shows it as a whole.
    pub(super) fn draw(&mut self, render: impl FnOnce(&mut Frame)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(render)?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.terminal.backend_mut().flush()
    }

    /// Gives the terminal back, stops the process until the shell continues it, and takes the terminal over again.
    #[cfg(unix)]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::raise(signal_hook::consts::SIGTSTP)?;
        self.take_back()
    }

    /// There is nothing to go back to on this system.
    #[cfg(not(unix))]
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes the terminal over again after the shell had it; the next frame is drawn as a whole.
    pub(super) fn take_back(&mut self) -> io::Result<()> {
        take_over()?;
        // `Terminal::clear` would ask the terminal where its cursor is, and the input thread would get the answer.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::from((Position::ORIGIN, size)))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
        if !thread::panicking() {
            // Back to the hook that prints.
            drop(panic::take_hook());
        }
    }
}

/// Whether the terminal is ours. Giving it back twice would move the cursor over a message that was printed in between.
static OURS: AtomicBool = AtomicBool::new(false);

fn take_over() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    OURS.store(true, Ordering::SeqCst);
    let entered = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableMouseCapture, cursor::Hide);
    if entered.is_err() {
        give_back();
    }
    entered
}

fn give_back() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    // A terminal that is gone can't be given back; there is nobody to tell either.
    let out = &mut io::stdout();
    let _ = execute!(out, EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = terminal::disable_raw_mode();
}

/// A panic of this thread gives the terminal back and is reported as usual. A panic of another thread prints nothing: the worker
/// catches its own and tells about it in the status line.
fn give_back_on_panic() {
    let ours = thread::current().id();
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ours {
            give_back();
            report(info);
        }
    }));
}

/// Reads the terminal on a thread of its own. The thread is never joined: it waits inside the system for a key that may not come,
/// and holds nothing that has to be put away.
pub(super) fn read_input(events: Sender<AppEvent>) -> io::Result<()> {
    thread::Builder::new().name("rolecall-input".to_owned()).spawn(move || {
        loop {
            let event = match crossterm::event::read() {
                Ok(Event::Key(key)) => Chord::from_event(key).map(|chord| AppEvent::Key(chord, SystemTime::now())),
                Ok(Event::Mouse(mouse)) => pointer(mouse).map(|it| AppEvent::Mouse(it, mouse.column, mouse.row)),
                Ok(Event::Paste(text)) => Some(AppEvent::Paste(text)),
                Ok(Event::Resize(..)) => Some(AppEvent::Resized),
                Ok(_) => None,
                Err(_) => Some(AppEvent::Terminated),
            };
            let ended = matches!(event, Some(AppEvent::Terminated));
            if event.is_some_and(|event| events.send(event).is_err()) || ended {
                break;
            }
        }
    })?;
    Ok(())
}

/// What of the mouse means something here.
fn pointer(mouse: MouseEvent) -> Option<Pointer> {
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Pointer::Down),
        MouseEventKind::Drag(MouseButton::Left) => Some(Pointer::Drag),
        MouseEventKind::ScrollDown => Some(Pointer::WheelDown),
        MouseEventKind::ScrollUp => Some(Pointer::WheelUp),
        _ => None,
    }
}

/// Turns the system's requests to end into events, so that the terminal is given back and the journal closed.
#[cfg(unix)]
pub(super) fn listen_for_signals(events: Sender<AppEvent>) -> io::Result<SignalGuard> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGCONT])?;
    let handle = signals.handle();
    thread::Builder::new().name("rolecall-signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            let event = if signal == SIGCONT { AppEvent::Continued } else { AppEvent::Terminated };
            if events.send(event).is_err() {
                break;
            }
        }
    })?;
    Ok(SignalGuard(handle))
}

/// Ends the thread that listens for signals when it is dropped.
#[cfg(unix)]
pub(super) struct SignalGuard(signal_hook::iterator::Handle);

#[cfg(unix)]
impl Drop for SignalGuard {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// This system asks nobody to end.
#[cfg(not(unix))]
pub(super) fn listen_for_signals(_events: Sender<AppEvent>) -> io::Result<()> {
    Ok(())
}
