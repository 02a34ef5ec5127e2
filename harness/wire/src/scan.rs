//! Skipping bytes that mean nothing: the one loop that all three readers of strings share.

/// Bytes looked at together: wide enough for vector instructions, short enough for common member names.
const CHUNK_BYTES: usize = 16;

/// How many bytes stand before the first one that `stops`.
/// `stops` should be free of branches (`|`, not `||`): whole chunks of bytes are then tested at once.
#[inline]
pub(crate) fn run_length(bytes: &[u8], stops: impl Fn(u8) -> bool) -> usize {
    let whole = bytes.chunks_exact(CHUNK_BYTES);
    let quiet = whole.take_while(|chunk| !chunk.iter().fold(false, |any, byte| any | stops(*byte))).count();
    let start = quiet * CHUNK_BYTES;
    let rest = &bytes[start..];
    start + rest.iter().position(|byte| stops(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_ends_before_the_first_stop_wherever_it_stands() {
        for length in 0..70 {
            let mut bytes = vec![b'a'; length];
            assert_eq!(run_length(&bytes, |byte| byte == b'"'), length);
            for at in (0..length).rev() {
                bytes[at] = b'"';
                assert_eq!(run_length(&bytes, |byte| byte == b'"'), at);
            }
        }
    }
}
