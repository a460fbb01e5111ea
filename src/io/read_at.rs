//! Reading at a place of a file that several read at once.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};

/// Reads as many bytes from `offset` on as are there, at most as many as fit into `bytes`. Returns how many.
pub(super) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match once(file, &mut bytes[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    Ok(done)
}

/// Fills `bytes` from `offset` on.
pub(super) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<()> {
    let read = read_at(file, bytes, offset)?;
    if read == bytes.len() { Ok(()) } else { Err(Error::from(ErrorKind::UnexpectedEof)) }
}

#[cfg(unix)]
fn once(file: &File, bytes: &mut [u8], offset: u64) -> Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
fn once(file: &File, bytes: &mut [u8], offset: u64) -> Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn bytes_are_those_of_the_place_up_to_the_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let mut bytes = [0; 4];
        assert_eq!(read_at(&file, &mut bytes, 3).unwrap(), 4);
        assert_eq!(&bytes, b"3456");
        assert_eq!(read_at(&file, &mut bytes, 8).unwrap(), 2);
        assert_eq!(&bytes[..2], b"89");
        read_exact_at(&file, &mut bytes, 6).unwrap();
        assert_eq!(&bytes, b"6789");
        assert_eq!(read_exact_at(&file, &mut bytes, 7).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}
