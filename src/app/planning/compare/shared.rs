//! The parcels that compared plans share, figures over these alone, and warnings about the other parcels.

use parcels::message;
use parcels::message::Message;
use parcels::units::M2_PER_HA;
use parcels::worth::mean_score;

use super::{Folder, Parcels, When};
use crate::app::planning::common_parcels::{Listed, common_parcels};
use crate::error::{Error, ErrorKind, Result};
use crate::io::compare_svg::CommonFigures;
use crate::io::csv_for_people::CsvForPeople;

/// Parcels are named up to this number.
const NAMED: usize = 5;

/// The parcels that all plans have.
pub(super) struct Shared {
    /// Of each its position in every plan.
    pub(super) parcels: Vec<Vec<usize>>,
    /// The plans were made of different parcels, or of other facts about them.
    pub(super) differ: bool,
}

impl Shared {
    /// # Errors
    /// Plans of other land, of a present zone that differs among the common parcels, or not as they were written.
    pub(super) fn of(folders: &[Folder], titles: &[String], read: &[Parcels]) -> Result<Self> {
        let layer = |at: usize| &folders[at].record.inputs.layer;
        for (at, folder) in folders.iter().enumerate() {
            if layer(at) == layer(0) && read[at].ids != read[0].ids {
                let what = message!(
                    "plans-list-other-parcels",
                    first = folders[0].dir.display(),
                    second = folder.dir.display()
                );
                return Err(Error::new(ErrorKind::Unreadable, what));
            }
        }
        let listed: Vec<Listed<'_>> = read
            .iter()
            .map(|of| Listed {
                ids: of.ids.iter().map(String::as_str).collect(),
                shapes: of.shapes.iter().collect(),
            })
            .collect();
        let noise_m = folders.iter().map(|f| f.policy.checks.survey_noise_width_m).fold(0.0, f64::max);
        let parcels = common_parcels(&listed, noise_m).map_err(|other| {
            other_layers(folders, other.of, &message!("parcel-lies-elsewhere", parcel = other.parcel))
        })?;
        if parcels.is_empty() {
            return Err(other_layers(folders, folders.len() - 1, &message!("no-parcel-in-common")));
        }
        let before = |of: &[usize], at: usize| read[at].before[of[at]];
        for at in 1..folders.len() {
            let apart = parcels.iter().filter(|of| before(of, at) != before(of, 0)).count();
            if apart > 0 {
                let what = message!(
                    "plans-begin-differently",
                    first = titles[0],
                    second = titles[at],
                    count = apart
                );
                return Err(
                    Error::new(ErrorKind::Usage, what).try_this(message!("plans-of-same-present-zone"))
                );
            }
        }
        Ok(Self { parcels, differ: (1..folders.len()).any(|at| layer(at) != layer(0)) })
    }

    /// The figures of the common parcels in the plan at place `at`; none where all plans are of the same ones.
    pub(super) fn figures(&self, own: &Parcels, at: usize, when: When) -> Option<CommonFigures> {
        let all = || self.parcels.iter().map(move |of| of[at]);
        let zone = match when {
            When::Before => &own.before,
            When::After => &own.after,
        };
        let sum = |wanted: &dyn Fn(usize) -> bool| {
            all().filter(|i| wanted(*i)).filter_map(|i| own.area_m2[i]).sum()
        };
        let areas: Vec<f64> = all().map(|i| own.area_m2[i].unwrap_or(0.0)).collect();
        let scores: Vec<Option<f64>> = all().map(|i| own.score[i]).collect();
        self.differ.then(|| CommonFigures {
            area_m2: sum(&|i| zone[i]),
            score: mean_score(&areas, &scores, |k| zone[self.parcels[k][at]]),
            moved_m2: (when == When::After).then(|| sum(&|i| own.after[i] != own.before[i])),
        })
    }

    /// What a person should know before holding plans of different parcels against each other.
    pub(super) fn warnings(&self, folders: &[Folder], titles: &[String], read: &[Parcels]) -> Vec<Message> {
        if !self.differ {
            return Vec::new();
        }
        let count = self.parcels.len();
        let mut more = Vec::new();
        for (at, own) in read.iter().enumerate() {
            let besides = self.besides(own, at);
            let area_m2: f64 = besides.iter().filter_map(|i| own.area_m2[*i]).sum();
            if !besides.is_empty() {
                more.push(message!(
                    "plan-has-more",
                    title = titles[at],
                    count = besides.len(),
                    ha = message::number(area_m2 / M2_PER_HA, 2),
                    names = message::some(besides.iter().map(|i| own.ids[*i].as_str()), NAMED)
                ));
            }
        }
        let mut warnings = vec![if more.is_empty() {
            message!("plans-know-other-facts", count = count)
        } else {
            message!("parcels-in-all-plans", count = count, more = message::list(more))
        }];
        let dates: Vec<&str> =
            folders.iter().map(|f| f.record.inputs.reference_date.as_deref().unwrap_or("—")).collect();
        if dates.iter().any(|date| *date != dates[0]) {
            warnings.push(message!("plans-of-different-days", dates = message::list(dates)));
        }
        if folders.iter().any(|f| f.policy.eligible.not_parcels != folders[0].policy.eligible.not_parcels) {
            warnings.push(message!("policies-set-aside-differently"));
        }
        let apart: Vec<usize> = (0..count).filter(|k| self.sides_differ(read, *k)).collect();
        let area_m2: f64 = apart.iter().filter_map(|k| read[0].area_m2[self.parcels[*k][0]]).sum();
        warnings.push(message!(
            "common-on-different-sides",
            count = apart.len(),
            ha = message::number(area_m2 / M2_PER_HA, 2)
        ));
        warnings
    }

    fn sides_differ(&self, read: &[Parcels], k: usize) -> bool {
        let side = |at: usize| read[at].after[self.parcels[k][at]];
        (1..read.len()).any(|at| side(at) != side(0))
    }

    /// The parcels of the plan at place `at` that another plan lacks.
    fn besides(&self, own: &Parcels, at: usize) -> Vec<usize> {
        let mut shared = vec![false; own.ids.len()];
        for of in &self.parcels {
            shared[of[at]] = true;
        }
        (0..own.ids.len()).filter(|i| !shared[*i]).collect()
    }

    /// Every parcel with its side today and in each plan, as CSV: first those in common, then what each plan has besides.
    pub(super) fn table(&self, titles: &[String], read: &[Parcels]) -> Result<Vec<u8>> {
        let mut table = CsvForPeople::new(message!("putting-table-together"));
        let mut row = |cells: Vec<&str>| table.row(cells);
        let head = ["parcel", "area_m2", "in_all_plans", "sides_differ", "present"];
        row(head.into_iter().chain(titles.iter().map(String::as_str)).collect())?;
        let side = |inside: bool| if inside { "in" } else { "out" };
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        let area = |m2: Option<f64>| m2.map_or_else(String::new, |m2| format!("{m2:.4}"));
        for (k, of) in self.parcels.iter().enumerate() {
            let first = &read[0];
            let area = area(first.area_m2[of[0]]);
            let differ = yes(self.sides_differ(read, k));
            let mut cells = vec![first.ids[of[0]].as_str(), &area, "yes", differ, side(first.before[of[0]])];
            cells.extend(of.iter().zip(read).map(|(i, own)| side(own.after[*i])));
            row(cells)?;
        }
        for (at, own) in read.iter().enumerate() {
            for i in self.besides(own, at) {
                let area = area(own.area_m2[i]);
                let mut cells = vec![own.ids[i].as_str(), &area, "no", "", side(own.before[i])];
                cells.extend((0..read.len()).map(|plan| if plan == at { side(own.after[i]) } else { "" }));
                row(cells)?;
            }
        }
        table.bytes()
    }
}

fn other_layers(folders: &[Folder], other: usize, why: &Message) -> Error {
    let (first, second) = (&folders[0], &folders[other]);
    let what = message!(
        "plans-of-other-layers",
        first = first.dir.display(),
        second = second.dir.display(),
        first_layer = first.record.inputs.layer_name,
        first_parcels = first.record.inputs.parcels,
        second_layer = second.record.inputs.layer_name,
        second_parcels = second.record.inputs.parcels,
        why = why
    );
    Error::new(ErrorKind::Usage, what).try_this(message!("plans-of-same-park"))
}
