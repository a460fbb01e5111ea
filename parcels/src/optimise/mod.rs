//! [`Problem`] → [`Solution`]: which parcels to hold, with a bound on how much better any other choice could be.
//!
//! For a fixed price of area the best zone is a minimum cut (`max_flow`). The area limits become that price (`area`),
//! which gives the bound and two nested zones around the target. Limits on blocks and on what moves become prices as well
//! (`relax`), what a block may be is in `block_rules`, and the limit on concentration is a sum over components
//! (`components`), as are the least areas of blocks, and both are bounded band by band of their areas (`bands`). `search`
//! holds it together: small blocks are erased or grown (`clusters`, `repair`), scattered zones drawn together (`bias`), zones
//! of the components put together anew (`recombine`), single flips and swaps close what rounding left (`refine`), the best
//! zone so far is the `incumbent`, and branch and bound closes the rest on small problems (`branch`). `state` answers
//! whether a flip keeps to the limits. A [`Session`] keeps the cut, so that an edit is followed at once (`quick`) and forcing a
//! unit to the other side costs one short search (`marginals`). [`alternatives()`] finds zones nearly as good that differ by a
//! stated area. [`frontier()`] runs the price of area through all its breakpoints, and `figures` says how the zone of each
//! lies. Where no zone is admissible, [`why_not()`] says which rules stand against each other. Only [`compile()`] knows
//! polygons and policies: it turns both into numbers.

mod alternatives;
mod area;
mod bands;
mod bias;
mod block_rules;
mod branch;
mod clusters;
mod compile;
mod components;
mod conflicts;
mod energy;
mod feasible;
mod figures;
mod frontier;
mod incumbent;
mod infeasible;
mod marginals;
mod max_flow;
mod problem;
mod queries;
mod quick;
mod ranges;
mod recombine;
mod refine;
mod relax;
mod repair;
mod rules;
mod search;
mod session;
mod state;
mod veto;
mod ways_out;
mod why_not;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use alternatives::alternatives;
pub use compile::{CompileError, Compiled, LockReason, PlanInputs, compile, lock_reasons};
pub use figures::Breakpoint;
pub use frontier::{Frontier, frontier};
pub use problem::{
    BandProof, BoundProof, Case, Holes, Limit, Link, Lock, Problem, SeparatorCut, SeparatorKind, Solution,
    Status, gap,
};
pub use rules::Rule;
pub use search::solve;
pub use session::{Edit, Persistency, Session};
pub use veto::veto_prices_most;
pub use ways_out::WayOut;
pub use why_not::{WhyNot, why_not};
