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
        // Counting registers the drivers behind the guard of the gdal crate, the one that opening and creating go
        // through too. `register_all` has no guard, and GDAL's registration stands no second thread: it corrupted a
        // list that the process then died of at its exit, once in a thousand plans written.
        let drivers = gdal::DriverManager::count();
        tracing::debug!(gdal.drivers = drivers, "GDAL is set up");
    });
}

/// Sets GDAL up for files of strangers: only the drivers that [`super::unpack`] chooses among are left, so that no
/// content can bring another one in.
pub(crate) fn gdal_for_strangers() {
    gdal();
    let all: Vec<gdal::Driver> = gdal::DriverManager::all().collect();
    for driver in all {
        if !super::file_kind::DRIVERS.contains(&driver.short_name().as_str()) {
            gdal::DriverManager::deregister_driver(&driver);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    use gdal::DriverManager;

    #[test]
    fn every_driver_is_there_once_whichever_threads_come_first() {
        let together = Barrier::new(8);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let together = &together;
                scope.spawn(move || {
                    together.wait();
                    if thread % 2 == 0 {
                        super::gdal();
                    } else {
                        DriverManager::get_driver_by_name("GPKG").unwrap();
                    }
                });
            }
        });
        let mut names = BTreeSet::new();
        for driver in DriverManager::all() {
            assert!(names.insert(driver.short_name()), "{} is there twice", driver.short_name());
        }
        assert!(names.contains("ESRI Shapefile"));
    }
}
