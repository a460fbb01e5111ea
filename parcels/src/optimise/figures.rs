//! What each zone of the frontier is worth and how it lies, from one pass over the order in which units come in.

use super::energy::Energy;
use super::problem::Problem;

/// A price of area with the best zone just below it. Prices are per unit of area, all else as in [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breakpoint {
    /// The price at which this zone and the one before it are worth the same.
    pub price: f64,
    /// Number of units.
    pub units: usize,
    /// Area.
    pub area: f64,
    /// Σ valueᵢ: worth of the land held.
    pub value: f64,
    /// The boundary that λ prices: Σ lengthᵢⱼ |xᵢ − xⱼ| + η Σ exposedᵢ xᵢ.
    pub boundary: f64,
    /// Area moved: Σ areaᵢ |xᵢ − x⁰ᵢ|.
    pub moved: f64,
    /// F(x), without any price of small blocks.
    pub objective: f64,
    /// 100 · Σ (block ÷ zone)²; 0 for an empty zone.
    pub concentration: f64,
    /// Number of blocks.
    pub blocks: usize,
}

/// Units that come in together.
pub(super) struct Step {
    pub(super) price: f64,
    /// Where in the order the next step's units begin.
    pub(super) end: usize,
}

/// The figures of every zone, in one pass: units only come in, so blocks only grow together.
pub(super) fn figures(energy: &Energy<'_>, order: &[u32], steps: &[Step]) -> Vec<Breakpoint> {
    let problem = energy.problem;
    let boundary_change = boundary_changes(problem, order, steps);
    let mut blocks = Blocks::new(problem);
    let (mut area, mut value, mut boundary, mut moved) =
        (Sum::default(), Sum::default(), Sum::default(), Sum::default());
    // With nobody in, all that is in now has moved.
    for i in (0..energy.len()).filter(|&i| problem.in_zone[i]) {
        moved.add(problem.area[i]);
    }
    let mut start = 0;
    let mut breakpoints = Vec::with_capacity(steps.len());
    for (step, change) in steps.iter().zip(boundary_change) {
        for &unit in &order[start..step.end] {
            let i = unit as usize;
            area.add(problem.area[i]);
            value.add(problem.value[i]);
            moved.add(if problem.in_zone[i] { -problem.area[i] } else { problem.area[i] });
            problem.parts.of(unit).for_each(|part| blocks.enter(energy, part));
        }
        start = step.end;
        boundary.add(change);
        let (held, length) = (area.total(), boundary.total().max(0.0));
        let away = moved.total().max(0.0);
        breakpoints.push(Breakpoint {
            price: step.price,
            units: step.end,
            area: held,
            value: value.total(),
            boundary: length,
            moved: away,
            objective: value.total() - problem.lambda * length - problem.kappa * away,
            concentration: if held > 0.0 { (100.0 * blocks.squares / (held * held)).min(100.0) } else { 0.0 },
            blocks: blocks.count,
        });
    }
    breakpoints
}

/// How much boundary each step adds: a link is boundary from when its first end is in to when its second is.
fn boundary_changes(problem: &Problem, order: &[u32], steps: &[Step]) -> Vec<f64> {
    // Units that never come in do so after the last step, where nobody looks.
    let mut step_of = vec![steps.len(); problem.area.len()];
    let mut start = 0;
    for (at, step) in steps.iter().enumerate() {
        for &unit in &order[start..step.end] {
            step_of[unit as usize] = at;
        }
        start = step.end;
    }
    let mut change = vec![0.0; steps.len() + 1];
    for link in &problem.links {
        let (a, b) = (step_of[link.a as usize], step_of[link.b as usize]);
        if a != b {
            change[a.min(b)] += link.length;
            change[a.max(b)] -= link.length;
        }
    }
    for (step, exposed) in step_of.iter().zip(&problem.exposed) {
        change[*step] += problem.edge_factor * exposed;
    }
    change.truncate(steps.len());
    change
}

/// Blocks of a zone that only grows.
struct Blocks {
    /// The part that stands for each part's block, by way of others; the part itself where it does.
    parent: Vec<u32>,
    /// Of every part.
    inside: Vec<bool>,
    /// Area of the block, at the part that stands for it.
    area: Vec<f64>,
    count: usize,
    /// Σ of squared block areas.
    squares: f64,
}

impl Blocks {
    fn new(problem: &Problem) -> Self {
        let count = problem.part_count();
        Self {
            parent: (0..count as u32).collect(),
            inside: vec![false; count],
            area: (0..count).map(|part| problem.part_area(part)).collect(),
            count: 0,
            squares: 0.0,
        }
    }

    fn stands_for(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let up = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = up;
            at = up;
        }
        at
    }

    fn enter(&mut self, energy: &Energy<'_>, part: u32) {
        self.inside[part as usize] = true;
        self.count += 1;
        self.squares += self.area[part as usize] * self.area[part as usize];
        for other in energy.contiguous_parts(part as usize) {
            if !self.inside[other as usize] {
                continue;
            }
            let (a, b) = (self.stands_for(part), self.stands_for(other));
            if a == b {
                continue;
            }
            let (large, small) =
                if self.area[a as usize] < self.area[b as usize] { (b as usize, a) } else { (a as usize, b) };
            // (a + b)² = a² + b² + 2ab: only ever added to, so nothing cancels.
            self.squares += 2.0 * self.area[large] * self.area[small as usize];
            self.area[large] += self.area[small as usize];
            self.parent[small as usize] = large as u32;
            self.count -= 1;
        }
    }
}

/// A sum that carries along what rounding cuts off (Neumaier 1974): a million terms of either sign leave no drift.
#[derive(Default)]
struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost +=
            if self.sum.abs() >= term.abs() { (self.sum - sum) + term } else { (term - sum) + self.sum };
        self.sum = sum;
    }

    fn total(&self) -> f64 {
        self.sum + self.lost
    }
}
