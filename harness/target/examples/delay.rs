//! A peer that is slower than it is: starts one behind itself and holds back each piece of its output.
//! `delay SOCKET MICROSECONDS PROGRAM ARGUMENT...`, where `@` in an argument stands for the inner socket.
//! It is what `qmprobe bench` is tried on: a planted slowness of a known size.

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes passed on at once.
const PIECE_BYTES: usize = 64 << 10;
/// How long the inner peer has to listen.
const START_MAX: Duration = Duration::from_secs(5);

fn main() -> io::Result<()> {
    let mut words = env::args().skip(1);
    let usage = || io::Error::new(ErrorKind::InvalidInput, "delay SOCKET MICROSECONDS PROGRAM ARGUMENT...");
    let socket = words.next().ok_or_else(usage)?;
    let delay = words.next().and_then(|word| word.parse().ok()).map(Duration::from_micros);
    let (delay, program) = delay.zip(words.next()).ok_or_else(usage)?;
    let inner = format!("{socket}.inner");
    let mut peer = Command::new(program).args(words.map(|word| word.replace('@', &inner))).spawn()?;
    let until = Instant::now() + START_MAX;
    while let Err(error) = UnixStream::connect(&inner) {
        if Instant::now() >= until {
            peer.kill()?;
            return Err(error);
        }
        thread::sleep(Duration::from_millis(1));
    }
    for client in UnixListener::bind(&socket)?.incoming() {
        let (client, server) = (client?, UnixStream::connect(&inner)?);
        let (from, to) = (client.try_clone()?, server.try_clone()?);
        let upward = thread::spawn(move || pass(from, to, Duration::ZERO));
        // How a connection ends is its client's affair.
        let _ = pass(server, client, delay);
        let _ = upward.join();
    }
    peer.kill()
}

/// Passes on what comes, each piece so much later. Spins: a sleep is not that exact.
fn pass(mut from: UnixStream, mut to: UnixStream, delay: Duration) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = from.read(&mut piece)?;
        if count == 0 {
            return to.shutdown(std::net::Shutdown::Both);
        }
        let until = Instant::now() + delay;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        to.write_all(&piece[..count])?;
    }
}
