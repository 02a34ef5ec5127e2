//! A finding of the recovery sweep, replayed: the peer reads the same bytes, in the same pieces, as far apart.

mod scripted;
mod stage;

use qmprobe_engine::{Finding, replay};
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Dialect, Limits, Step};
use scripted::{Asked, Twist, peer, serve};
use stage::run;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Cases up to the ones in which a command comes in two parts, and some of those.
const CASES: u64 = 10_500;
/// Milliseconds between pieces that no busy machine hides.
const LONG_MS: u64 = 100;
const INFO: &str = "{\"return\": {\"version\": \"7.2.0\", \"supported_commands\": [\
    {\"name\": \"guest-sync-delimited\", \"enabled\": true, \"success-response\": true}, \
    {\"name\": \"guest-sync\", \"enabled\": true, \"success-response\": true}, \
    {\"name\": \"guest-info\", \"enabled\": true, \"success-response\": true}, \
    {\"name\": \"guest-ping\", \"enabled\": true, \"success-response\": true}]";

/// Every piece that was read, on whichever connection, and when.
type Record = Arc<Mutex<Vec<(Instant, Vec<u8>)>>>;

/// An agent that keeps a record, and forgets a piece that goes on with what another began.
fn forgetful(record: &Record) -> PeerSpec {
    let record = Arc::clone(record);
    let bent = |asked: &Asked<'_>| match asked.command {
        "guest-info" => Twist::Say(format!("{INFO}}}{}}}\n", asked.id).into_bytes()),
        _ => Twist::Proper,
    };
    let serve_one = move |mut stream: UnixStream, _: u32| {
        let (mut inside, served) = UnixStream::pair().expect("a pair");
        thread::spawn(move || serve(served, Dialect::Qga, &bent));
        let mut answers = inside.try_clone().expect("a second handle");
        let mut back = stream.try_clone().expect("a second handle");
        thread::spawn(move || std::io::copy(&mut answers, &mut back));
        let (mut chunk, mut whole) = ([0; 1 << 16], true);
        while let Ok(count @ 1..) = stream.read(&mut chunk) {
            let piece = &chunk[..count];
            record.lock().expect("no panic holds it").push((Instant::now(), piece.to_vec()));
            let goes_on = !std::mem::replace(&mut whole, piece.ends_with(b"\n"));
            if !goes_on && inside.write_all(piece).is_err() {
                break;
            }
        }
        // The client is told, too, by the end of what it reads.
        drop(inside.shutdown(std::net::Shutdown::Write));
    };
    peer(Dialect::Qga, serve_one).0
}

/// Where these pieces stand one after another, and how far the first is from the second.
fn apart(record: &Record, pieces: &[Vec<u8>]) -> Vec<Duration> {
    let record = record.lock().expect("no panic holds it");
    let same = |window: &&[(Instant, Vec<u8>)]| window.iter().map(|(_, piece)| piece).eq(pieces);
    record.windows(pieces.len()).filter(same).map(|window| window[1].0 - window[0].0).collect()
}

#[test]
fn a_replayed_corruption_is_the_same_bytes_in_the_same_pieces_as_far_apart() {
    let record = Record::default();
    let over = run(&forgetful(&record), |options| {
        options.rules = vec!["sync-recovers".to_owned()];
        options.max_cases = Some(CASES);
    });
    let found = over.findings();
    let [finding] = found[..] else { panic!("{:?}", over.rules()) };
    assert!(finding.case.name.contains("command-split"), "{}", finding.case.name);
    let [Step::Push(first), Step::Settle(ms), Step::Sync(sync)] = &finding.case.steps[..] else {
        panic!("{:?}", finding.case.steps);
    };
    let token = sync.token_of(0);
    let request = format!("{{\"execute\":\"guest-sync-delimited\",\"arguments\":{{\"id\":{token}}}}}\n");
    let second = [&sync.before.to_vec(), b"\xff".as_slice(), request.as_bytes()].concat();
    let pieces = [first.clone(), second];
    assert!(!apart(&record, &pieces).is_empty());

    let file = over.out.path().join(finding.file.as_deref().expect("a file"));
    let kept = replay::load(&file).expect("a finding");
    assert_eq!(kept.case, finding.case);
    assert_eq!(replayed(&kept, &pieces).len(), 3);

    // A millisecond is lost in how a busy machine wakes who reads.
    assert_eq!(*ms, 1);
    let mut slower = kept.clone();
    slower.case.steps[1] = Step::Settle(LONG_MS);
    let gaps = replayed(&slower, &pieces);
    assert!(gaps.iter().all(|gap| *gap >= Duration::from_millis(LONG_MS / 2)), "{gaps:?}");
}

/// How far apart a peer reads the pieces in each of three tries, all of which show the finding again.
fn replayed(finding: &Finding, pieces: &[Vec<u8>]) -> Vec<Duration> {
    let record = Record::default();
    let (peer, limits) = (forgetful(&record), Limits::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let replayed = runtime.block_on(replay::run(finding, &peer, None, 3, &limits)).expect("a peer");
    assert_eq!((replayed.fails, replayed.tries), (3, 3));
    apart(&record, pieces)
}
