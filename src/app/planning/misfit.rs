//! The error of a policy that does not fit the data.

use parcels::message::Message;

use crate::error::{Error, ErrorKind};

/// A policy that names what the data lack.
pub(crate) fn misfit(doing: Message, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let cause = cause.into();
    let stopped = cause.downcast_ref::<parcels::progress::Cancelled>().is_some()
        || matches!(
            cause.downcast_ref::<parcels::validate::ValidateError>(),
            Some(parcels::validate::ValidateError::Cancelled(_))
        );
    let kind = if stopped { ErrorKind::Cancelled } else { ErrorKind::Usage };
    Error::new(kind, doing).because(cause)
}
