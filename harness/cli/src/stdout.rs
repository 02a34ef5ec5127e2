//! Standard output that does not mind a reader who has seen enough: after EPIPE all goes nowhere.
//! (`println!` panics there, and dying of SIGPIPE would lose the reports.)

use std::io::{self, BufWriter, ErrorKind, Write};

/// Buffered standard output.
#[derive(Debug)]
pub struct Stdout {
    inner: BufWriter<io::Stdout>,
    closed: bool,
}

impl Stdout {
    /// The process's.
    pub fn new() -> Stdout {
        Stdout { inner: BufWriter::new(io::stdout()), closed: false }
    }

    fn tolerate<T>(&mut self, result: io::Result<T>, nowhere: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(nowhere)
            }
            result => result,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let wrote = self.inner.write(bytes);
        self.tolerate(wrote, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.tolerate(flushed, ())
    }
}
