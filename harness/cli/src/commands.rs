//! One file per command; this one only knows which is which.

mod bench;
mod check;
mod explain;
mod frame;
mod fuzz;
mod merge;
mod replay;
mod report;
mod rules;
mod run;
mod schema;
mod self_test;
mod serve;

pub use bench::percent;

use crate::args::Command;
use crate::exit::Failure;
use qmprobe_report::Outcome;

/// Runs the command.
///
/// # Errors
/// When it came to no outcome: bad usage, or trouble of our own.
pub fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Check(args) => check::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Schema(args) => schema::run(&args.command),
        Command::Frame(args) => frame::run(&args),
        Command::SelfTest(args) => self_test::run(&args),
    }
}

/// The runtime that everything with a peer runs on: one thread, because peers die with the thread that
/// started them.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::trouble)
}
