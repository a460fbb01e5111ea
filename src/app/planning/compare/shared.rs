//! What plans that are compared have in common, and what is said of the rest.

use parcels::units::M2_PER_HA;
use parcels::worth::mean_score;

use super::{Folder, Parcels, When};
use crate::app::planning::common_parcels::{Listed, common_parcels};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::compare_svg::CommonFigures;

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
                let what = format!(
                    "{} and {} list other parcels: one of them is not as it was written",
                    folders[0].dir.display(),
                    folder.dir.display()
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
            other_layers(folders, other.of, &format!("parcel {} lies elsewhere", other.parcel))
        })?;
        if parcels.is_empty() {
            return Err(other_layers(folders, folders.len() - 1, "they have no parcel in common"));
        }
        let before = |of: &[usize], at: usize| read[at].before[of[at]];
        for at in 1..folders.len() {
            let apart = parcels.iter().filter(|of| before(of, at) != before(of, 0)).count();
            if apart > 0 {
                let what = format!(
                    "{} and {} do not begin with the same zone: {apart} parcels are in the present zone of one alone",
                    titles[0], titles[at]
                );
                return Err(Error::new(ErrorKind::Usage, what).try_this("plans with the same present zone"));
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
    pub(super) fn warnings(&self, folders: &[Folder], titles: &[String], read: &[Parcels]) -> Vec<String> {
        if !self.differ {
            return Vec::new();
        }
        let count = self.parcels.len();
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for (at, own) in read.iter().enumerate() {
            let besides = self.besides(own, at);
            let area_m2: f64 = besides.iter().filter_map(|i| own.area_m2[*i]).sum();
            if !besides.is_empty() {
                let names: Vec<&str> = besides.iter().take(NAMED).map(|i| own.ids[*i].as_str()).collect();
                let more = if besides.len() > NAMED { ", …" } else { "" };
                let names = format!("{}{more}", names.join(", "));
                let (title, besides, ha) = (&titles[at], besides.len(), area_m2 / M2_PER_HA);
                en.push(format!("{title} has {besides} more ({ha:.2} ha: {names})"));
                zh.push(format!("{title} 另有 {besides} 个（{ha:.2} 公顷：{names}）"));
            }
        }
        let mut warnings = vec![if en.is_empty() {
            format!(
                "the plans know other facts about the same {count} parcels (other tables, or another year) / \
                 各方案的 {count} 个地块相同，但所依据的数据不同"
            )
        } else {
            format!(
                "{count} parcels are in all plans, and the rows \"in common\" speak of them alone; {} / \
                 各方案共有 {count} 个地块，“共有地块”各行只比较这些地块；{}",
                en.join("; "),
                zh.join("；")
            )
        }];
        let dates: Vec<&str> =
            folders.iter().map(|f| f.record.inputs.reference_date.as_deref().unwrap_or("—")).collect();
        if dates.iter().any(|date| *date != dates[0]) {
            let dates = dates.join(", ");
            warnings.push(format!("the plans are of different days: {dates} / 各方案的基准日不同：{dates}"));
        }
        if folders.iter().any(|f| f.policy.eligible.not_parcels != folders[0].policy.eligible.not_parcels) {
            warnings.push(
                "the policies set aside different features (eligible.not_parcels), so blocks, concentration and objective \
                 are of different land / 各政策排除的要素不同（eligible.not_parcels），连片数、集中度和目标值所指的用地不同"
                    .to_owned(),
            );
        }
        let apart: Vec<usize> = (0..count).filter(|k| self.sides_differ(read, *k)).collect();
        let area_m2: f64 = apart.iter().filter_map(|k| read[0].area_m2[self.parcels[*k][0]]).sum();
        let ha = area_m2 / M2_PER_HA;
        warnings.push(format!(
            "{} of the parcels in common ({ha:.2} ha) are not on the same side in all plans / 共有地块中有 {} 个（{ha:.2} 公顷）在各方案中的归属不同",
            apart.len(),
            apart.len()
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
        let putting = "putting the table together";
        let mut table = csv::Writer::from_writer(Vec::new());
        let mut row = |cells: Vec<&str>| table.write_record(cells).context(ErrorKind::Unwritable, putting);
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
        table.into_inner().context(ErrorKind::Unwritable, putting)
    }
}

fn other_layers(folders: &[Folder], other: usize, why: &str) -> Error {
    let (a, b) = (&folders[0], &folders[other]);
    let what = format!(
        "{} and {} are plans of different layers ({} with {} parcels, {} with {}): {why}",
        a.dir.display(),
        b.dir.display(),
        a.record.inputs.layer_name,
        a.record.inputs.parcels,
        b.record.inputs.layer_name,
        b.record.inputs.parcels
    );
    Error::new(ErrorKind::Usage, what)
        .try_this("plans of the same park; for another year's layer: lianpian revise OLD NEW --out DIR")
}
