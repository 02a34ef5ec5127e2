//! Connections against peers scripted in this process: what each read and write comes to.
#![allow(clippy::unwrap_used)]

use qmprobe_target::{Address, Connection, Embedded, Error, Peer, PeerSpec, Read, Wrote};
use qmprobe_wire::{Dialect, Limits};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Opens a peer whose every connection is served by `script`, whose result comes out of the channel.
async fn scripted<T: Send + 'static>(
    script: impl Fn(UnixStream) -> T + Clone + Send + Sync + 'static,
) -> (Peer, Connection, Receiver<T>) {
    let (sender, results) = channel();
    let dial = move || {
        let (ours, theirs) = UnixStream::pair()?;
        let (script, sender) = (script.clone(), sender.clone());
        thread::spawn(move || sender.send(script(theirs)));
        Ok(ours)
    };
    let embedded = Embedded {
        name: "scripted".into(),
        dialect: Dialect::Qmp,
        dial: Arc::new(dial),
        weigh: None,
        anew: None,
    };
    let mut peer = Peer::open(&PeerSpec::Embedded(embedded), &Limits::default()).await.unwrap();
    let connection = peer.connect().await.unwrap();
    (peer, connection, results)
}

async fn read_to_end(connection: &mut Connection) -> (Vec<u8>, Read) {
    let mut bytes = Vec::new();
    loop {
        match connection.read(&mut bytes, 5_000).await {
            Read::Bytes(_) => {}
            end => return (bytes, end),
        }
    }
}

#[tokio::test]
async fn a_large_write_takes_in_what_the_peer_answers_meanwhile() {
    const BYTES: usize = 4 << 20;
    // Like QEMU: answers each chunk before it reads the next, and waits until the answer is taken.
    let (_peer, mut connection, _) = scripted(|mut stream: UnixStream| {
        let mut chunk = vec![0; 64 << 10];
        loop {
            let count = stream.read(&mut chunk).unwrap();
            if count == 0 {
                return;
            }
            stream.write_all(&chunk[..count]).unwrap();
        }
    })
    .await;
    let sent: Vec<u8> = (0..BYTES).map(|index| (index % 251) as u8).collect();
    assert_eq!(connection.write(&sent, 10_000).await, Wrote::All);
    connection.half_close().await;
    assert_eq!(read_to_end(&mut connection).await, (sent, Read::Eof));
}

#[tokio::test]
async fn a_peer_that_never_reads_stops_a_write_at_its_deadline() {
    let (_peer, mut connection, _) = scripted(|stream| {
        thread::sleep(Duration::from_secs(2));
        stream
    })
    .await;
    let began = Instant::now();
    let wrote = connection.write(&vec![b' '; 4 << 20], 100).await;
    assert!(matches!(wrote, Wrote::TimedOut(1..)), "{wrote:?}");
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn what_a_peer_floods_us_with_during_a_write_is_bounded() {
    let dial = || {
        let (ours, mut theirs) = UnixStream::pair()?;
        thread::spawn(move || while theirs.write_all(&[b'x'; 4096]).is_ok() {});
        Ok(ours)
    };
    let embedded = Embedded {
        name: "flood".into(),
        dialect: Dialect::Qmp,
        dial: Arc::new(dial),
        weigh: None,
        anew: None,
    };
    let limits = Limits { case_bytes_max: 1 << 20, ..Limits::default() };
    let mut connection =
        Peer::open(&PeerSpec::Embedded(embedded), &limits).await.unwrap().connect().await.unwrap();
    assert!(matches!(connection.write(&vec![b' '; 4 << 20], 300).await, Wrote::TimedOut(_)));
    let mut held = Vec::new();
    connection.try_read(&mut held);
    assert!(held.len() >= 1 << 20 && held.len() < 2 << 20, "{}", held.len());
}

#[tokio::test]
async fn a_peer_that_is_gone_takes_no_more_but_its_last_words_are_read() {
    let (_peer, mut connection, done) =
        scripted(|mut stream: UnixStream| stream.write_all(b"bye").unwrap()).await;
    done.recv().unwrap();
    assert_eq!(connection.write(&vec![b' '; 4 << 20], 1_000).await, Wrote::Closed);
    assert_eq!(read_to_end(&mut connection).await, (b"bye".to_vec(), Read::Eof));
    assert_eq!(connection.try_read(&mut Vec::new()), Read::Eof);
}

#[tokio::test]
async fn a_peer_that_closes_without_reading_resets_the_connection() {
    let (_peer, mut connection, done) = scripted(|stream: UnixStream| {
        thread::sleep(Duration::from_millis(50));
        drop(stream);
    })
    .await;
    assert_eq!(connection.write(b"unread", 1_000).await, Wrote::All);
    done.recv().unwrap();
    assert_eq!(connection.read(&mut Vec::new(), 1_000).await, Read::Reset);
}

#[tokio::test]
async fn a_read_waits_for_its_deadline_and_a_try_does_not_wait() {
    let (_peer, mut connection, _) = scripted(|stream| {
        thread::sleep(Duration::from_secs(2));
        stream
    })
    .await;
    let mut bytes = Vec::new();
    let began = Instant::now();
    assert_eq!(connection.try_read(&mut bytes), Read::TimedOut);
    assert!(began.elapsed() < Duration::from_millis(50));
    assert_eq!(connection.read(&mut bytes, 100).await, Read::TimedOut);
    assert!((100..1_000).contains(&began.elapsed().as_millis()));
    assert!(bytes.is_empty());
}

#[tokio::test]
async fn a_try_sees_what_arrived_while_the_runtime_slept() {
    let (_peer, mut connection, done) = scripted(|mut stream: UnixStream| {
        stream.write_all(b"now").unwrap();
        stream
    })
    .await;
    let _open = done.recv().unwrap();
    let mut bytes = b"before ".to_vec();
    assert_eq!(connection.try_read(&mut bytes), Read::Bytes(3));
    assert_eq!(bytes, b"before now");
}

#[tokio::test]
async fn a_half_closed_connection_still_brings_answers() {
    let (_peer, mut connection, _) = scripted(|mut stream: UnixStream| {
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        stream.write_all(&heard).unwrap();
    })
    .await;
    connection.write(b"echo", 1_000).await;
    connection.half_close().await;
    assert_eq!(read_to_end(&mut connection).await, (b"echo".to_vec(), Read::Eof));
}

#[tokio::test]
async fn a_polite_close_lets_the_peer_finish_its_answer() {
    let (_peer, mut connection, done) = scripted(|mut stream: UnixStream| {
        stream.read_to_end(&mut Vec::new()).unwrap();
        stream.write_all(&vec![b'x'; 1 << 20]).is_ok()
    })
    .await;
    connection.write(b"x", 1_000).await;
    connection.close(5_000).await;
    assert!(done.recv().unwrap());
}

#[tokio::test]
async fn a_polite_close_gives_up_on_a_peer_that_drips_for_ever() {
    let (_peer, connection, _) = scripted(|mut stream: UnixStream| {
        while stream.write_all(b".").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    })
    .await;
    let began = Instant::now();
    connection.close(100).await;
    assert!((90..1_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_peer_over_tcp_is_reached_and_one_that_is_not_there_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || listener.accept().unwrap().0.write_all(b"hello").unwrap());
    let spec = |address: &str| PeerSpec::Connect { address: address.parse().unwrap(), dialect: Dialect::Qmp };
    let mut peer = Peer::open(&spec(&format!("tcp:{place}")), &Limits::default()).await.unwrap();
    let mut connection = peer.connect().await.unwrap();
    server.join().unwrap();
    assert_eq!(read_to_end(&mut connection).await, (b"hello".to_vec(), Read::Eof));
    assert_eq!((peer.pid(), peer.exited(), peer.sandboxed()), (None, None, false));
    assert_eq!(peer.command_line(), format!("tcp:{place}"));
    // Its listener is gone now.
    for address in [format!("tcp:{place}"), "unix:/nonexistent/socket".to_owned()] {
        let refused = Peer::open(&spec(&address), &Limits::default()).await.unwrap_err();
        assert!(matches!(&refused, Error::Connect { address: named, .. } if *named == address), "{refused}");
    }
}

#[test]
fn only_a_foreign_peer_is_not_ours() {
    let foreign = PeerSpec::Connect { address: Address::Tcp("h:1".into()), dialect: Dialect::Qga };
    let spawned = PeerSpec::Spawn { command: "x {socket}".into(), dialect: Dialect::Qga };
    assert_eq!((foreign.ours(), foreign.kind(), foreign.dialect()), (false, "other", Dialect::Qga));
    assert_eq!((spawned.ours(), spawned.kind(), spawned.dialect()), (true, "other", Dialect::Qga));
}

#[tokio::test]
async fn a_descriptor_travels_beside_the_first_byte_and_only_there() {
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    let (_peer, mut connection, results) = scripted(|stream: UnixStream| {
        let mut descriptors = Vec::new();
        for _ in 0..2 {
            let mut byte = [0];
            let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
            let mut beside = RecvAncillaryBuffer::new(&mut space);
            let mut into = [std::io::IoSliceMut::new(&mut byte)];
            recvmsg(&stream, &mut into, &mut beside, RecvFlags::empty()).unwrap();
            let files = beside.drain().map(|message| match message {
                RecvAncillaryMessage::ScmRights(fds) => fds.count(),
                _ => 0,
            });
            descriptors.push(files.sum::<usize>());
        }
        descriptors
    })
    .await;
    let file = std::fs::File::open("/dev/null").unwrap();
    use std::os::fd::AsFd as _;
    assert_eq!(connection.write_with(b"ab", Some(file.as_fd()), 1_000).await, Wrote::All);
    assert_eq!(results.recv_timeout(Duration::from_secs(5)).unwrap(), [1, 0]);
}
