//! A process killed while it writes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use lianpian::store::*;

use crate::place::{NOON, Place, decision, scenario};
use crate::published::{layer, zone_40};

const ADDRESS: &str = "LIANPIAN_TEST_STORE";
const ROUNDS: u64 = 10;

/// No test by itself: the process that [`what_was_acknowledged_survives_a_kill`] starts and kills. It writes down every
/// decision once it is acknowledged, and replaces what a GIS sees all the while.
#[test]
fn writer() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    crate::run(async {
        let store = open(&address, None).await.unwrap();
        let scenario = store.scenarios().await.unwrap().remove(0);
        let shown = std::sync::Arc::clone(&store);
        tokio::spawn(async move {
            loop {
                shown
                    .publish(PlanId(1), &[&layer("parcels", 2_000), &layer("blocks", 20)], &zone_40())
                    .await
                    .unwrap();
            }
        });
        for version in scenario.version.. {
            let one = [decision(DecisionKind::Accept, &format!("p{version}"))];
            let made = store.decide(scenario.id, version, &one, "li", NOON).await.unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "acknowledged {}", made[0].seq).unwrap();
            out.flush().unwrap();
        }
    });
}

pub(crate) async fn what_was_acknowledged_survives_a_kill(place: Place) {
    let store = place.open().await;
    scenario(&*store).await;
    store.close().await;
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::writer", "--nocapture"])
            .env(ADDRESS, &place.address)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut note = |line: String| {
            if let Some(seq) = line.strip_prefix("acknowledged ") {
                acknowledged = seq.parse().unwrap();
                return true;
            }
            false
        };
        // It writes by now; then at another moment in each round.
        while !note(lines.next().unwrap().unwrap()) {}
        std::thread::sleep(Duration::from_millis(round * 17));
        writer.kill().unwrap();
        for line in lines.map_while(Result::ok) {
            note(line);
        }
        writer.wait().unwrap();

        let store = place.open().await;
        let kept = store.decisions(None, DecisionSeq(0)).await.unwrap();
        // At most one was on its way, on disk but not acknowledged yet.
        let last = kept.len() as i64;
        assert!(
            (acknowledged..=acknowledged + 1).contains(&last),
            "{acknowledged} acknowledged, {last} kept"
        );
        assert!(kept.iter().enumerate().all(|(at, d)| d.seq.0 == at as i64 + 1 && d.version == d.seq.0));
        assert_eq!(store.scenarios().await.unwrap()[0].version, last);
        store.close().await;
        if place.is_file() {
            assert_eq!(place.ask("PRAGMA integrity_check").await, ["ok"]);
            let missing = "SELECT table_name FROM gpkg_contents \
                 WHERE table_name NOT IN (SELECT name FROM sqlite_master WHERE type = 'table')";
            assert_eq!(place.ask(missing).await, [""; 0]);
        }
    }
    assert!(acknowledged >= ROUNDS as i64);
}
