//! Bytes to make values from: a pure function of a seed, a text and a count.

/// Bytes given: more than all but the widest return values use up.
const BYTES: usize = 1024;

/// The bytes that belong to `text` and `count` under `seed`.
pub(crate) fn bytes(seed: u64, text: &str, count: u64) -> Vec<u8> {
    let mut state = mix(seed ^ mix(count));
    for byte in text.bytes() {
        state = mix(state ^ u64::from(byte));
    }
    let mut out = Vec::with_capacity(BYTES);
    while out.len() < BYTES {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        out.extend_from_slice(&mix(state).to_le_bytes());
    }
    out
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn the_same_question_gets_the_same_bytes_and_another_gets_others() {
        assert_eq!(bytes(1, "query-status", 0), bytes(1, "query-status", 0));
        assert_ne!(bytes(1, "query-status", 0), bytes(2, "query-status", 0));
        assert_ne!(bytes(1, "query-status", 0), bytes(1, "query-name", 0));
        assert_ne!(bytes(1, "query-status", 0), bytes(1, "query-status", 1));
    }
}
