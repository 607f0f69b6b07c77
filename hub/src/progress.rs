//! One line on the terminal that says what is being done; nothing at all in a pipe.

use std::io::{self, IsTerminal, Write};

/// Where a long job says how far it is.
pub struct Progress {
    on_terminal: bool,
}

impl Progress {
    /// Says it on standard error if a person is there to read it.
    pub fn to_stderr() -> Self {
        Self { on_terminal: io::stderr().is_terminal() }
    }

    /// Replaces the line.
    pub fn say(&self, doing: &str) {
        if self.on_terminal {
            // A terminal that went away is no reason to stop.
            let _ = write!(io::stderr(), "\r\x1b[K{doing}");
        }
    }
}

impl Drop for Progress {
    /// Leaves an empty line for what comes next.
    fn drop(&mut self) {
        self.say("");
    }
}
