//! One suite for every storage backend. A case gets a place for a project on one of them and must not care which.
//!
//! On GeoPackage files each case is a test of its own. PostgreSQL takes seconds to start, so there all cases run in one
//! test, against one server that the test starts and stops, each in a database of its own.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod crash;
mod files;
mod jobs;
mod layers;
mod older;
mod outage;
mod place;
mod postgres;
mod published;
mod review;
mod schema;
mod signing;
mod years;

use place::Place;

/// Runs one case to its end.
fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(case);
}

/// Every case as a test on a GeoPackage, and all of them as one on PostgreSQL.
macro_rules! contract {
    ($($file:ident::$case:ident,)*) => {
        mod geopackage {
            $(
                #[test]
                fn $case() {
                    let folder = tempfile::tempdir().unwrap();
                    super::run(super::$file::$case(super::Place::file(folder.path())));
                }
            )*
        }

        #[test]
        fn postgres() {
            let Some(server) = postgres::Server::start() else { return };
            let mut failed = Vec::new();
            $(
                let place = server.database(stringify!($case));
                let case = || run($file::$case(place));
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(case)).is_err() {
                    failed.push(stringify!($case));
                }
            )*
            drop(server);
            assert!(failed.is_empty(), "on PostgreSQL failed: {}", failed.join(", "));
        }
    };
}

#[test]
fn postgres_is_reached_over_tls() {
    let Some(server) = postgres::Server::with_tls() else { return };
    let place = server.database("encrypted");
    run(async move {
        let store = place.open().await;
        assert!(store.ready().await.is_ok());
        let ours = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        assert_eq!(place.ask(ours).await, ["true"]);
    });
}

contract! {
    layers::a_project_says_what_it_is,
    layers::who_make_it_at_once_share_it,
    layers::files_are_kept_once,
    layers::data_sets_stay_as_they_came,
    layers::what_was_read_is_kept_once,
    layers::policies_gain_versions,
    review::scenarios_change_by_version,
    review::a_conflict_carries_what_changed,
    review::decisions_are_recorded_all_or_none,
    review::a_scenario_begins_with_all_its_decisions_or_is_not_made,
    review::a_decision_is_undone_once,
    review::of_two_at_once_one_wins,
    review::who_reads_on_misses_nothing,
    review::a_plan_moves_forward,
    review::a_job_leaves_one_plan,
    review::the_database_refuses_changes,
    jobs::a_job_from_queue_to_result,
    jobs::a_key_queues_once,
    jobs::a_job_is_cancelled,
    jobs::two_workers_never_hold_the_same,
    jobs::a_lost_job_is_taken_back,
    jobs::a_service_that_ends_gives_its_job_back,
    schema::a_newer_project_is_refused,
    schema::an_older_project_is_brought_up_to_date,
    older::a_project_of_before_opens_and_its_plans_stand,
    years::new_firms_on_the_same_parcels_are_planned_on,
    years::what_was_imported_twice_is_there_once,
    years::what_was_checked_is_read_back,
    years::a_policy_that_reads_otherwise_reads_once_more,
    years::this_years_firms_are_added_to_a_layer_that_is_there,
    years::the_year_turns_in_one_step,
    years::the_command_line_adds_lists_and_turns_the_year,
    signing::what_breaks_a_hard_rule_is_not_signed,
    signing::a_soft_rule_that_is_missed_needs_a_reason,
    published::a_gis_lists_the_layers,
    published::who_decides_does_not_wait_for_the_map,
    published::what_is_shown_is_replaced,
    published::tables_stay_and_the_newest_plan_stands,
    published::of_two_at_once_the_newest_is_seen,
    crash::what_was_acknowledged_survives_a_kill,
}
