//! Stored files, in pieces.

use std::io::{Read as _, Write as _};
use std::path::Path;

use parcels::message;
use parcels::message::Message;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;

use super::database::{SqlStore, commit, counted, one, run};
use super::records::FileHash;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::hash::{hex, sha256_hex};

/// Files are kept in pieces of this size, for a database holds no value beyond 1 GB and copies what it holds.
const PART_BYTES: usize = 8 << 20;

const DOING: Message = message!("keeping-file");
const NEW: &str = "INSERT INTO lp_files (sha256, size) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const PIECE: &str = "INSERT INTO lp_file_parts (sha256, part, bytes) VALUES ($1, $2, $3)";

pub(super) async fn put(store: &SqlStore, bytes: &[u8]) -> Result<FileHash> {
    let hash = FileHash(sha256_hex(bytes));
    let mut tx = store.begin().await?;
    let row = sqlx::query(NEW).bind(&hash.0).bind(counted(bytes.len() as u64));
    if run(&mut *tx, &DOING, row).await? == 1 {
        for (part, piece) in (0_i64..).zip(bytes.chunks(PART_BYTES)) {
            run(&mut *tx, &DOING, sqlx::query(PIECE).bind(&hash.0).bind(part).bind(piece)).await?;
        }
    }
    commit(tx, &DOING).await?;
    Ok(hash)
}

pub(super) async fn put_at(store: &SqlStore, path: &Path, hash: &FileHash) -> Result<()> {
    let mut file = std::fs::File::open(path).context(ErrorKind::Unreadable, &DOING)?;
    let size = file.metadata().context(ErrorKind::Unreadable, &DOING)?.len();
    let mut tx = store.begin().await?;
    let row = sqlx::query(NEW).bind(&hash.0).bind(counted(size));
    if run(&mut *tx, &DOING, row).await? == 1 {
        let mut found = Sha256::new();
        let mut piece = Vec::with_capacity(PART_BYTES);
        for part in 0_i64.. {
            piece.clear();
            let read = (&mut file).take(PART_BYTES as u64).read_to_end(&mut piece);
            if read.context(ErrorKind::Unreadable, &DOING)? == 0 {
                break;
            }
            found.update(&piece);
            let row = sqlx::query(PIECE).bind(&hash.0).bind(part).bind(piece.as_slice());
            run(&mut *tx, &DOING, row).await?;
        }
        if hex(&found.finalize()) != hash.0 {
            return Err(Error::new(ErrorKind::Unreadable, message!("file-changed-inside", doing = &DOING)));
        }
    }
    commit(tx, &DOING).await
}

async fn size(store: &SqlStore, hash: &FileHash) -> Result<u64> {
    let size = sqlx::query("SELECT size FROM lp_files WHERE sha256 = $1").bind(&hash.0);
    let read = |row: &AnyRow| sqlx::Row::try_get::<i64, _>(row, 0);
    let size = one(&store.read, &message!("file-of-hash", hash = hash.0), size, read).await?;
    Ok(u64::try_from(size).unwrap_or(0))
}

async fn piece(store: &SqlStore, hash: &FileHash, part: u64) -> Result<Vec<u8>> {
    let piece = sqlx::query("SELECT bytes FROM lp_file_parts WHERE sha256 = $1 AND part = $2");
    let read = |row: &AnyRow| sqlx::Row::try_get::<Vec<u8>, _>(row, 0);
    let piece = piece.bind(&hash.0).bind(counted(part));
    one(&store.read, &message!("file-of-hash", hash = hash.0), piece, read).await
}

pub(super) async fn whole(store: &SqlStore, hash: &FileHash) -> Result<Vec<u8>> {
    let size = size(store, hash).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    for part in 0..size.div_ceil(PART_BYTES as u64) {
        bytes.extend(piece(store, hash, part).await?);
    }
    Ok(bytes)
}

pub(super) async fn write(store: &SqlStore, hash: &FileHash, to: &Path) -> Result<()> {
    let writing = || message!("writing-file", file = to.display());
    let mut file = std::fs::File::create(to).context(ErrorKind::Unwritable, writing())?;
    for part in 0..size(store, hash).await?.div_ceil(PART_BYTES as u64) {
        file.write_all(&piece(store, hash, part).await?).context(ErrorKind::Unwritable, writing())?;
    }
    Ok(())
}
