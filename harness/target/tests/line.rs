//! Guest agents at the end of a line: started, sandboxed, talked to, and the next client.
#![allow(clippy::unwrap_used)]

mod peers;

use qmprobe_target::{Channel, Peer, Read, Wrote};

const PING: &str = r#"{"execute":"guest-ping"}"#;

#[tokio::test]
async fn an_agent_on_a_line_answers_and_lives_on_when_a_client_leaves() {
    for channel in [Channel::IsaSerial, Channel::VirtioSerial] {
        for binary in peers::all("qemu-ga") {
            let mut peer = peers::open(&peers::agent_on(channel, binary.clone())).await;
            for _ in 0..2 {
                let mut connection = peer.connect().await.unwrap();
                assert_eq!(peers::ask(&mut connection, PING).await, "{\"return\": {}}\n", "{channel:?}");
                connection.close(10).await;
            }
            assert_eq!(peer.exited(), None, "{channel:?} {binary:?}");
        }
    }
}

#[tokio::test]
async fn a_line_carries_a_message_of_some_kilobytes_both_ways() {
    let Some(binary) = peers::one("qemu-ga") else { return };
    let mut peer = peers::open(&peers::agent_on(Channel::VirtioSerial, binary)).await;
    let mut connection = peer.connect().await.unwrap();
    let id = "a".repeat(3 << 10);
    let reply = peers::ask(&mut connection, &format!(r#"{{"execute":"guest-ping","id":"{id}"}}"#)).await;
    assert_eq!(reply, format!("{{\"return\": {{}}, \"id\": \"{id}\"}}\n"));
}

#[tokio::test]
async fn what_a_client_left_unread_is_there_for_the_next() {
    let Some(binary) = peers::one("qemu-ga") else { return };
    let mut peer = peers::open(&peers::agent_on(Channel::IsaSerial, binary)).await;
    let mut left = peer.connect().await.unwrap();
    left.write(PING.as_bytes(), 1_000).await;
    drop(left);
    let mut next = peer.connect().await.unwrap();
    assert_eq!(peers::line(&mut next).await, "{\"return\": {}}\n");
}

#[tokio::test]
async fn the_end_of_the_agent_is_the_end_of_the_line() {
    let Some(binary) = peers::one("qemu-ga") else { return };
    let mut peer = peers::open(&peers::agent_on(Channel::IsaSerial, binary)).await;
    let mut connection = peer.connect().await.unwrap();
    kill(&peer);
    let mut heard = Vec::new();
    let read = connection.read(&mut heard, 5_000).await;
    assert!(matches!(read, Read::Eof | Read::Reset), "{read:?}");
    assert!(peer.wait_exit(5_000).await.is_some());
}

fn kill(peer: &Peer) {
    let pid = i32::try_from(peer.pid().unwrap()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process_group(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn no_reply_is_lost_on_a_line_when_several_commands_come_at_once() {
    let Some(binary) = peers::one("qemu-ga") else { return };
    for channel in [Channel::IsaSerial, Channel::VirtioSerial] {
        let mut peer = peers::open(&peers::agent_on(channel, binary.clone())).await;
        let mut connection = peer.connect().await.unwrap();
        let id = "a".repeat(2048);
        let burst = format!(r#"{PING}{{"execute":"guest-ping","id":"{id}"}}{PING}"#);
        let due =
            format!("{{\"return\": {{}}}}\n{{\"return\": {{}}, \"id\": \"{id}\"}}\n{{\"return\": {{}}}}\n");
        for round in 0..300 {
            assert_eq!(connection.write(burst.as_bytes(), 5_000).await, Wrote::All);
            let mut heard = Vec::new();
            while heard.len() < due.len() {
                let read = connection.read(&mut heard, 1_000).await;
                assert!(
                    matches!(read, Read::Bytes(_)),
                    "{channel:?} {round}: {read:?} after {} of {} bytes",
                    heard.len(),
                    due.len()
                );
            }
            assert_eq!(String::from_utf8(heard).unwrap(), due, "{channel:?} {round}");
        }
    }
}
