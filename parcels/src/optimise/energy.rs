//! The problem as numbers ready to cut: what each unit gains by being in, each link costs by being cut.

use super::max_flow::{Edge, Network};
use super::problem::{Lock, Problem};
use crate::progress::{Cancelled, Monitor};

/// Prices of the two limits that are relaxed, per unit of area.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Prices {
    /// μ, of total area; of either sign.
    pub(super) area: f64,
    /// ν ≥ 0, of area moved, beyond κ.
    pub(super) moved: f64,
}

/// One neighbour of a unit.
#[derive(Clone, Copy)]
pub(super) struct Neighbour {
    pub(super) unit: u32,
    pub(super) contiguous: bool,
    /// λ · length.
    pub(super) cost: f64,
}

/// A [`Problem`] compiled: F(x) = constant + Σ unaryᵢ xᵢ − Σ costᵢⱼ |xᵢ − xⱼ|.
pub(super) struct Energy<'p> {
    pub(super) problem: &'p Problem,
    /// What F gains when the unit is in, links aside.
    pub(super) unary: Vec<f64>,
    pub(super) constant: f64,
    rows: Vec<u32>,
    neighbours: Vec<Neighbour>,
    /// Integer units to one unit of F: a power of two, so that scaling is exact.
    pub(super) scale: f64,
}

/// The two extreme minimum cuts at some prices.
pub(super) struct Cut {
    pub(super) smallest: Vec<bool>,
    pub(super) largest: Vec<bool>,
}

impl<'p> Energy<'p> {
    pub(super) fn new(problem: &'p Problem) -> Self {
        let count = problem.area.len();
        let unary: Vec<f64> = (0..count)
            .map(|i| {
                let stay = if problem.in_zone[i] { 1.0 } else { -1.0 };
                problem.value[i] - problem.lambda * problem.edge_factor * problem.exposed[i]
                    + problem.kappa * problem.area[i] * stay
            })
            .collect();
        let before: f64 = (0..count).filter(|&i| problem.in_zone[i]).map(|i| problem.area[i]).sum();
        let mut rows = vec![0_u32; count + 1];
        for link in &problem.links {
            rows[link.a as usize + 1] += 1;
            rows[link.b as usize + 1] += 1;
        }
        for at in 0..count {
            rows[at + 1] += rows[at];
        }
        let mut next = rows.clone();
        let mut neighbours =
            vec![Neighbour { unit: 0, contiguous: false, cost: 0.0 }; 2 * problem.links.len()];
        for link in &problem.links {
            let cost = problem.lambda * link.length;
            for (from, to) in [(link.a, link.b), (link.b, link.a)] {
                let slot = &mut next[from as usize];
                neighbours[*slot as usize] = Neighbour { unit: to, contiguous: link.contiguous, cost };
                *slot += 1;
            }
        }
        let total: f64 =
            unary.iter().map(|u| u.abs()).sum::<f64>() + neighbours.iter().map(|n| n.cost).sum::<f64>() + 1.0;
        // Prices may raise the unaries by far; 2⁴⁸ leaves fourteen bits for that and for the sums inside the cut.
        let scale = 2.0_f64.powi((48.0 - total.log2()).floor().clamp(-40.0, 40.0) as i32);
        Self { problem, unary, constant: -problem.kappa * before, rows, neighbours, scale }
    }

    pub(super) fn len(&self) -> usize {
        self.unary.len()
    }

    pub(super) fn neighbours(&self, unit: usize) -> &[Neighbour] {
        &self.neighbours[self.rows[unit] as usize..self.rows[unit + 1] as usize]
    }

    /// F(x), without any price of small blocks.
    pub(super) fn objective(&self, x: &[bool]) -> f64 {
        let held: f64 = (0..self.len()).filter(|&i| x[i]).map(|i| self.unary[i]).sum();
        let links = &self.problem.links;
        let cut: f64 = links.iter().filter(|l| x[l.a as usize] != x[l.b as usize]).map(|l| l.length).sum();
        self.constant + held - self.problem.lambda * cut
    }

    pub(super) fn area(&self, x: &[bool]) -> f64 {
        (0..self.len()).filter(|&i| x[i]).map(|i| self.problem.area[i]).sum()
    }

    pub(super) fn moved_area(&self, x: &[bool]) -> f64 {
        (0..self.len()).filter(|&i| x[i] != self.problem.in_zone[i]).map(|i| self.problem.area[i]).sum()
    }

    pub(super) fn moved_units(&self, x: &[bool]) -> usize {
        x.iter().zip(&self.problem.in_zone).filter(|(x, now)| x != now).count()
    }

    /// What the unit gains by being in at these prices, links aside.
    fn priced(&self, unit: usize, prices: Prices) -> f64 {
        let stay = if self.problem.in_zone[unit] { 1.0 } else { -1.0 };
        self.unary[unit] + self.problem.area[unit] * (prices.moved * stay - prices.area)
    }

    /// The cuts at `prices` among the units that are neither locked by `lock`, nor in `inside` (certainly in), nor out of
    /// `outside` (certainly out when false there).
    pub(super) fn cut_between(
        &self,
        prices: Prices,
        lock: &[Lock],
        inside: &[bool],
        outside: &[bool],
        monitor: &dyn Monitor,
    ) -> Result<Cut, Cancelled> {
        let side = |i: usize| match lock[i] {
            Lock::In => Some(true),
            Lock::Out => Some(false),
            Lock::Free if inside[i] => Some(true),
            Lock::Free if !outside[i] => Some(false),
            Lock::Free => None,
        };
        let open: Vec<u32> = (0..self.len() as u32).filter(|&i| side(i as usize).is_none()).collect();
        let mut number = vec![u32::MAX; self.len()];
        for (n, &i) in open.iter().enumerate() {
            number[i as usize] = n as u32;
        }
        let mut terminal = Vec::with_capacity(open.len());
        let mut edges = Vec::new();
        for &i in &open {
            let mut pull = self.to_int(self.priced(i as usize, prices));
            for n in self.neighbours(i as usize) {
                let capacity = self.capacity(n.cost);
                match side(n.unit as usize) {
                    Some(true) => pull += capacity,
                    Some(false) => pull -= capacity,
                    None if n.unit > i && capacity > 0 => {
                        edges.push(Edge { a: number[i as usize], b: number[n.unit as usize], capacity });
                    }
                    None => {}
                }
            }
            terminal.push(pull);
        }
        let mut network = Network::new(&terminal, &edges);
        if !network.solve(&|| !monitor.cancelled()) {
            return Err(Cancelled);
        }
        let mut smallest: Vec<bool> = (0..self.len()).map(|i| side(i) == Some(true)).collect();
        let mut largest = smallest.clone();
        for (n, &i) in open.iter().enumerate() {
            smallest[i as usize] = network.in_smallest(n);
            largest[i as usize] = network.in_largest(n);
        }
        Ok(Cut { smallest, largest })
    }

    /// A flow on every link that proves the bound at `prices`: the maximum flow among the free units, and every link
    /// to a locked unit as full as it can be.
    pub(super) fn proof(
        &self,
        prices: Prices,
        lock: &[Lock],
        monitor: &dyn Monitor,
    ) -> Result<(Vec<i64>, Cut), Cancelled> {
        let mut terminal: Vec<i64> = (0..self.len()).map(|i| self.to_int(self.priced(i, prices))).collect();
        let mut flow = vec![0_i64; self.problem.links.len()];
        let mut edges = Vec::new();
        let mut edge_link = Vec::new();
        for (k, link) in self.problem.links.iter().enumerate() {
            let capacity = self.capacity(self.problem.lambda * link.length);
            let (a, b) = (link.a as usize, link.b as usize);
            // Land flows from what is in to what is out.
            let from_a = match (lock[a], lock[b]) {
                (Lock::Free, Lock::Free) => {
                    if capacity > 0 {
                        edges.push(Edge { a: link.a, b: link.b, capacity });
                        edge_link.push(k);
                    }
                    continue;
                }
                (Lock::In, Lock::In) | (Lock::Out, Lock::Out) => 0,
                (Lock::In, _) | (_, Lock::Out) => capacity,
                (Lock::Out, _) | (_, Lock::In) => -capacity,
            };
            flow[k] = from_a;
            terminal[a] -= from_a;
            terminal[b] += from_a;
        }
        for (pull, lock) in terminal.iter_mut().zip(lock) {
            if *lock != Lock::Free {
                *pull = 0;
            }
        }
        let mut network = Network::new(&terminal, &edges);
        if !network.solve(&|| !monitor.cancelled()) {
            return Err(Cancelled);
        }
        for (edge, &k) in edge_link.iter().enumerate() {
            flow[k] = network.flow(edge);
        }
        let side = |i: usize, free: bool| match lock[i] {
            Lock::In => true,
            Lock::Out => false,
            Lock::Free => free,
        };
        let smallest = (0..self.len()).map(|i| side(i, network.in_smallest(i))).collect();
        let largest = (0..self.len()).map(|i| side(i, network.in_largest(i))).collect();
        Ok((flow, Cut { smallest, largest }))
    }

    /// The bound that `flow` proves at `prices`. For any x that keeps to locks and limits, any μ, any ν ≥ 0 and any flow
    /// with |fᵢⱼ| ≤ costᵢⱼ: Σ costᵢⱼ |xᵢ − xⱼ| ≥ Σ fᵢⱼ (xᵢ − xⱼ), so F(x) is at most the constant, plus each unit's best
    /// choice of (priced gain − net outflow) xᵢ, plus what the limits are worth at their prices.
    pub(super) fn bound(&self, prices: Prices, flow: &[i64]) -> f64 {
        let p = self.problem;
        let mut net = vec![0.0_f64; self.len()];
        for (link, f) in p.links.iter().zip(flow) {
            let f = *f as f64 / self.scale;
            net[link.a as usize] += f;
            net[link.b as usize] -= f;
        }
        let mut bound = self.constant;
        for (i, net) in net.iter().enumerate() {
            let gain = self.priced(i, prices) - net;
            bound += match p.lock[i] {
                Lock::In => gain,
                Lock::Out => 0.0,
                Lock::Free => gain.max(0.0),
            };
            if p.in_zone[i] {
                bound -= prices.moved * p.area[i];
            }
        }
        if prices.area > 0.0 {
            bound += prices.area * p.area_max;
        } else if prices.area < 0.0 {
            bound += prices.area * p.area_min;
        }
        if prices.moved > 0.0 {
            bound += prices.moved * p.moved_area_max;
        }
        bound
    }

    fn to_int(&self, value: f64) -> i64 {
        // Clamped far beyond any sum of link capacities: such a unit is decided.
        (value * self.scale).round().clamp(-(2.0_f64.powi(60)), 2.0_f64.powi(60)) as i64
    }

    /// Rounded down, so that the flow never exceeds the real cost.
    fn capacity(&self, cost: f64) -> i64 {
        (cost * self.scale).floor() as i64
    }
}
