//! Connections: in this process and over a unix socket, one client after the other.

mod talk;

use qmprobe_reference::{Bug, Server, dial};
use qmprobe_wire::Dialect;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use talk::{GREETING, NEGOTIATE, NEGOTIATE_OOB, bug, config, kinds};

/// What a client that says all this and then half-closes gets in all.
fn visit(mut stream: UnixStream, input: &[u8]) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
    stream.write_all(input).expect("the peer reads");
    stream.shutdown(Shutdown::Write).expect("the peer is there");
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).expect("the peer closes in time");
    String::from_utf8_lossy(&heard).into_owned()
}

fn server(bugs: Vec<&'static Bug>) -> Server {
    Server::new(config(Dialect::Qmp, bugs))
}

#[test]
fn a_dialled_connection_is_greeted_answered_and_closed() {
    let stream = dial(&config(Dialect::Qmp, Vec::new())).unwrap();
    assert_eq!(visit(stream, NEGOTIATE.as_bytes()), format!("{GREETING}{{\"return\": {{}}}}\r\n"));
}

#[test]
fn many_long_replies_are_all_written() {
    let stream = dial(&config(Dialect::Qmp, Vec::new())).unwrap();
    let input = format!("{NEGOTIATE}{}", r#"{"execute":"query-qmp-schema"}"#.repeat(20));
    let heard = visit(stream, input.as_bytes());
    assert_eq!(kinds(&heard), [vec!["other"], vec!["return"; 21]].concat());
}

#[test]
fn every_connection_negotiates_for_itself_unless_a_bug_says_otherwise() {
    let second = |bugs| {
        let server = server(bugs);
        visit(server.dial().unwrap(), NEGOTIATE_OOB.as_bytes());
        visit(server.dial().unwrap(), br#"{"execute":"query-name"}"#)
    };
    assert_eq!(kinds(&second(Vec::new())), ["other", "CommandNotFound"]);
    assert_eq!(kinds(&second(vec![bug("negotiation-survives-reconnect")])), ["other", "return"]);
}

#[test]
fn a_hang_outlives_its_connection_by_one() {
    let server = server(vec![bug("hangs-on-command")]);
    let input = format!("{NEGOTIATE}{}{}", r#"{"execute":"query-name"}"#, r#"{"execute":"query-version"}"#);
    assert_eq!(kinds(&visit(server.dial().unwrap(), input.as_bytes())), ["other", "return"]);
    assert_eq!(visit(server.dial().unwrap(), NEGOTIATE.as_bytes()), GREETING);
    assert_eq!(kinds(&visit(server.dial().unwrap(), NEGOTIATE.as_bytes())), ["other", "return"]);
}

#[test]
fn a_peer_that_quit_starts_anew_when_it_is_dialled() {
    let server = server(Vec::new());
    let quit = format!("{NEGOTIATE}{}", r#"{"execute":"quit"}"#);
    assert_eq!(kinds(&visit(server.dial().unwrap(), quit.as_bytes())).last(), Some(&"return"));
    let two = format!("{NEGOTIATE}{}", r#"{"execute":"query-name"}"#.repeat(2));
    assert_eq!(kinds(&visit(server.dial().unwrap(), two.as_bytes())).len(), 4);
}

/// A server on a socket in a directory of its own, which ends when it is told to quit.
struct Listening {
    path: PathBuf,
    served: std::thread::JoinHandle<std::io::Result<()>>,
    _dir: tempfile::TempDir,
}

impl Listening {
    fn start(leftover: bool) -> Listening {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("qmp");
        if leftover {
            drop(std::os::unix::net::UnixListener::bind(&path).expect("a free path"));
        }
        let (config, at) = (config(Dialect::Qmp, Vec::new()), path.clone());
        let served = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(Server::new(config).listen(&at, None))
        });
        Listening { path, served, _dir: dir }
    }

    fn connect(&self) -> UnixStream {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            match UnixStream::connect(&self.path) {
                Ok(stream) => return stream,
                Err(error) if Instant::now() >= until => panic!("nobody listens: {error}"),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn quit(self) {
        visit(self.connect(), format!("{NEGOTIATE}{}", r#"{"execute":"quit"}"#).as_bytes());
        self.served.join().expect("no panic").expect("it served to the end");
    }
}

#[test]
fn a_second_client_is_served_when_the_first_has_left() {
    let listening = Listening::start(false);
    let first = listening.connect();
    let mut second = listening.connect();
    second.write_all(NEGOTIATE.as_bytes()).unwrap();
    second.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(second.read(&mut [0]).is_err(), "it has to wait");
    assert_eq!(visit(first, b""), GREETING);
    assert_eq!(kinds(&visit(second, b"")), ["other", "return"]);
    listening.quit();
}

#[test]
fn a_socket_that_nobody_listens_on_is_replaced() {
    Listening::start(true).quit();
}

#[test]
fn a_client_that_goes_away_in_the_middle_harms_nobody() {
    let listening = Listening::start(false);
    let mut rude = listening.connect();
    rude.write_all(format!("{NEGOTIATE}{}", r#"{"execute":"query-qmp-schema"}"#.repeat(50)).as_bytes())
        .unwrap();
    drop(rude);
    assert_eq!(kinds(&visit(listening.connect(), NEGOTIATE.as_bytes())), ["other", "return"]);
    listening.quit();
}
