//! A folder of input, one run of the program, and its results.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use luytre_lists::{CategoryTable, List, NameBuf};
use serde_json::Value;
use tempfile::TempDir;

/// Input and output of one test.
pub(crate) struct Folder {
    root: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("in")).unwrap();
        Self { root }
    }

    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.put(name, text.as_bytes());
        }
        folder
    }

    /// Puts a file into the input.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.input().join(name);
        File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    }

    pub(crate) fn input(&self) -> PathBuf {
        self.root.path().join("in")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.root.path().join("out")
    }

    /// `luytre-hub list build --from in --out out` with these further arguments.
    pub(crate) fn build(&self, arguments: &[&str]) -> Run {
        let (from, out) = (self.input(), self.out());
        self.run(&[&["--from", text(&from), "--out", text(&out)], arguments].concat())
    }

    /// `luytre-hub list build` with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_luytre-hub"))
            .args(["list", "build"])
            .args(arguments)
            .env_remove("SOURCE_DATE_EPOCH")
            .output()
            .unwrap();
        Run { output, out: self.out() }
    }
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// How a run ended.
pub(crate) struct Run {
    pub(crate) output: Output,
    out: PathBuf,
}

impl Run {
    /// The result of a run that has to succeed.
    #[track_caller]
    pub(crate) fn good(self) -> Built {
        assert!(self.output.status.success(), "{}", self.stderr());
        let list = fs::read(self.out.join("full.lyt")).unwrap();
        Built { list: List::open(list).unwrap(), report: self.report() }
    }

    /// What a run that has to fail says on standard error, with exit code 1.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        assert_eq!(self.output.status.code(), Some(1), "{}", self.stderr());
        self.stderr()
    }

    pub(crate) fn report(&self) -> Value {
        serde_json::from_slice(&fs::read(self.out.join("report.json")).unwrap()).unwrap()
    }

    pub(crate) fn wrote_list(&self) -> bool {
        self.out.join("full.lyt").exists()
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}

/// A list and its report.
pub(crate) struct Built {
    pub(crate) list: List<Vec<u8>>,
    pub(crate) report: Value,
}

impl Built {
    /// The keys that a name is blocked under; `-` when it is not.
    pub(crate) fn says(&self, name: &str) -> String {
        let found = self.list.lookup(NameBuf::parse(name).unwrap().as_name());
        CategoryTable::shipped().keys(found.and_then(|found| found.categories).unwrap_or_default())
    }

    /// The names of a part of the report, with their reasons.
    pub(crate) fn reasons(&self, part: &str) -> Vec<String> {
        let rows = self.report[part].as_array().unwrap();
        rows.iter().map(|row| format!("{}: {}", word(&row["name"]), word(&row["reason"]))).collect()
    }

    /// The rejected lines, as `count reason`.
    pub(crate) fn rejected(&self) -> Vec<String> {
        let rows = self.report["rejected"].as_array().unwrap();
        rows.iter().map(|row| format!("{} {}", row["count"], word(&row["reason"]))).collect()
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap()
}
