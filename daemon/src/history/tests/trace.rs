//! A recorded log of what a program wrote, and disks as a power cut may leave them.
//!
//! The model is harsher than a journalling file system: of what was written to a file since its last fsync any
//! sectors may be on the disk and any may not; of what happened to names since their folder's last fsync, any first
//! part. `sync_file_range` would promise nothing.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::household::Family;

/// What can be torn apart.
const SECTOR: usize = 512;

/// One step of the recorded program.
#[derive(Debug)]
pub(super) enum Step {
    Create(String),
    Write(String, usize, Vec<u8>),
    Truncate(String, usize),
    Rename(String, String),
    Unlink(String),
    Sync(String),
    /// What the program says of itself.
    Says(String),
}

/// Those with a question mark are not on every processor, and C libraries differ in which they use.
const CALLS: &str = "trace=?open,openat,write,pwrite64,fsync,fdatasync,ftruncate,\
    ?rename,?renameat,renameat2,?unlink,unlinkat";

/// Runs a program under strace and returns what it did below a folder. `None` if there is no strace, or it may not
/// trace.
pub(super) fn record(command: &Command, folder: &Path, log: &Path) -> Option<Vec<Step>> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-s", "1000000", "-e", CALLS, "-o"]).arg(log);
    strace.arg(command.get_program()).args(command.get_args());
    strace.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let ran = strace.output().ok()?;
    if !ran.status.success() {
        return None;
    }
    let text = fs::read_to_string(log).ok()?;
    let mut reader = Reader { folder: folder.to_str()?.to_owned(), ..Reader::default() };
    text.lines().for_each(|line| reader.line(line));
    Some(reader.steps)
}

#[derive(Default)]
struct Reader {
    folder: String,
    steps: Vec<Step>,
    /// Calls of other threads that have begun.
    unfinished: HashMap<String, String>,
    /// Where the next plain write to a file goes.
    positions: HashMap<String, usize>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let Some((pid, rest)) = line.split_once(' ') else { return };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            self.unfinished.insert(pid.into(), begun.into());
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let begun = self.unfinished.remove(pid).unwrap_or_default();
            let end = resumed.split_once("resumed>").map_or("", |(_, end)| end);
            self.call(&format!("{begun}{end}"));
        } else {
            self.call(rest);
        }
    }

    fn call(&mut self, text: &str) {
        let Some((call, result)) = text.rsplit_once(" = ") else { return };
        let Some((name, arguments)) = call.split_once('(') else { return };
        if result.starts_with('-') {
            return;
        }
        // In hex, all of it: what a descriptor stands for, paths and data.
        let file = arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let file = file.map(|(path, _)| String::from_utf8(unhex(path)).unwrap());
        let file = file.as_deref();
        let mut quoted = arguments.split('"').skip(1).step_by(2).map(unhex);
        let numbers: Vec<usize> = arguments
            .rsplit(", ")
            .map_while(|number| number.trim_end_matches([')', ' ']).parse().ok())
            .collect();
        let mut path = || quoted.next().map(|bytes| String::from_utf8(bytes).unwrap());
        let below = |path: &str| path.strip_prefix(&self.folder).map(str::to_owned);
        let step = match name {
            "open" | "openat" if arguments.contains("O_CREAT") => {
                path().and_then(|path| below(&path)).map(Step::Create)
            }
            "rename" | "renameat" | "renameat2" => {
                let (from, to) = (path(), path());
                let both = from.zip(to).and_then(|(from, to)| below(&from).zip(below(&to)));
                both.map(|(from, to)| Step::Rename(from, to))
            }
            "unlink" | "unlinkat" => path().and_then(|path| below(&path)).map(Step::Unlink),
            "fsync" | "fdatasync" => file.and_then(below).map(Step::Sync),
            "ftruncate" => file.and_then(below).map(|file| Step::Truncate(file, numbers[0])),
            "pwrite64" => file
                .and_then(below)
                .map(|file| Step::Write(file, numbers[0], quoted.next().unwrap_or_default())),
            "write" if file.is_some_and(|file| file.ends_with("/progress")) => {
                quoted.next().map(|text| Step::Says(String::from_utf8(text).unwrap()))
            }
            "write" => file.and_then(below).map(|file| {
                let data = quoted.next().unwrap_or_default();
                let position = self.positions.entry(file.clone()).or_default();
                let at = *position;
                *position += data.len();
                Step::Write(file, at, data)
            }),
            _ => None,
        };
        if let Some(Step::Create(file)) = &step {
            self.positions.insert(file.clone(), 0);
        }
        self.steps.extend(step);
    }
}

fn unhex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|byte| u8::from_str_radix(&byte[..2], 16).unwrap()).collect()
}

/// A disk: what is sure to be on it, and what may be.
#[derive(Default)]
pub(super) struct Disk {
    files: Vec<File>,
    names: HashMap<String, usize>,
    sure_names: HashMap<String, usize>,
    unsure_names: Vec<(String, Option<usize>)>,
}

#[derive(Default)]
struct File {
    sure: Vec<u8>,
    unsure: Vec<Change>,
}

enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

impl Disk {
    pub(super) fn step(&mut self, step: &Step) {
        match step {
            Step::Create(name) => {
                if !self.names.contains_key(name) {
                    self.files.push(File::default());
                    self.name(name, Some(self.files.len() - 1));
                }
            }
            Step::Write(name, at, data) => self.change(name, Change::Write(*at, data.clone())),
            Step::Truncate(name, len) => self.change(name, Change::Truncate(*len)),
            Step::Rename(from, to) => {
                let file = self.names.get(from).copied();
                // One step for a file system: the new name first, so that a first part never loses both.
                self.name(to, file);
                self.name(from, None);
            }
            Step::Unlink(name) => self.name(name, None),
            Step::Sync(name) => match self.names.get(name) {
                Some(file) => {
                    let file = &mut self.files[*file];
                    std::mem::take(&mut file.unsure)
                        .iter()
                        .for_each(|change| apply(&mut file.sure, change, |_| true));
                }
                None => {
                    self.sure_names = self.names.clone();
                    self.unsure_names.clear();
                }
            },
            Step::Says(_) => {}
        }
    }

    fn name(&mut self, name: &str, file: Option<usize>) {
        match file {
            Some(file) => self.names.insert(name.to_owned(), file),
            None => self.names.remove(name),
        };
        self.unsure_names.push((name.to_owned(), file));
    }

    fn change(&mut self, name: &str, change: Change) {
        if let Some(file) = self.names.get(name) {
            self.files[*file].unsure.push(change);
        }
    }

    /// Writes the disk into a folder as a power cut at this moment may leave it.
    pub(super) fn cut(&self, folder: &Path, chance: &mut Family) {
        let mut names = self.sure_names.clone();
        let kept = chance.below(self.unsure_names.len() as u64 + 1) as usize;
        for (name, file) in &self.unsure_names[..kept] {
            match file {
                Some(file) => names.insert(name.clone(), *file),
                None => names.remove(name),
            };
        }
        // Sometimes nearly all reached the disk, sometimes nearly nothing.
        let odds = [0, 10, 50, 90, 100][chance.below(5) as usize];
        for (name, file) in names {
            let path = folder.join(name.trim_start_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut content = self.files[file].sure.clone();
            for change in &self.files[file].unsure {
                apply(&mut content, change, |_| chance.below(100) < odds);
            }
            fs::File::create(path).and_then(|mut out| std::io::Write::write_all(&mut out, &content)).unwrap();
        }
    }
}

fn apply(content: &mut Vec<u8>, change: &Change, mut keep: impl FnMut(usize) -> bool) {
    match change {
        Change::Truncate(len) => {
            if keep(0) {
                content.resize(*len, 0);
            }
        }
        Change::Write(at, data) => {
            for (n, sector) in data.chunks(SECTOR).enumerate() {
                if keep(n) {
                    let from = at + n * SECTOR;
                    content.resize(content.len().max(from + sector.len()), 0);
                    content[from..from + sector.len()].copy_from_slice(sector);
                }
            }
        }
    }
}
