//! How fast this machine does, at this moment, what every peer has to do: be woken, read, and answer. Two runs
//! that are compared with each other need to know whether it was the machine that changed.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of a question, read one by one, as QEMU reads its monitor (`monitor/qmp.c:monitor_qmp_read`).
const QUESTION_BYTES: usize = 40;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Nanoseconds of each of `count` questions to a thread of ours and its answers.
///
/// # Errors
/// The system gives no socket pair or no thread, or takes seconds for an answer.
pub fn pace_ns(count: u32) -> io::Result<Vec<u64>> {
    let (mut here, there) = UnixStream::pair()?;
    here.set_read_timeout(Some(PATIENCE))?;
    let answerer = thread::Builder::new().name("pace".to_owned()).spawn(move || answer(there))?;
    let mut taken = Vec::with_capacity(count as usize);
    let mut back = [0];
    for _ in 0..count {
        let asked = Instant::now();
        here.write_all(&[b'x'; QUESTION_BYTES])?;
        here.read_exact(&mut back)?;
        taken.push(u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    drop(here);
    // It ends with the connection, and how is of no interest.
    let _ = answerer.join();
    Ok(taken)
}

fn answer(mut stream: UnixStream) -> io::Result<()> {
    let mut byte = [0];
    loop {
        for _ in 0..QUESTION_BYTES {
            stream.read_exact(&mut byte)?;
        }
        stream.write_all(&byte)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_answered_and_timed() {
        let taken = pace_ns(50).unwrap();
        assert!(taken.len() == 50 && taken.iter().all(|ns| *ns > 0));
    }
}
