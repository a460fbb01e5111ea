//! The cuts against all subsets, and kept networks against fresh ones.

use super::*;
use proptest::prelude::*;

fn value(terminal: &[i64], edges: &[Edge], inside: impl Fn(usize) -> bool) -> i64 {
    let units: i64 = (0..terminal.len()).filter(|&i| inside(i)).map(|i| terminal[i]).sum();
    let cut: i64 =
        edges.iter().filter(|e| inside(e.a as usize) != inside(e.b as usize)).map(|e| e.capacity).sum();
    units - cut
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn the_cut_is_the_best_of_all_and_the_extreme_cuts_are_extreme(
        terminal in prop::collection::vec(-9i64..10, 1..11),
        raw in prop::collection::vec((0u32..11, 0u32..11, 0i64..8), 0..26),
    ) {
        let n = terminal.len() as u32;
        let edges: Vec<Edge> = raw.iter().map(|&(a, b, capacity)| (a % n, b % n, capacity))
            .filter(|(a, b, _)| a != b).map(|(a, b, capacity)| Edge { a, b, capacity }).collect();
        let mut network = Network::new(&terminal, &edges);
        prop_assert!(network.solve(&|| true));
        let best = (0..1u32 << n).map(|m| value(&terminal, &edges, |i| m >> i & 1 == 1)).max().unwrap();
        let all: Vec<u32> =
            (0..1u32 << n).filter(|&m| value(&terminal, &edges, |i| m >> i & 1 == 1) == best).collect();
        let smallest = all.iter().fold(u32::MAX, |a, b| a & b) & ((1 << n) - 1);
        let largest = all.iter().fold(0, |a, b| a | b);
        for i in 0..n as usize {
            prop_assert_eq!(network.in_smallest(i), smallest >> i & 1 == 1);
            prop_assert_eq!(network.in_largest(i), largest >> i & 1 == 1);
        }
        // The flow proves it: no capacity is exceeded and what is left at the nodes adds up to the value.
        let mut left: Vec<i64> = terminal.clone();
        for (k, e) in edges.iter().enumerate() {
            prop_assert!(network.flow(k).abs() <= e.capacity);
            left[e.a as usize] -= network.flow(k);
            left[e.b as usize] += network.flow(k);
        }
        for (i, left) in left.iter().enumerate() {
            prop_assert_eq!(*left, network.left(i));
        }
        prop_assert_eq!(left.iter().map(|l| l.max(&0)).sum::<i64>(), best);
    }

    #[test]
    fn on_other_edges_the_cuts_are_those_of_a_fresh_network(
        terminal in prop::collection::vec(-9i64..10, 1..30),
        raw in prop::collection::vec((0u32..30, 0u32..30, 0i64..8), 0..90),
        then in prop::collection::vec((0u32..30, 0u32..30, 0i64..8), 0..20),
        factor in 0i64..3,
        pulls in prop::collection::vec((0usize..30, -15i64..16), 0..6),
    ) {
        let n = terminal.len() as u32;
        let edges = |raw: &[(u32, u32, i64)]| -> Vec<Edge> {
            let ends = raw.iter().map(|&(a, b, capacity)| Edge { a: a % n, b: b % n, capacity });
            ends.filter(|e| e.a != e.b).collect()
        };
        let mut now = terminal.clone();
        let mut kept = Network::new(&terminal, &edges(&raw));
        prop_assert!(kept.solve(&|| true));
        let others: Vec<_> =
            raw.iter().step_by(2).map(|&(a, b, c)| (a, b, c * factor)).chain(then.iter().copied()).collect();
        let mut kept = kept.with_edges(&edges(&others));
        for (at, by) in pulls {
            now[at % n as usize] += by;
            kept.pull(at % n as usize, by);
        }
        prop_assert!(kept.solve(&|| true));
        let mut fresh = Network::new(&now, &edges(&others));
        prop_assert!(fresh.solve(&|| true));
        let (mut proven, mut best) = (0, 0);
        for i in 0..n as usize {
            prop_assert_eq!(kept.in_smallest(i), fresh.in_smallest(i));
            prop_assert_eq!(kept.in_largest(i), fresh.in_largest(i));
            proven += kept.left(i).max(0);
            best += fresh.left(i).max(0);
        }
        prop_assert_eq!(proven, best);
        for (k, e) in edges(&others).iter().enumerate() {
            prop_assert!(kept.flow(k).abs() <= e.capacity);
        }
    }

    #[test]
    fn after_any_changes_the_cuts_are_those_of_a_fresh_network(
        terminal in prop::collection::vec(-9i64..10, 1..40),
        raw in prop::collection::vec((0u32..40, 0u32..40, 0i64..8), 0..120),
        rounds in prop::collection::vec(prop::collection::vec((0usize..40, -15i64..16), 1..12), 1..8),
    ) {
        let n = terminal.len();
        let edges: Vec<Edge> = raw.iter().map(|&(a, b, capacity)| (a % n as u32, b % n as u32, capacity))
            .filter(|(a, b, _)| a != b).map(|(a, b, capacity)| Edge { a, b, capacity }).collect();
        let mut kept = Network::new(&terminal, &edges);
        prop_assert!(kept.solve(&|| true));
        let mut now = terminal;
        for round in rounds {
            for (at, by) in round {
                now[at % n] += by;
                kept.pull(at % n, by);
            }
            prop_assert!(kept.solve(&|| true));
            let mut fresh = Network::new(&now, &edges);
            prop_assert!(fresh.solve(&|| true));
            let mut left = now.clone();
            for (k, e) in edges.iter().enumerate() {
                prop_assert!(kept.flow(k).abs() <= e.capacity);
                left[e.a as usize] -= kept.flow(k);
                left[e.b as usize] += kept.flow(k);
            }
            let (mut proven, mut best) = (0, 0);
            for (i, left) in left.iter().enumerate() {
                prop_assert_eq!(kept.in_smallest(i), fresh.in_smallest(i));
                prop_assert_eq!(kept.in_largest(i), fresh.in_largest(i));
                prop_assert_eq!(*left, kept.left(i));
                proven += kept.left(i).max(0);
                best += fresh.left(i).max(0);
            }
            prop_assert_eq!(proven, best);
        }
    }
}
