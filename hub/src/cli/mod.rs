//! What can be asked of `luytre-hub`, and what it prints.

mod build;
mod health;
mod keys;
mod lift;
mod policy;
mod publish;
mod serve;
mod source;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The centre of Luytre.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists that routers filter by.
    #[command(subcommand)]
    List(ListCommand),
    /// The keys that a publication is signed by.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Build the lists and publish them, signed.
    Publish(publish::Publish),
    /// Open at once, and for a while, what is blocked by mistake; see `keys rotate --role lifts`.
    Lift(lift::Lifting),
    /// How a provider's routers are set, by keys of its own; docs/for-isps.md.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Lists that others publish.
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Show the publication to routers.
    Serve(serve::Serve),
    /// Add up the health reports that routers sent.
    Health(health::Health),
    /// Check a publication as a router would, and every file of it.
    Verify(verify::Verify),
}

#[derive(Subcommand)]
enum ListCommand {
    /// Build a list from files of names, with a report of what was taken out and why.
    Build(build::Build),
}

impl Cli {
    /// Does what is asked and says how it went. An error means that nothing came of it.
    pub fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::List(ListCommand::Build(build)) => build.run(),
            Command::Keys(keys) => keys.run(),
            Command::Publish(publish) => publish.run(),
            Command::Lift(lift) => lift.run(),
            Command::Policy(policy) => policy.run(),
            Command::Source(source) => source.run(),
            Command::Serve(serve) => serve.run(),
            Command::Health(health) => health.run(),
            Command::Verify(verify) => verify.run(),
        }
    }
}
