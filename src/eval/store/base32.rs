//! Nix's base 32: digits without `e`, `o`, `t` and `u`, starting with the last bits.

const DIGITS: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// The number of digits that encode so many bytes.
pub(in crate::eval) fn encoded_len(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Encodes bytes.
pub(in crate::eval) fn encode(bytes: &[u8]) -> String {
    let digit = |nth: usize| {
        let (byte, bit) = (nth * 5 / 8, nth * 5 % 8);
        let low = u16::from(bytes[byte]);
        let high = bytes.get(byte + 1).map_or(0, |byte| u16::from(*byte));
        let bits = ((low | high << 8) >> bit) & 0x1f;
        char::from(DIGITS[usize::from(bits)])
    };
    (0..encoded_len(bytes.len())).rev().map(digit).collect()
}

/// Decodes digits; `None` if one is invalid. If the first digit has too many bits, the result is one byte longer than
/// expected.
pub(in crate::eval) fn decode(digits: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0_u8; digits.len() * 5 / 8];
    for (nth, c) in digits.chars().rev().enumerate() {
        let value = DIGITS.iter().position(|digit| char::from(*digit) == c)?;
        let (byte, bit) = (nth * 5 / 8, nth * 5 % 8);
        let bits = u16::try_from(value).expect("there are 32 digits") << bit;
        let [low, high] = bits.to_le_bytes();
        for (at, bits) in [(byte, low), (byte + 1, high)] {
            match bytes.get_mut(at) {
                Some(byte) => *byte |= bits,
                None if bits == 0 => {}
                None => bytes.push(bits),
            }
        }
    }
    Some(bytes)
}

/// Whether a character is a digit.
pub(in crate::eval) fn is_digit(c: char) -> bool {
    c.is_ascii() && DIGITS.contains(&(c as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37).wrapping_add(length)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
        assert_eq!(decode("e0"), None);
    }
}
