//! Tells a failure for want of memory from a file that is damaged.

use std::collections::TryReserveError;
use std::error::Error;
use std::io;

use gdal::errors::GdalError;

/// `CPLE_OutOfMemory` in GDAL's `cpl_error.h`.
const CPLE_OUT_OF_MEMORY: i32 = 2;

/// Whether memory that was refused caused the failure. An allocation in the middle of the work ends the process, while a
/// buffer for a whole file that is refused, or one of GDAL, is an error like any other.
#[must_use]
pub fn lacks_memory(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(c) = cause {
        let refused = if let Some(error) = c.downcast_ref::<io::Error>() {
            error.kind() == io::ErrorKind::OutOfMemory
        } else if let Some(GdalError::CplError { number, .. }) = c.downcast_ref::<GdalError>() {
            *number == CPLE_OUT_OF_MEMORY
        } else {
            c.is::<TryReserveError>()
        };
        if refused {
            return true;
        }
        // `source` of one that wraps another error passes over that error itself.
        let wrapped = c.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = wrapped.map(|inner| inner as _).or_else(|| c.source());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_memory_is_found_among_the_causes() {
        let gdal = |number| GdalError::CplError { class: 3, number, msg: "cannot allocate".into() };
        assert!(lacks_memory(&gdal(CPLE_OUT_OF_MEMORY)));
        assert!(!lacks_memory(&gdal(1)));
        assert!(lacks_memory(&io::Error::other(Vec::<u64>::new().try_reserve(usize::MAX).unwrap_err())));
        assert!(lacks_memory(&io::Error::from(io::ErrorKind::OutOfMemory)));
        assert!(!lacks_memory(&io::Error::from(io::ErrorKind::NotFound)));
    }
}
