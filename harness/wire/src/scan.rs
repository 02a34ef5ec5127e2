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

/// How many bytes stand before the first that means something in a JSON string, or may not stand there raw: quote,
/// backslash, control character, 0x80 and beyond. Eight at a time, as strings are short.
#[inline]
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    // A byte below `n` sets its highest bit in what is returned, and so may one that follows it: the first counts.
    let below = |word: u64, n: u8| word.wrapping_sub(ONES * u64::from(n)) & !word;
    let mut at = 0;
    while let Some(chunk) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        // So the quote comes next to the control characters, and the blank takes its place.
        let quote_or_control = below(word ^ (ONES * 2), 0x21);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let stops = (quote_or_control | backslash | word) & HIGHS;
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let stops = |byte: &u8| matches!(byte, b'"' | b'\\') || !(0x20..0x80).contains(byte);
    let rest = &bytes[at..];
    at + rest.iter().position(stops).unwrap_or(rest.len())
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

    #[test]
    fn every_byte_is_plain_or_ends_the_run_wherever_it_stands() {
        for byte in 0..=255u8 {
            let stops = byte == b'"' || byte == b'\\' || !(0x20..0x80).contains(&byte);
            for at in 0..20 {
                let mut bytes = [b'a'; 20];
                bytes[at] = byte;
                assert_eq!(plain_length(&bytes), if stops { at } else { 20 }, "{byte:#x} at {at}");
            }
        }
    }
}
