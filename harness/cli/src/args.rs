//! The words of the command line, and the only place that knows clap. What they mean is decided elsewhere.

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use qmprobe_engine::bench::PIPELINE_MAX;
use qmprobe_engine::fuzz::shard::Shard;
use qmprobe_schema::Era;
use qmprobe_target::Address;
use std::path::PathBuf;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "qmprobe",
    version,
    about = "Does a QMP or guest-agent implementation keep its word?",
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "Exit: 0 conforming, 1 findings, 2 usage, 3 peer not started or reached, 4 nothing shown, \
                  5 incomplete, 130/143 interrupted (reports are complete then too)."
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hold a peer against its schema and the protocol's rules
    Check(CheckArgs),
    /// Go on looking for what breaks a peer, with requests made of what it has shown to have
    Fuzz(FuzzArgs),
    /// Time a peer's answers, and compare them with another's or its own earlier ones
    Bench(BenchArgs),
    /// Play scenarios: conversations in the notation of QEMU's documentation (.qmp files)
    Run(RunArgs),
    /// Run the case of a kept finding, or a scenario, again: FIXED, FAILS or FLAKY
    Replay(ReplayArgs),
    /// Make reports of what a run kept in its output directory
    Report(ReportArgs),
    /// Put the shards of a fuzz campaign together
    Merge(MergeArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Say everything about one rule, or one statement of the protocol
    Explain(ExplainArgs),
    /// Be the reference peer, with or without bugs
    Serve(ServeArgs),
    /// Look at schemas, record them, convert them
    Schema(SchemaArgs),
    /// Say what QEMU's parser makes of the bytes on standard input
    Frame(FrameArgs),
    /// Show that the tool itself can be trusted: no finding without a bug, and each bug found
    SelfTest(SelfTestArgs),
}

/// Which peers.
#[derive(Clone, Debug, Default, Group)]
#[command(next_help_heading = "Peers (none given: QEMU if it is on PATH, else the reference peer)")]
pub struct PeerArgs {
    /// QEMU, started sandboxed and thrown away after use
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub qemu: Vec<String>,
    /// qemu-storage-daemon, likewise
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub storage_daemon: Vec<String>,
    /// qemu-ga, likewise
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub guest_agent: Vec<String>,
    /// What --guest-agent is talked to over: unix-listen, isa-serial or virtio-serial
    /// [default: unix-listen]
    #[arg(long, value_enum, value_name = "METHOD", hide_possible_values = true)]
    pub channel: Option<ChannelArg>,
    /// Somebody's running peer: unix:PATH, tcp:HOST:PORT, vsock:CID:PORT or serial:PATH; gets observing commands only
    #[arg(long, value_name = "ADDRESS")]
    pub connect: Vec<Address>,
    /// A peer started by a shell command; it must listen on the unix socket {socket}
    #[arg(long, value_name = "COMMAND")]
    pub spawn: Vec<String>,
    /// The built-in reference peer
    #[arg(long)]
    pub reference: bool,
    /// What --connect, --spawn and --reference peers speak: qmp or qga
    #[arg(long, value_enum, value_name = "PROTOCOL", default_value_t = Protocol::Qmp, hide_possible_values = true)]
    pub protocol: Protocol,
    /// The schema to hold the peers against: a file or a shipped name (`qmprobe schema show`). QAPI source is
    /// joined with what the peer declares; any other schema holds as it is
    /// [default: what the peer itself declares]
    #[arg(long, value_name = "SCHEMA")]
    pub schema: Option<String>,
    /// Further arguments for the peers that are started by us
    #[arg(last = true, value_name = "PEER ARGUMENTS")]
    pub extra: Vec<String>,
}

/// A protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// QEMU's monitor
    #[default]
    Qmp,
    /// The guest agent
    Qga,
}

/// What a guest agent is talked to over, as its option `-m` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChannelArg {
    /// A unix socket
    UnixListen,
    /// A serial line
    IsaSerial,
    /// A virtio console port
    VirtioSerial,
}

/// What a peer may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Allow {
    /// Commands that only look
    Observing,
    /// Commands that change the peer
    Changing,
    /// Every command
    Destroying,
}

/// Where reports go.
#[derive(Debug, Default, Group)]
#[command(next_help_heading = "Reports")]
pub struct OutputArgs {
    /// Write a JSON document ("-" is standard output; the console then goes to standard error)
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// What a peer may be sent, and what counts against it.
#[derive(Debug, Group)]
pub struct StrictnessArgs {
    /// What may be sent: observing, changing or destroying commands
    /// [default: destroying to peers of our own, observing to --connect]
    #[arg(long, value_enum, value_name = "CLASS", hide_possible_values = true, help_heading = "Run")]
    pub allow: Option<Allow>,
    /// Warnings fail too, known defects are not waived, and an idle waiver is exit 4
    #[arg(long, help_heading = "Run")]
    pub strict: bool,
    /// Known defects to waive, beside the built-in ones (TOML)
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub waivers: Option<PathBuf>,
}

/// `check`.
#[derive(Debug, Group)]
pub struct CheckArgs {
    #[command(flatten)]
    pub peers: PeerArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Check this rule only: a slug or an id (repeatable)
    #[arg(long = "rule", value_name = "RULE", help_heading = "Run")]
    pub rules: Vec<String>,
    #[command(flatten)]
    pub strictness: StrictnessArgs,
    /// Seed of everything random: the same seed gives the same cases
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    pub seed: u64,
    /// Run so many cases at most; of the rule stream-predicted alone, exactly so many [default: 4000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Run")]
    pub cases: Option<u64>,
    /// Stop each peer's run after so many seconds (incomplete: exit 5)
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Run")]
    pub time: Option<u64>,
    /// Where the journal and the findings go
    #[arg(long, value_name = "DIR", default_value = "qmprobe-out", help_heading = "Reports")]
    pub out: PathBuf,
}

/// `fuzz`.
#[derive(Debug, Group)]
pub struct FuzzArgs {
    #[command(flatten)]
    pub peers: PeerArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Go on for so many seconds [default: 600, where no number of cases is given]. What is found at their end is
    /// confirmed for at most 10 more, and told as it stands then
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Run")]
    pub time: Option<u64>,
    /// Run so many cases, in all shards together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Run")]
    pub cases: Option<u64>,
    /// Be part K of a campaign that N machines share; `qmprobe merge` puts the parts together
    #[arg(long, value_name = "K/N", default_value_t = Shard::WHOLE, hide_default_value = true, help_heading = "Run")]
    pub shard: Shard,
    /// Play the systematic part alone: the cases of a check, the same in every campaign with this schema and
    /// seed; to its end, unless told otherwise
    #[arg(long, help_heading = "Run")]
    pub systematic: bool,
    /// Have so many peers of ours at work at once, at most 64 [default: one for each processor, at most 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=64), help_heading = "Run")]
    pub jobs: Option<u64>,
    /// Be guided by the edges that the peer takes, which was built with afl-cc: keep what takes a new one.
    /// AFL_MAP_SIZE in the environment says how many there may be [default: 65536]
    #[arg(long, value_enum, value_name = "afl", hide_possible_values = true, help_heading = "Run")]
    pub coverage: Option<Coverage>,
    #[command(flatten)]
    pub strictness: StrictnessArgs,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    pub seed: u64,
    /// Go on with the campaign in the output directory, with its seed and as the shard that it is
    #[arg(long, help_heading = "Run")]
    pub resume: bool,
    /// End a peer that has more MiB resident
    #[arg(long, value_name = "MIB", default_value_t = 2048, help_heading = "Run")]
    pub rss_max: u64,
    /// Where the journal, the findings and the kept sequences go
    #[arg(long, value_name = "DIR", default_value = "qmprobe-out", help_heading = "Reports")]
    pub out: PathBuf,
    /// Read kept sequences from here and write them here, for the next campaign to begin with
    /// [default: the directory corpus of the output directory]
    #[arg(long, value_name = "DIR", help_heading = "Reports")]
    pub corpus: Option<PathBuf>,
    /// Take up so many MiB there: then no more sequences are kept, of rounds only the figures, and of findings,
    /// at most 50 of a rule and one of a signature, not the bytes that came back
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 20), help_heading = "Reports")]
    pub out_max: u64,
}

/// Whose way of counting edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Coverage {
    /// That of AFL and AFL++: a map in shared memory
    Afl,
}

/// `bench`.
#[derive(Debug, Group)]
pub struct BenchArgs {
    #[command(flatten)]
    pub peers: PeerArgs,
    /// Time this command: NAME, or 'NAME {"argument": ...}' (repeatable) [default: a few that only look]
    #[arg(long = "command", value_name = "NAME", help_heading = "Run")]
    pub commands: Vec<String>,
    /// Have so many requests in flight, with out-of-band execution enabled
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(PIPELINE_MAX)), help_heading = "Run")]
    pub pipeline: u32,
    /// Replies timed of each command
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u32).range(1..=10_000_000), help_heading = "Run")]
    pub samples: u32,
    /// Spin instead of sleeping until a reply comes: the peer's own time, at the cost of a processor
    #[arg(long, help_heading = "Run")]
    pub busy_poll: bool,
    /// What may be sent: observing, changing or destroying commands
    /// [default: destroying to peers of our own, observing to --connect]
    #[arg(long, value_enum, value_name = "CLASS", hide_possible_values = true, help_heading = "Run")]
    pub allow: Option<Allow>,
    /// Compare with what --save kept, or in turns with a peer: qemu[=PATH], storage-daemon[=PATH],
    /// guest-agent[=PATH], spawn=COMMAND, reference, unix:PATH, tcp:HOST:PORT
    #[arg(long, value_name = "FILE|PEER", allow_hyphen_values = true, help_heading = "Comparison")]
    pub baseline: Option<String>,
    /// Exit 1 when a command is slower than the baseline by more than this; also the budget of the verdicts
    /// [default: a budget of 10% and no such exit]
    #[arg(long, value_name = "PCT", value_parser = crate::commands::percent, requires = "baseline", help_heading = "Comparison")]
    pub fail_above: Option<f64>,
    /// Keep the figures, for a later --baseline
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub save: Option<PathBuf>,
    /// Write a JSON document ("-" is standard output; the table then goes to standard error)
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub json: Option<PathBuf>,
    /// Write a plot of the latencies (SVG)
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub plot: Option<PathBuf>,
}

/// `run`.
#[derive(Debug, Group)]
pub struct RunArgs {
    /// Scenarios, and directories of them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub peers: PeerArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub strictness: StrictnessArgs,
    /// How often one that fails is played in all
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100), help_heading = "Run")]
    pub tries: u32,
}

/// `replay`.
#[derive(Debug, Group)]
pub struct ReplayArgs {
    /// The file of the finding (.json), or a scenario (.qmp)
    pub finding: PathBuf,
    /// How many fresh peers to try it on
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub tries: u32,
    #[command(flatten)]
    pub peers: PeerArgs,
}

/// `report`.
#[derive(Debug, Group)]
pub struct ReportArgs {
    /// The output directory of the run
    pub dir: PathBuf,
    /// Count warnings as failures
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `merge`.
#[derive(Debug, Group)]
pub struct MergeArgs {
    /// The output directories of the shards, or of what was put together before
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// Where the whole goes
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
    /// Count warnings as failures
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `rules`.
#[derive(Debug, Group)]
pub struct RulesArgs {
    /// As a JSON array
    #[arg(long)]
    pub json: bool,
}

/// `explain`.
#[derive(Debug, Group)]
pub struct ExplainArgs {
    /// Slug or id of the rule, or the short name of a statement (A21)
    pub rule: String,
}

/// `serve`.
#[derive(Debug, Group)]
pub struct ServeArgs {
    /// Where to listen: unix:PATH
    #[arg(long, value_name = "ADDRESS", required_unless_present = "list_bugs")]
    pub listen: Option<Address>,
    /// What to speak: qmp or qga [default: that of the first bug, else qmp]
    #[arg(long, value_enum, value_name = "PROTOCOL", hide_possible_values = true)]
    pub protocol: Option<Protocol>,
    /// The schema to serve: a file or a shipped name
    #[arg(long, value_name = "SCHEMA")]
    pub schema: Option<String>,
    /// Have this bug (repeatable)
    #[arg(long = "bug", value_name = "NAME")]
    pub bugs: Vec<String>,
    /// Damage every other request, or answer, on its way: CLASS or CLASS@OFFSET
    #[arg(long, value_name = "CLASS[@OFFSET]")]
    pub corrupt: Option<String>,
    /// Read as a strict JSON library does, one command to a line: without QEMU's extensions
    #[arg(long)]
    pub strict_json: bool,
    /// Seed of the made-up answers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// List the bugs, with the rule that finds each, and the classes of corruption
    #[arg(long)]
    pub list_bugs: bool,
}

/// `schema`.
#[derive(Debug, Group)]
pub struct SchemaArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: SchemaCommand,
}

/// What to do with a schema.
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Show a schema to a person
    Show(SchemaShowArgs),
    /// Ask a peer for its schema and keep it
    Record(SchemaRecordArgs),
    /// Convert a schema into our own format
    Import(SchemaImportArgs),
}

/// `schema show`.
#[derive(Debug, Group)]
pub struct SchemaShowArgs {
    /// A file or a shipped name; without it and without a peer, the shipped names are listed
    #[arg(value_name = "SCHEMA")]
    pub of: Option<String>,
    /// Only this command, event or type, or what is at a place in it (block-commit.arguments.on-error)
    #[arg(long, value_name = "NAME")]
    pub command: Option<String>,
    /// All commands and events, a line each, with the names of all members
    #[arg(long, conflicts_with = "command")]
    pub tree: bool,
    /// Everything as JSON for programs: commands, events, structs, enums, unions and alternates with their members
    #[arg(long, conflicts_with_all = ["command", "tree"])]
    pub json: bool,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub peers: PeerArgs,
}

/// How a schema in a file is read.
#[derive(Debug, Group)]
pub struct ReadingArgs {
    /// Read QAPI source by the rules of this QEMU version [default: the newest that accept it]
    #[arg(long, value_name = "VERSION")]
    pub era: Option<Era>,
    /// The document was copied from a web page: undo the damage, and take what is missing for cut off
    #[arg(long)]
    pub scrape: bool,
    /// Keep what is there when this symbol is defined, and drop what needs others (repeatable; `all` for every
    /// symbol) [default: everything is kept, with its conditions]
    #[arg(long = "define", value_name = "SYMBOL")]
    pub defines: Vec<String>,
}

/// `schema record`.
#[derive(Debug, Group)]
pub struct SchemaRecordArgs {
    #[command(flatten)]
    pub peers: PeerArgs,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `schema import`.
#[derive(Debug, Group)]
pub struct SchemaImportArgs {
    /// QAPI source (a document, or a directory of QEMU's), a kept reply of query-qmp-schema, or a shipped name
    pub schema: String,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `frame`.
#[derive(Debug, Group)]
#[command(after_help = "Prints one line per outcome, in the order of a server's replies:\n\n  \
    {\"outcome\":\"value\",\"offset\":N,\"object\":true|false}\n  \
    {\"outcome\":\"error\",\"stage\":\"lexical\"|\"syntax\"|\"limit\",\"offset\":N,\"desc\":\"...\"}\n\n\
    Offsets count bytes from 0: of a value its first byte, of an error the last byte of the token with \
    which it is told. A desc is in the words of QEMU 7.2. Input that is begun but not complete has no \
    outcome: a server waits for the rest of it.")]
pub struct FrameArgs {
    /// The protocol, qmp or qga; QEMU has one parser for both
    #[arg(long, value_enum, value_name = "PROTOCOL", default_value_t = Protocol::Qmp, hide_possible_values = true)]
    pub dialect: Protocol,
    /// Whose parser: v3.1 (to QEMU 10), v11 (QEMU 11), or tolerant (anybody's:
    /// errors in a row are one line, for which a server may give one error or more)
    #[arg(long, value_enum, value_name = "MODEL", default_value_t = ModelArg::V3_1, hide_possible_values = true)]
    pub model: ModelArg,
}

/// Whose parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelArg {
    /// QEMU 3.1 to 10
    #[value(name = "v3.1")]
    V3_1,
    /// QEMU 11
    V11,
    /// Anybody's: errors in a row are one outcome
    Tolerant,
}

/// `self-test`.
#[derive(Debug, Group)]
pub struct SelfTestArgs {
    /// Only the bugs whose name or rule contains this
    pub only: Option<String>,
}

/// Reads the command line of this process.
///
/// # Errors
/// What clap has to say: help and version included. [`finish`] prints it.
pub fn parse() -> Result<Args, clap::Error> {
    Args::try_parse()
}

/// Prints what clap has to say; its exit code is 2 for bad usage and 0 for help.
pub fn finish(error: &clap::Error) -> u8 {
    // A closed pipe loses the help text and nothing else.
    let _ = error.print();
    if error.use_stderr() { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn check(words: &[&str]) -> CheckArgs {
        let words = ["qmprobe", "check"].iter().chain(words);
        match Args::try_parse_from(words).map(|args| args.command) {
            Ok(Command::Check(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_declaration_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_peer_flag_may_have_a_path_and_may_be_repeated() {
        let args = check(&["--qemu", "--qemu=/opt/qemu", "--guest-agent", "--reference", "--", "-m", "64"]);
        assert_eq!(args.peers.qemu, ["", "/opt/qemu"]);
        assert_eq!(args.peers.guest_agent, [""]);
        assert!(args.peers.reference);
        assert_eq!(args.peers.extra, ["-m", "64"]);
    }

    #[test]
    fn a_rule_may_be_repeated() {
        assert_eq!(check(&["--rule", "one-reply", "--rule", "Q301"]).rules, ["one-reply", "Q301"]);
    }

    #[test]
    fn a_bad_address_is_bad_usage() {
        let error = Args::try_parse_from(["qmprobe", "check", "--connect", "carrier-pigeon:1"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn commands_that_do_not_exist_yet_are_not_listed() {
        let help = Args::command().render_help().to_string();
        assert!(!help.contains("diff"), "{help}");
        assert!(help.contains("self-test"));
    }
}
