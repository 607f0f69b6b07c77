//! Arguments become a [`Command`], or an error that says which one is wrong.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::clock::{Clock, Timestamp};

const DEFAULT_CONFIG: &str = "/etc/luytre/luytre.toml";

/// A command with everything it needs.
#[derive(Debug)]
pub(super) enum Command {
    Run {
        config: PathBuf,
        clock: Clock,
    },
    Check {
        config: PathBuf,
    },
    Status {
        config: PathBuf,
        json: bool,
    },
    Health {
        config: PathBuf,
    },
    Pause {
        config: PathBuf,
        minutes: u32,
    },
    Flush {
        config: PathBuf,
        names: Vec<String>,
    },
    Explain(Question),
    Backup {
        config: PathBuf,
        file: PathBuf,
    },
    Restore {
        config: PathBuf,
        file: PathBuf,
    },
    Lookup {
        list: PathBuf,
        names: Vec<String>,
    },
    ListInfo {
        list: PathBuf,
    },
    ListVerify {
        list: PathBuf,
    },
    Sync {
        config: PathBuf,
        clock: Clock,
        what: Fetch,
    },
    SetupCode {
        config: PathBuf,
    },
    ResetPassword {
        config: PathBuf,
    },
    /// What a daemon asks of another process before it opens the folder itself.
    HistoryCheck {
        folder: PathBuf,
    },
    /// And before it takes the copy for the folder.
    HistoryCopy {
        from: PathBuf,
        to: PathBuf,
    },
    NetHelper {
        socket: PathBuf,
        plan: Option<PathBuf>,
    },
    Help,
    Version,
}

/// What `luytre sync` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetch {
    /// Looks for new lists until stopped.
    Always,
    /// Looks once.
    Once,
    /// Has the running daemon look.
    Ask,
    /// Goes back to the list before.
    RollBack,
}

/// A question to explain.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) config: PathBuf,
    pub(super) name: String,
    pub(super) rtype: u16,
    pub(super) device: Option<String>,
    pub(super) at: Option<Timestamp>,
    pub(super) json: bool,
}

/// The words and options of a command line, before a command claims them.
#[derive(Default)]
pub(super) struct Arguments {
    words: Vec<String>,
    config: Option<PathBuf>,
    list: Option<PathBuf>,
    socket: Option<PathBuf>,
    plan: Option<PathBuf>,
    device: Option<String>,
    at: Option<Timestamp>,
    json: bool,
    once: bool,
    ask: bool,
    roll_back: bool,
    clock_offset: i64,
    clock: ClockKind,
    /// The options that were given.
    given: Vec<String>,
}

/// What `--clock` says of the system's clock.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum ClockKind {
    /// Its date can be believed.
    #[default]
    Trusted,
    /// Nobody has set it yet.
    Untrusted,
    /// It is not looked at: the time stands still but for what the control socket adds.
    Steered,
}

impl Arguments {
    pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
        let mut read = Self::default();
        let mut parser = lexopt::Parser::from_iter(arguments);
        while let Some(argument) = parser.next()? {
            let option = match argument {
                Value(word) => {
                    read.words.push(word.string()?);
                    continue;
                }
                Short(letter) => letter.to_string(),
                Long(word) => word.to_owned(),
            };
            read.option(&option, &mut parser)?;
        }
        read.command()
    }

    fn option(&mut self, option: &str, parser: &mut lexopt::Parser) -> Result<(), lexopt::Error> {
        match option {
            "h" | "help" => self.words.insert(0, "help".into()),
            "V" | "version" => self.words.insert(0, "version".into()),
            "config" => self.config = Some(parser.value()?.into()),
            "list" => self.list = Some(parser.value()?.into()),
            "socket" => self.socket = Some(parser.value()?.into()),
            "plan" => self.plan = Some(parser.value()?.into()),
            "json" => self.json = true,
            "once" => self.once = true,
            "ask" => self.ask = true,
            "roll-back" => self.roll_back = true,
            "device" => self.device = Some(parser.value()?.string()?),
            "at" => self.at = Some(moment(&parser.value()?.string()?)?),
            "clock-offset" => self.clock_offset = parser.value()?.parse()?,
            "clock" => {
                self.clock = match parser.value()?.string()?.as_str() {
                    "trusted" => ClockKind::Trusted,
                    "untrusted" => ClockKind::Untrusted,
                    "steered" => ClockKind::Steered,
                    other => {
                        return Err(format!("--clock {other}: write trusted, untrusted or steered").into());
                    }
                };
            }
            unknown => return Err(format!("--{unknown} is no option").into()),
        }
        self.given.push(option.to_owned());
        Ok(())
    }

    fn command(mut self) -> Result<Command, lexopt::Error> {
        let words = std::mem::take(&mut self.words);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["run"] => {
                self.only(&["config", "clock", "clock-offset"])?;
                Ok(Command::Run { clock: self.clock(), config: self.config() })
            }
            ["sync"] => {
                self.only(&["config", "once", "ask", "roll-back", "clock", "clock-offset"])?;
                let what = match (self.once, self.ask, self.roll_back) {
                    (false, false, false) => Fetch::Always,
                    (true, false, false) => Fetch::Once,
                    (false, true, false) => Fetch::Ask,
                    (false, false, true) => Fetch::RollBack,
                    _ => return Err("--once, --ask and --roll-back are different things".into()),
                };
                Ok(Command::Sync { what, clock: self.clock(), config: self.config() })
            }
            ["check"] => {
                self.only(&["config"])?;
                Ok(Command::Check { config: self.config() })
            }
            ["status"] => {
                self.only(&["config", "json"])?;
                Ok(Command::Status { json: self.json, config: self.config() })
            }
            ["health"] => {
                self.only(&["config"])?;
                Ok(Command::Health { config: self.config() })
            }
            ["pause", minutes] => {
                self.only(&["config"])?;
                let minutes =
                    minutes.parse().map_err(|_| format!("pause {minutes}: write how many minutes"))?;
                Ok(Command::Pause { minutes, config: self.config() })
            }
            ["flush", names @ ..] if !names.is_empty() => {
                self.only(&["config"])?;
                let names = names.iter().map(|name| (*name).to_owned()).collect();
                Ok(Command::Flush { names, config: self.config() })
            }
            ["explain", name] => self.explain(name, "A"),
            ["explain", name, rtype] => self.explain(name, rtype),
            [word @ ("backup" | "restore"), file] => {
                self.only(&["config"])?;
                let (file, config) = (file.into(), self.config());
                Ok(match *word {
                    "backup" => Command::Backup { config, file },
                    _ => Command::Restore { config, file },
                })
            }
            ["lookup", names @ ..] if !names.is_empty() => {
                self.only(&["list"])?;
                let list = self.list.ok_or("lookup needs --list FILE")?;
                Ok(Command::Lookup { list, names: names.iter().map(|name| (*name).to_owned()).collect() })
            }
            ["history-check", folder] => {
                self.only(&[])?;
                Ok(Command::HistoryCheck { folder: folder.into() })
            }
            ["history-copy", from, to] => {
                self.only(&[])?;
                Ok(Command::HistoryCopy { from: from.into(), to: to.into() })
            }
            ["list", "info", file] => {
                self.only(&[])?;
                Ok(Command::ListInfo { list: file.into() })
            }
            ["list", "verify", file] => {
                self.only(&[])?;
                Ok(Command::ListVerify { list: file.into() })
            }
            ["net-helper"] => {
                self.only(&["socket", "plan"])?;
                let socket = self.socket.ok_or("net-helper needs --socket PATH")?;
                Ok(Command::NetHelper { socket, plan: self.plan })
            }
            ["setup-code"] => {
                self.only(&["config"])?;
                Ok(Command::SetupCode { config: self.config() })
            }
            ["reset-password"] => {
                self.only(&["config"])?;
                Ok(Command::ResetPassword { config: self.config() })
            }
            ["help", ..] | [] => Ok(Command::Help),
            ["version", ..] => Ok(Command::Version),
            ["pause"] => Err("pause needs the MINUTES, 0 to lift it".into()),
            ["flush"] => Err("flush needs a NAME".into()),
            ["lookup"] => Err("lookup needs a NAME".into()),
            ["backup"] => Err("backup needs the FILE to write, or - for stdout".into()),
            ["restore"] => Err("restore needs the FILE to read, or - for stdin".into()),
            ["explain"] => Err("explain needs a NAME".into()),
            ["list", ..] => Err("write `luytre list info FILE` or `luytre list verify FILE`".into()),
            [other, ..] => Err(format!("`{other}` is no command, or has words too many").into()),
        }
    }

    fn explain(mut self, name: &str, rtype: &str) -> Result<Command, lexopt::Error> {
        self.only(&["config", "device", "at", "json"])?;
        let unknown = || format!("{rtype}: no such record type; write A, AAAA, HTTPS … or TYPE65");
        let rtype = crate::status::type_number(rtype).ok_or_else(unknown)?;
        let (device, at, json) = (self.device.take(), self.at, self.json);
        Ok(Command::Explain(Question {
            name: name.to_owned(),
            rtype,
            device,
            at,
            json,
            config: self.config(),
        }))
    }

    fn clock(&self) -> Clock {
        let clock = Clock::new(self.clock_offset, self.clock != ClockKind::Untrusted);
        if self.clock == ClockKind::Steered { clock.steered() } else { clock }
    }

    fn config(self) -> PathBuf {
        self.config.unwrap_or_else(|| DEFAULT_CONFIG.into())
    }

    /// Refuses options that the command has no use for: a typing error must not pass in silence.
    fn only(&self, known: &[&str]) -> Result<(), lexopt::Error> {
        match self.given.iter().find(|given| !known.contains(&given.as_str())) {
            Some(stray) => Err(format!("--{stray} means nothing here").into()),
            None => Ok(()),
        }
    }
}

/// An RFC 3339 time.
fn moment(text: &str) -> Result<Timestamp, lexopt::Error> {
    let unknown = || format!("--at {text}: write a time such as 2026-11-21T21:00:00+07:00");
    crate::status::moment(text).ok_or_else(|| unknown().into())
}
