//! What a job or a command is at. Monitors know steps by a short name, for programs.

use parcels::message;
use parcels::message::Message;

/// The step of this name for people; of a name of a later version nothing but that there is work.
#[must_use]
pub fn step(name: &str) -> Message {
    match name {
        "read" => message!("step-read"),
        "check" => message!("step-check"),
        "overlaps" => message!("step-overlaps"),
        "areas" => message!("step-areas"),
        "join" => message!("step-join"),
        "score" => message!("step-score"),
        "adjacency" => message!("step-adjacency"),
        "bound" => message!("step-bound"),
        "plan" => message!("step-plan"),
        "uncapped" => message!("step-uncapped"),
        "branches" => message!("step-branches"),
        "alternatives" => message!("step-alternatives"),
        "why not" => message!("step-why-not"),
        "veto prices" => message!("step-veto-prices"),
        "vetoes" => message!("step-vetoes"),
        "robustness" => message!("step-robustness"),
        "frontier" => message!("step-frontier"),
        "curve" => message!("step-curve"),
        "common land" => message!("step-common-land"),
        "revision" => message!("step-revision"),
        "verify" => message!("step-verify"),
        "export" => message!("step-export"),
        "order" => message!("step-order"),
        "tiles" => message!("step-tiles"),
        "write" => message!("step-write"),
        "streets and lots" => message!("step-streets-and-lots"),
        "zone and firms" => message!("step-zone-and-firms"),
        _ => message!("step-other"),
    }
}
