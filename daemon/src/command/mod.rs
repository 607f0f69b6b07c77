//! The command line.
//!
//! Every command ends in an exit code: 0 done, 1 refused or failed with one line on stderr that says why, 2 for a
//! command line that can't be read.

mod arguments;
mod backup;
mod explain;
mod flush;
mod list;
mod lookup;
mod operator;
mod run;
mod setup;
mod status;
mod sync;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use self::arguments::{Arguments, Command};

/// What `luytre help` prints.
const HELP: &str = "\
luytre: keeps harmful content out of a family's home

  luytre run --config FILE                  answer DNS until stopped; SIGHUP reloads
  luytre check --config FILE                check configuration and family, print what is wrong
  luytre status [--json] --config FILE      what the running daemon did
  luytre health --config FILE               how the service is, as JSON that says nothing about anybody
  luytre pause --config FILE MINUTES        cut the whole house off the Internet for that long; 0 lifts it
  luytre flush --config FILE NAME...        make the running daemon forget its answers for a name
  luytre explain [--json] [--device IP] [--at TIME] --config FILE NAME [TYPE]
                                            what would be decided about a name, and why
  luytre sync [--once] --config FILE        fetch the list from the centre; without --once again and again
  luytre sync --ask --config FILE           make the running daemon look for a list, and for the operator's policy, now
  luytre sync --roll-back --config FILE     go back to the list before, and never take this one again
  luytre setup-code --config FILE           the code to set up the page with, as the last word
  luytre reset-password --config FILE       forget every password, session and token; a new set-up code as the last word
  luytre backup --config FILE TO            copy what the family decided (family.toml) to a file; - for stdout
  luytre restore --config FILE FROM         put such a copy in its place; what was there is kept as family.toml.before
  luytre net-helper --socket PATH [--plan FILE]
                                            change the firewall for `run`; needs CAP_NET_ADMIN and nft. FILE is what
                                            `run` leaves for the next boot: firewall.json in the state folder
  luytre lookup --list FILE NAME...         what a compiled list says about names; - reads them from stdin
  luytre list info FILE                     what a compiled list says about itself
  luytre list verify FILE                   check every byte of a compiled list
  luytre version

--config defaults to /etc/luytre/luytre.toml. LUYTRE_LOG sets what `run` logs: warn, info, debug.
For tests `run` and `sync` also take --clock-offset SECONDS and --clock untrusted|steered; a steered clock stands still until
`clock +SECONDS` is written to the control socket, luytre.sock in the state folder, and an untrusted one is believed
after `clock trusted`.
";

/// A command failed; the reason, for people.
#[derive(Debug)]
struct Failed(String);

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the command that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = match Arguments::parse(arguments) {
        Ok(command) => command,
        Err(error) => {
            complain(&format!("{error}\ntry `luytre help`"));
            return ExitCode::from(2);
        }
    };
    let out = &mut io::BufWriter::new(Output(io::stdout()));
    let done = match command {
        Command::Run { config, clock } => run::run(&config, clock),
        Command::NetHelper { socket, plan } => run::net_helper(&socket, plan.as_deref()),
        Command::Check { config } => run::check(&config, out),
        Command::Status { config, json } => status::status(&config, json, out),
        Command::Health { config } => operator::health(&config, out),
        Command::Pause { config, minutes } => operator::pause(&config, minutes, out),
        Command::Flush { config, names } => flush::flush(&config, &names, out),
        Command::Explain(asked) => explain::explain(&asked, out),
        Command::Backup { config, file } => backup::backup(&config, &file, out),
        Command::Restore { config, file } => backup::restore(&config, &file, out),
        Command::Lookup { list, names } => lookup::lookup(&list, &names, out),
        Command::ListInfo { list } => list::info(&list, out),
        Command::HistoryCheck { folder } => Ok(ExitCode::from(crate::history::check(&folder))),
        Command::HistoryCopy { from, to } => Ok(ExitCode::from(crate::history::copy(&from, &to))),
        Command::ListVerify { list } => list::verify(&list, out),
        Command::Sync { config, clock, what } => sync::sync(&config, clock, what, out),
        Command::SetupCode { config } => setup::show_code(&config, out),
        Command::ResetPassword { config } => setup::reset_password(&config, out),
        Command::Help => print(out, HELP),
        Command::Version => print(out, concat!("luytre ", env!("CARGO_PKG_VERSION"), "\n")),
    };
    match done.and_then(|code| Ok(out.flush().map(|()| code)?)) {
        Ok(code) => code,
        Err(Failed(reason)) => {
            complain(&reason);
            ExitCode::FAILURE
        }
    }
}

/// Standard output. A reader that has seen enough (`| head`) is no failure: the rest goes nowhere.
struct Output(io::Stdout);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

fn print(out: &mut impl Write, text: &str) -> Result<ExitCode, Failed> {
    out.write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn complain(reason: &str) {
    // Without a stderr there is nobody to tell.
    let _ = writeln!(io::stderr(), "luytre: {reason}");
}
