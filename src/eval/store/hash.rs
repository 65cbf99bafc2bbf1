//! Hashes: algorithms and formats.

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::base32;

/// A hash algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::eval) enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// Parses the name of an algorithm; the error is Nix's.
    pub(in crate::eval) fn parse(name: &str) -> Result<Self, String> {
        if name == "blake3" {
            let feature = "experimental Nix feature 'blake3-hashes' is disabled";
            return Err(format!("{feature}; add '--extra-experimental-features blake3-hashes' to enable it"));
        }
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name).ok_or_else(|| {
            format!("unknown hash algorithm '{name}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'")
        })
    }

    pub(in crate::eval) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The size of a digest in bytes.
    pub(in crate::eval) fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// How to write a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::eval) enum Format {
    Base16,
    Nix32,
    Base64,
    Sri,
}

impl Format {
    /// Parses the name of a format; the error is Nix's.
    pub(in crate::eval) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "base16" => Ok(Self::Base16),
            "nix32" | "base32" => Ok(Self::Nix32),
            "base64" => Ok(Self::Base64),
            "sri" => Ok(Self::Sri),
            _ => Err(format!("unknown hash format '{name}', expect 'base16', 'base32', 'base64', or 'sri'")),
        }
    }
}

/// A hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::eval) struct Hash {
    pub(in crate::eval) algorithm: Algorithm,
    pub(in crate::eval) digest: Vec<u8>,
}

impl Hash {
    /// Hashes bytes.
    pub(in crate::eval) fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The hash that stands for "not known yet".
    pub(in crate::eval) fn zero(algorithm: Algorithm) -> Self {
        Self { algorithm, digest: vec![0; algorithm.size()] }
    }

    /// Parses a hash in any format. `algorithm` is needed if the text names none; if both do, they must agree. The
    /// error is Nix's.
    pub(in crate::eval) fn parse(text: &str, algorithm: Option<Algorithm>) -> Result<Self, String> {
        let (named, rest, is_sri) = match text.split_once(':') {
            Some((name, rest)) => (Some(Algorithm::parse(name)?), rest, false),
            None => match text.split_once('-') {
                Some((name, rest)) => (Some(Algorithm::parse(name)?), rest, true),
                None => (None, text, false),
            },
        };
        let algorithm = match (named, algorithm) {
            (None, None) => {
                let what = "does not include a type, nor is the type otherwise known from context";
                return Err(format!("hash '{text}' {what}"));
            }
            (Some(named), Some(wanted)) if named != wanted => {
                return Err(format!("hash '{text}' should have type '{}'", wanted.name()));
            }
            (Some(algorithm), _) | (None, Some(algorithm)) => algorithm,
        };
        Self::parse_digest(rest, algorithm, is_sri)
    }

    fn parse_digest(text: &str, algorithm: Algorithm, is_sri: bool) -> Result<Self, String> {
        let size = algorithm.size();
        let (notation, digest) = if is_sri {
            ("SRI", decode_base64(text).unwrap_or_default())
        } else if text.len() == size * 2 {
            ("base16", HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap_or_default())
        } else if text.len() == base32::encoded_len(size) {
            ("nix32", base32::decode(text).unwrap_or_default())
        } else if text.len() == size.div_ceil(3) * 4 {
            ("base64", decode_base64(text).unwrap_or_default())
        } else {
            return Err(format!("hash '{text}' has wrong length for hash algorithm '{}'", algorithm.name()));
        };
        if digest.len() != size {
            let length = digest.len();
            return Err(format!("invalid {notation} hash '{text}', length {length} != expected length {size}"));
        }
        Ok(Self { algorithm, digest })
    }

    /// Formats the hash; only SRI includes the algorithm.
    pub(in crate::eval) fn format(&self, format: Format) -> String {
        match format {
            Format::Base16 => HEXLOWER.encode(&self.digest),
            Format::Nix32 => base32::encode(&self.digest),
            Format::Base64 => BASE64.encode(&self.digest),
            Format::Sri => format!("{}-{}", self.algorithm.name(), BASE64.encode(&self.digest)),
        }
    }

    /// The hash in base 16, the format that store paths are computed from.
    pub(in crate::eval) fn hex(&self) -> String {
        self.format(Format::Base16)
    }
}

/// Decodes base 64 like Nix: the text ends at the first `=`, and padding may be missing. `None` if it contains an
/// invalid character.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            b'\n' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    Some(bytes)
}

/// A hash computation in progress.
pub(in crate::eval) enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Box<Sha512>),
}

impl Hasher {
    pub(in crate::eval) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Box::default()),
        }
    }

    pub(in crate::eval) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    pub(in crate::eval) fn finish(self) -> Hash {
        let (algorithm, digest) = match self {
            Self::Md5(hasher) => (Algorithm::Md5, hasher.finalize().to_vec()),
            Self::Sha1(hasher) => (Algorithm::Sha1, hasher.finalize().to_vec()),
            Self::Sha256(hasher) => (Algorithm::Sha256, hasher.finalize().to_vec()),
            Self::Sha512(hasher) => (Algorithm::Sha512, hasher.finalize().to_vec()),
        };
        Hash { algorithm, digest }
    }
}
