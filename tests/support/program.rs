//! Runs the real program, and never waits for it without end.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Longer than any run of these tests takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// The program with these arguments, in this workspace, with nothing from our own environment
/// that could change what it does.
pub(crate) fn hikyaku(workspace: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hikyaku"));
    command.arg("-C").arg(workspace).args(arguments);
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("HIKYAKU_") {
            command.env_remove(key);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(workspace: &Path, arguments: &[&str]) -> Ended {
    end(hikyaku(workspace, arguments))
}

/// Runs a command to its end.
pub(crate) fn end(command: Command) -> Ended {
    Running::start(command).wait(LIMIT)
}

/// A run that goes on beside the test.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    stderr: Receiver<String>,
    seen: String,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let (to_lines, lines) = channel();
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let text = String::from_utf8_lossy(&line).into_owned();
                line.clear();
                if to_lines.send(text).is_err() {
                    return;
                }
            }
        });
        let (to_stderr, stderr) = channel();
        thread::spawn(move || {
            let mut text = Vec::new();
            drop(errors.read_to_end(&mut text));
            drop(to_stderr.send(String::from_utf8_lossy(&text).into_owned()));
        });
        Self {
            child,
            lines,
            stderr,
            seen: String::new(),
        }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by name, as in `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.pid().to_string());
        assert!(kill.status().unwrap().success());
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for a line of its output that holds `text`.
    pub(crate) fn wait_for_line(&mut self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => {
                    self.seen.push_str(&line);
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(end) => panic!("no line with {text:?} ({end}) in:\n{}", self.seen),
            }
        }
    }

    /// SIGKILL, which no process can answer.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end; one that does not come within `limit` fails the test.
    pub(crate) fn wait(mut self, limit: Duration) -> Ended {
        loop {
            match self.lines.recv_timeout(limit) {
                Ok(line) => self.seen.push_str(&line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => self.give_up(limit),
            }
        }
        let Ok(stderr) = self.stderr.recv_timeout(limit) else {
            self.give_up(limit);
        };
        Ended {
            code: self.child.wait().unwrap().code(),
            stdout: self.seen,
            stderr,
        }
    }

    /// Stops reading its output, and waits for its end.
    pub(crate) fn wait_unheard(self) -> Option<i32> {
        let Self {
            mut child,
            lines,
            stderr,
            ..
        } = self;
        // The thread that reads gives up at the next line, and closes the pipe.
        drop(lines);
        let ended = stderr.recv_timeout(LIMIT);
        if ended.is_err() {
            child.kill().unwrap();
        }
        child.wait().unwrap().code()
    }

    fn give_up(&mut self, limit: Duration) -> ! {
        drop(self.child.kill());
        let stderr = self.stderr.recv_timeout(LIMIT).unwrap_or_default();
        panic!(
            "nothing for {limit:?}; output:\n{}\nerrors:\n{stderr}",
            self.seen
        );
    }
}
