//! `qapi-client SOCKET COUNT COMMAND`: nanoseconds of wall and processor time for each command.

use qapi::futures::QmpStreamTokio;
use qapi::qmp;
use std::time::Instant;

fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, socket, count, command] = &words[..] else { return Err("SOCKET COUNT COMMAND".into()) };
    let count: u64 = count.parse()?;
    let stream = QmpStreamTokio::open_uds(socket).await?;
    let stream = stream.negotiate().await?;
    let (client, _handle) = stream.spawn_tokio();
    let (mut wall, mut cpu) = (Instant::now(), cpu_ns());
    for done in 0..count + count / 10 {
        if done == count / 10 {
            (wall, cpu) = (Instant::now(), cpu_ns());
        }
        match &command[..] {
            "query-status" => drop(client.execute(qmp::query_status {}).await?),
            "query-qmp-schema" => drop(client.execute(qmp::query_qmp_schema {}).await?),
            other => return Err(format!("{other} is not among the commands").into()),
        }
    }
    println!("{} {}", wall.elapsed().as_nanos() as u64 / count, (cpu_ns() - cpu) / count);
    Ok(())
}
