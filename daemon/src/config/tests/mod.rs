//! The configuration as a person meets it.

mod environment;
mod file;
mod hostile;
mod meaning;
mod policy;
mod refusals;

use std::path::Path;

use super::{Config, ConfigError};

/// Reads a text that stands in `/etc/luytre/luytre.toml`.
fn read(text: &str) -> Result<Config, ConfigError> {
    read_with(text, &[])
}

/// Reads a text, with variables in the environment.
fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(text, "luytre.toml", Path::new("/etc/luytre"), env)
}

/// The line that is printed for a text that is refused.
fn refusal(text: &str) -> String {
    read(text).expect_err("the text is refused").to_string()
}
