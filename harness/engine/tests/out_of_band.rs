//! Out-of-band replies of a real QEMU whose main loop is blocked: the rules hold, and the same replies in an order
//! that is not allowed break one of them.
#![allow(clippy::expect_used, clippy::print_stderr, reason = "a peer that breaks off is a test that fails")]

use qmprobe_check::{Outcome, judge};
use qmprobe_target::{Connection, Peer, PeerSpec, Prop, Wrote};
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{
    Case, CaseId, Dialect, Ending, Exchange, ExchangeEnd, Frame, Framer, Limits, Received, SessionState,
    Start, Transcript,
};
use std::env;
use std::path::PathBuf;
use std::sync::Arc;

/// Versions that may be installed side by side, as `$PEERS/bin/qemu-system-x86_64-VERSION`.
const VERSIONS: [&str; 4] = ["5.2", "7.2", "10.0", "11.1"];
/// blkdebug reads its rules from a pipe: the command takes as long as we please.
const BLOCKING: &str = r#"{"execute":"blockdev-add","id":"slow","arguments":{"driver":"blkdebug","node-name":"blocked","image":{"driver":"null-co"},"config":"rules"}}"#;
/// In band, malformed, and out of band with the errors that are made there.
const BEHIND: &str = r#"{"execute":"query-name","id":"queued"}{]{"exec-oob":"no-such-command","id":"unknown"}{"exec-oob":"query-name","id":"refused"}{"exec-oob":1,"id":"nameless"}"#;
const URGENT: [&str; 3] = ["unknown", "refused", "nameless"];
const PATIENCE_MS: u64 = 5_000;

fn installed() -> Vec<PathBuf> {
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    let peers = env::var_os("PEERS").map_or(home.join(".cache/qemu-peers"), PathBuf::from).join("bin");
    let versions = VERSIONS.map(|version| peers.join(format!("qemu-system-x86_64-{version}")));
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("qemu-system-x86_64"));
    let found: Vec<PathBuf> = on_path.chain(versions).filter(|path| path.is_file()).collect();
    if found.is_empty() {
        assert_ne!(env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no qemu-system-x86_64");
        eprintln!("not run: there is no qemu-system-x86_64");
    }
    found
}

/// Sends, and reads so many messages.
async fn talk(connection: &mut Connection, framer: &mut Framer, sent: &str, messages: usize) -> Vec<Frame> {
    assert_eq!(connection.write(sent.as_bytes(), PATIENCE_MS).await, Wrote::All);
    let mut frames = Vec::new();
    while frames.len() < messages {
        let mut bytes = Vec::new();
        connection.read(&mut bytes, PATIENCE_MS).await;
        assert!(!bytes.is_empty(), "nothing after {frames:?}");
        framer.feed(&bytes);
        frames.extend(std::iter::from_fn(|| framer.next_frame()));
    }
    frames
}

/// The replies to all that was sent behind the command that blocks, in the order in which they came.
async fn replies(binary: PathBuf) -> Vec<Frame> {
    let spec = PeerSpec::Qemu { binary, extra: Vec::new() };
    let props = [Prop::Fifo("rules".to_owned())];
    let mut peer = Peer::open_with(&spec, &Limits::default(), &props).await.expect("QEMU starts");
    let mut connection = peer.connect().await.expect("it listens");
    let mut framer = Framer::new(&Limits::default());
    talk(&mut connection, &mut framer, "", 1).await;
    let enable = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#;
    talk(&mut connection, &mut framer, enable, 1).await;
    let mut came = talk(&mut connection, &mut framer, &[BLOCKING, BEHIND].concat(), URGENT.len()).await;
    assert!(peer.feed("rules", PATIENCE_MS).await.expect("a pipe"), "nobody reads it");
    came.extend(talk(&mut connection, &mut framer, "", 3).await);
    came
}

fn id(frame: &Frame) -> Option<&str> {
    let Frame::Message(message) = frame else { return None };
    message.get("id")?.as_str()
}

/// The rules that the replies break.
fn broken(frames: &[Frame]) -> Vec<&'static str> {
    let schema = qmprobe_schema::shipped("qemu-7.2").expect("shipped").expect("well-formed");
    let case = Case {
        id: CaseId { seed: 0, index: 0 },
        name: String::new(),
        command: None,
        aim: None,
        start: Start::Command,
        steps: Vec::new(),
    };
    let exchange = Exchange {
        step: Some(0),
        connection: 0,
        opened: false,
        sent: [BLOCKING, BEHIND].concat().into_bytes().into(),
        received: frames.iter().map(|frame| Received { at_us: 0, frame: frame.clone() }).collect(),
        end: ExchangeEnd::Complete,
        sent_us: 0,
        attempt: None,
        weight: None,
    };
    let transcript = Transcript {
        case: Arc::new(case),
        dialect: Dialect::Qmp,
        version: None,
        model: Model::V3_1,
        start: SessionState { oob: true, ..SessionState::command_mode(Dialect::Qmp) },
        exchanges: vec![exchange],
        ending: Ending::Alive,
    };
    let verdicts = judge(&schema, &transcript);
    let failed = verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Fail(_)));
    failed.map(|verdict| verdict.rule.slug).collect()
}

#[test]
fn what_is_out_of_band_overtakes_a_command_that_blocks_and_breaks_no_rule() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for binary in installed() {
        let came = runtime.block_on(replies(binary.clone()));
        let ids: Vec<Option<&str>> = came.iter().map(id).collect();
        let urgent = URGENT.map(Some);
        assert_eq!(ids, [&urgent[..], &[Some("slow"), Some("queued"), None]].concat(), "{binary:?}");
        assert_eq!(broken(&came), Vec::<&str>::new(), "{binary:?}");

        let mut swapped = came.clone();
        swapped.swap(3, 4);
        assert_eq!(broken(&swapped), ["reply-order"], "what is in band may not overtake");
        let mut late = came.clone();
        late.rotate_left(2);
        assert_eq!(broken(&late), Vec::<&str>::new(), "nothing is said of one kind against the other");
        assert_eq!(broken(&came[1..]), ["one-reply"], "an answer out of band is lost");
    }
}
