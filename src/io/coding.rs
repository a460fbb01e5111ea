//! How bytes are packed for the way: what HTTP calls content codings.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use parcels::message;

use crate::error::{Context as _, ErrorKind, Result};

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coding {
    /// As they are.
    Plain,
    /// What every client takes.
    Gzip,
    /// What packs best.
    Brotli,
    /// What packs and unpacks fastest.
    Zstd,
}

/// Levels that make a tile as small as gzip's usual one in a part of its time, and smaller still.
const GZIP: u32 = 6;
const BROTLI: u32 = 5;
const ZSTD: i32 = 6;
/// The window of brotli, bits: 4 MB, more than a tile has.
const BROTLI_WINDOW: u32 = 22;

impl Coding {
    /// Its name in HTTP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// Bytes, packed: the same bytes the same way.
    ///
    /// # Errors
    /// None but those of the machine.
    pub fn packed(self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(bytes.len() / 2);
        let done = match self {
            Self::Plain => return Ok(bytes.to_vec()),
            Self::Gzip => {
                let mut gzip = GzEncoder::new(&mut out, Compression::new(GZIP));
                gzip.write_all(bytes).and_then(|()| gzip.finish().map(drop))
            }
            Self::Brotli => {
                let mut brotli = brotli::CompressorWriter::new(&mut out, 1 << 16, BROTLI, BROTLI_WINDOW);
                // What is left is written when it is dropped.
                brotli.write_all(bytes)
            }
            Self::Zstd => zstd::stream::copy_encode(bytes, &mut out, ZSTD),
        };
        done.context(ErrorKind::Unwritable, message!("compressing-tile"))?;
        Ok(out)
    }

    /// Bytes that were packed so, as they were.
    ///
    /// # Errors
    /// When they were not.
    pub fn unpacked(self, packed: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(packed.len() * 3);
        let done = match self {
            Self::Plain => return Ok(packed.to_vec()),
            Self::Gzip => flate2::read::MultiGzDecoder::new(packed).read_to_end(&mut out),
            Self::Brotli => brotli::Decompressor::new(packed, 1 << 16).read_to_end(&mut out),
            Self::Zstd => zstd::stream::copy_decode(packed, &mut out).map(|()| out.len()),
        };
        done.context(ErrorKind::Unreadable, message!("unpacking-tile"))?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n / 7 % 251) as u8).collect();
        for coding in [Coding::Plain, Coding::Gzip, Coding::Brotli, Coding::Zstd] {
            for bytes in [&bytes[..], b"", b"x"] {
                let packed = coding.packed(bytes).unwrap();
                assert_eq!(coding.unpacked(&packed).unwrap(), bytes, "{coding:?}");
                assert_eq!(coding.packed(bytes).unwrap(), packed);
            }
            assert!(coding == Coding::Plain || coding.packed(&bytes).unwrap().len() < bytes.len() / 10);
            assert!(coding == Coding::Plain || coding.unpacked(b"nothing of the kind").is_err());
        }
    }
}
