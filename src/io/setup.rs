//! GDAL's settings, made once for the process, before the first file is opened.

use std::sync::OnceLock;

/// Sets GDAL up: its messages become debug events instead of lines on stderr, it writes nothing beside an input, and it
/// starts no threads of its own, so that a result cannot depend on their number.
pub(crate) fn gdal() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        gdal::config::set_error_handler(|kind, number, message| {
            tracing::debug!(gdal.kind = ?kind, gdal.number = number, "{message}");
        });
        for (key, value) in [("GDAL_PAM_ENABLED", "NO"), ("GDAL_NUM_THREADS", "1")] {
            if let Err(failure) = gdal::config::set_config_option(key, value) {
                tracing::warn!("GDAL does not take {key}={value}: {failure}");
            }
        }
        gdal::DriverManager::register_all();
    });
}
