//! From common land to changes: by code, then by geometry.

use std::collections::{BTreeMap, HashMap};

use super::{Change, Kind, MovedCode, Overlap};
use crate::graph::{DisjointSets, Rows};
use crate::id::ParcelIdx;
use crate::parcel::Layer;

/// The codes of both layers.
pub(super) struct Codes {
    /// Old and new parcel of every code that occurs once in each, by the old one.
    pairs: BTreeMap<ParcelIdx, ParcelIdx>,
    pub(super) repeated_old: Vec<String>,
    pub(super) repeated_new: Vec<String>,
}

impl Codes {
    pub(super) fn of(old: &Layer, new: &Layer) -> Self {
        let (olds, repeated_old) = once(old);
        let (news, repeated_new) = once(new);
        let pairs = olds.into_iter().filter_map(|(code, i)| Some((i, *news.get(code)?))).collect();
        Self { pairs, repeated_old, repeated_new }
    }

    /// Pairs of one code that no change holds.
    pub(super) fn moved(&self, changes: &[Change]) -> Vec<MovedCode> {
        let mut in_change: (HashMap<ParcelIdx, usize>, HashMap<ParcelIdx, usize>) = Default::default();
        for (at, change) in changes.iter().enumerate() {
            in_change.0.extend(change.old.iter().map(|i| (*i, at)));
            in_change.1.extend(change.new.iter().map(|j| (*j, at)));
        }
        let apart = |(i, j): &(&ParcelIdx, &ParcelIdx)| in_change.0.get(*i) != in_change.1.get(*j);
        self.pairs.iter().filter(apart).map(|(i, j)| MovedCode { old: *i, new: *j }).collect()
    }
}

/// The parcels of codes that occur once, and the codes that occur more often, in order.
fn once(layer: &Layer) -> (BTreeMap<&str, ParcelIdx>, Vec<String>) {
    let mut by_code: BTreeMap<&str, Vec<ParcelIdx>> = BTreeMap::new();
    for (idx, parcel) in layer.iter() {
        if let Some(code) = parcel.code.as_deref() {
            by_code.entry(code).or_default().push(idx);
        }
    }
    let repeated =
        by_code.iter().filter(|(_, own)| own.len() > 1).map(|(code, _)| (*code).to_owned()).collect();
    (
        by_code.into_iter().filter(|(_, own)| own.len() == 1).map(|(code, own)| (code, own[0])).collect(),
        repeated,
    )
}

/// What belongs together. Pairs of one and one are called reshaped for now: whether they are, their outlines say.
pub(super) fn changes(
    old: &Layer,
    new: &Layer,
    overlaps: &[Overlap],
    planar_m2: &[f64],
    codes: &Codes,
) -> Vec<Change> {
    let area = |layer: &Layer, idx: ParcelIdx| layer[idx].area.planar.0;
    let mut sets = DisjointSets::new(old.len() + new.len());
    let node = |j: ParcelIdx| (old.len() + j.at()) as u32;
    let (mut old_matched, mut new_matched) = (vec![false; old.len()], vec![false; new.len()]);
    for (o, m2) in overlaps.iter().zip(planar_m2) {
        let smaller_m2 = area(old, o.old).min(area(new, o.new));
        if codes.pairs.get(&o.old) == Some(&o.new) && *m2 > 0.5 * smaller_m2 {
            sets.join(o.old.0, node(o.new));
            old_matched[o.old.at()] = true;
            new_matched[o.new.at()] = true;
        }
    }
    let links = overlaps.iter().zip(planar_m2);
    let of_old = Rows::from_pairs(old.len(), links.clone().map(|(o, m2)| (o.old.0, (o.new, *m2))));
    let of_new = Rows::from_pairs(new.len(), links.map(|(o, m2)| (o.new.0, (o.old, *m2))));
    for (i, _) in old.iter().filter(|(i, _)| !old_matched[i.at()]) {
        for j in owners(of_old.row(i.at()), area(old, i)) {
            sets.join(i.0, node(j));
        }
    }
    for (j, _) in new.iter().filter(|(j, _)| !new_matched[j.at()]) {
        for i in owners(of_new.row(j.at()), area(new, j)) {
            sets.join(i.0, node(j));
        }
    }
    // In the order of the first parcel of each.
    let mut place: HashMap<u32, usize> = HashMap::new();
    let mut changes: Vec<Change> = Vec::new();
    let mut change_of = |root: u32, changes: &mut Vec<Change>| {
        *place.entry(root).or_insert_with(|| {
            changes.push(Change { kind: Kind::New, old: Vec::new(), new: Vec::new() });
            changes.len() - 1
        })
    };
    for (i, _) in old.iter() {
        let at = change_of(sets.root(i.0), &mut changes);
        changes[at].old.push(i);
    }
    for (j, _) in new.iter() {
        let at = change_of(sets.root(node(j)), &mut changes);
        changes[at].new.push(j);
    }
    for change in &mut changes {
        change.kind = match (change.old.len(), change.new.len()) {
            (0, _) => Kind::New,
            (_, 0) => Kind::Gone,
            (1, 1) => Kind::Reshaped,
            (1, _) => Kind::Split,
            (_, 1) => Kind::Merged,
            _ => Kind::Rearranged,
        };
    }
    changes
}

/// Whom a parcel of this area belongs to: the one that has more than half of its land, or all that together have.
fn owners(common: &[(ParcelIdx, f64)], area_m2: f64) -> Vec<ParcelIdx> {
    let most = common.iter().filter(|(_, m2)| *m2 > 0.5 * area_m2);
    // Of two that overlap each other, both may have that much.
    if let Some((idx, _)) = most.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) {
        return vec![*idx];
    }
    let all_m2: f64 = common.iter().map(|(_, m2)| m2).sum();
    if all_m2 > 0.5 * area_m2 { common.iter().map(|(idx, _)| *idx).collect() } else { Vec::new() }
}
