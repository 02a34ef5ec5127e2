//! The binary: words in, an exit code out. What the commands do is in `commands/`.

mod args;
mod commands;
#[cfg(test)]
mod documents;
mod each_peer;
mod exit;
mod kept;
mod names;
mod peers;
mod reports;
mod scenario_files;
mod schemas;
mod signals;
mod stdout;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match args::parse() {
        Ok(args) => args,
        Err(error) => return ExitCode::from(args::finish(&error)),
    };
    let outcome = commands::run(args.command).unwrap_or_else(|failure| {
        // `{:#}` is the whole chain of causes.
        exit::complain(&format!("{:#}", failure.cause()));
        failure.outcome()
    });
    ExitCode::from(outcome.code())
}
