//! Invented firms whose figures follow the published ones for Shanghai and the national high-tech zones.
//!
//! Targets (the source is named with each in the project's notes): revenue median 80 M, mean 260 M yuan; R&D ÷ revenue
//! median 4 %, 90th percentile 15 %, none at 15–25 % of firms; output median 60, mean 80–140 M yuan/ha in the zone and
//! half outside; R&D staff 12 % of staff; about 420 patents per 10,000 staff in the zone and a third outside.

use super::chance::{Chance, Use, exp};
use super::credit_code;
use super::shape::{Point, length, sub};

/// What a parcel tells about the firms on it.
pub(crate) struct Site {
    pub(crate) centre: Point,
    pub(crate) area_m2: f64,
    pub(crate) in_zone: bool,
    pub(crate) eligible: bool,
    /// The neighbourhood's innovation, about standard normal.
    pub(crate) innovation: f64,
}

/// One firm's year. Money in 10,000 yuan.
#[derive(Debug, Clone)]
pub struct Firm {
    /// 统一社会信用代码.
    pub id: String,
    /// Its invented name.
    pub name: String,
    /// Operating revenue, 10,000 yuan.
    pub revenue: f64,
    /// R&D expenditure, 10,000 yuan.
    pub rd: f64,
    /// R&D staff.
    pub rd_staff: u64,
    /// Staff.
    pub staff: u64,
    /// Valid invention patents.
    pub patents: u64,
    /// Tax paid, 10,000 yuan.
    pub tax: f64,
    /// Energy used, t of coal equivalent.
    pub energy_tce: f64,
    /// Whether it holds a high-tech firm's certificate (高新技术企业).
    pub hnte: bool,
    /// GB/T 4754-2017 code.
    pub industry: &'static str,
}

/// One firm on one parcel: a row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenancy {
    /// Position of the firm.
    pub firm: usize,
    /// Position of the parcel.
    pub parcel: usize,
    /// Share of the firm on it; none means the whole firm.
    pub share: Option<f64>,
    /// What is wrong with the row.
    pub flaw: Option<Flaw>,
}

/// How a row is flawed, as real tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The parcel code is one that no parcel has.
    UnknownParcel,
    /// `NA` instead of the R&D expenditure.
    NotAvailable,
    /// Nothing instead of the R&D expenditure.
    Blank,
    /// `约500` (about 500) instead of the revenue.
    Words,
    /// The revenue with thousands separators, which reads well.
    Separators,
}

/// Firms and where they are.
pub(crate) struct Firms {
    pub(crate) firms: Vec<Firm>,
    pub(crate) tenancies: Vec<Tenancy>,
    /// Firms whose shares do not add up to 1.
    pub(crate) partly_elsewhere: usize,
}

/// Median output inside the zone, 10,000 yuan/ha, for a single tenant; outside it is half.
const OUTPUT_PER_HA: f64 = 5_700.0;
const OUTPUT_LOG_SD: f64 = 1.12;
/// How far the next parcel of a firm may be, m.
const NEXT_PARCEL_M: f64 = 700.0;

/// Industries by how much they lean on research, least first: (GB/T 4754-2017, weight).
const INDUSTRIES: [(&str, f64); 16] = [
    ("2231", 4.0),  // 纸和纸板容器制造
    ("5990", 5.0),  // 其他仓储业
    ("3311", 9.0),  // 金属结构制造
    ("2929", 8.0),  // 塑料零件及其他塑料制品制造
    ("1819", 4.0),  // 其他机织服装制造
    ("3525", 8.0),  // 模具制造
    ("3670", 11.0), // 汽车零部件及配件制造
    ("3484", 6.0),  // 机械零部件加工
    ("2651", 4.0),  // 初级形态塑料及合成树脂制造
    ("3823", 6.0),  // 配电开关控制设备制造
    ("4011", 6.0),  // 工业自动控制系统装置制造
    ("3581", 7.0),  // 医疗诊断、监护及治疗设备制造
    ("3976", 6.0),  // 光电子器件制造
    ("6513", 7.0),  // 应用软件开发
    ("3973", 5.0),  // 集成电路制造
    ("2761", 4.0),  // 生物药品制造
];

/// Draws the firms of all sites.
pub(crate) fn draw(sites: &[Site], seed: u64) -> Firms {
    let mut all = Firms { firms: Vec::new(), tenancies: Vec::new(), partly_elsewhere: 0 };
    for (parcel, site) in sites.iter().enumerate() {
        let mut chance = Chance::new(seed, Use::Firms, parcel as i64, 0);
        if !chance.happens(if site.eligible { 0.86 } else { 0.03 }) {
            continue;
        }
        let tenants = 1 + chance.pick(&[88.0, 8.0, 2.5, 1.0, 0.5]);
        let many = tenants as f64;
        // More tenants, more floors: output grows with them, a little less than in proportion.
        let crowd = if tenants == 1 { 1.0 } else { 0.9 * many };
        let base = OUTPUT_PER_HA * if site.in_zone { 1.0 } else { 0.5 };
        let output = chance.lognormal(base, OUTPUT_LOG_SD).min(150_000.0) * crowd * site.area_m2 / 1e4;
        let parts: Vec<f64> = (0..tenants).map(|_| chance.lognormal(1.0, 0.7)).collect();
        let whole: f64 = parts.iter().sum();
        for part in parts {
            let firm = all.firms.len();
            all.firms.push(draw_firm(firm, (output * part / whole).max(20.0), site, &mut chance));
            if chance.happens(0.05) {
                spread(&mut all, firm, parcel, sites, &mut chance);
            } else {
                all.tenancies.push(Tenancy { firm, parcel, share: None, flaw: None });
            }
        }
    }
    for (row, tenancy) in all.tenancies.iter_mut().enumerate() {
        let mut chance = Chance::new(seed, Use::Firms, row as i64, 1);
        if chance.happens(0.012) {
            let kinds = [Flaw::UnknownParcel, Flaw::NotAvailable, Flaw::Blank, Flaw::Words, Flaw::Separators];
            tenancy.flaw = Some(kinds[chance.pick(&[25.0, 25.0, 20.0, 10.0, 20.0])]);
        }
    }
    all
}

fn draw_firm(serial: usize, revenue: f64, site: &Site, chance: &mut Chance) -> Firm {
    // Standard normal when the neighbourhood's innovation is: 0.72² + 0.694² = 1.
    let bent = 0.72 * site.innovation + 0.694 * chance.normal();
    let does_research = 0.5 * bent + 0.866 * chance.normal() > -0.84;
    let intensity = if does_research { (0.046 * exp(0.93 * bent)).min(0.6) } else { 0.0 };
    let rd = revenue * intensity;
    let staff = ((revenue / chance.lognormal(115.0, 0.5)).round() as u64).max(3);
    let research_share =
        if does_research { (0.11 * exp(0.55 * bent + 0.25 * chance.normal())).min(0.7) } else { 0.0 };
    let holds_patents = if does_research { chance.happens(0.82) } else { chance.happens(0.2) };
    let per_head = if site.in_zone { 0.03 } else { 0.0105 };
    let expected = staff as f64 * per_head * exp(0.5 * bent + 0.6 * chance.normal());
    let patents = if holds_patents { 1 + chance.poisson(expected.min(5_000.0)) } else { 0 };
    // Legal floors of R&D ÷ revenue for a certificate: 5, 4 and 3 % by revenue of 50 and 200 M yuan.
    let floor = if revenue < 5_000.0 {
        0.05
    } else if revenue <= 20_000.0 {
        0.04
    } else {
        0.03
    };
    let leaning = bent + 0.8 * chance.normal();
    let weights: Vec<f64> =
        (0..INDUSTRIES.len()).map(|k| INDUSTRIES[k].1 * exp(leaning * (k as f64 - 7.5) / 7.5)).collect();
    Firm {
        id: credit_code::code(serial as u64 + 1),
        name: format!("示意企业{:06}（合成）", serial + 1),
        revenue,
        rd,
        rd_staff: (staff as f64 * research_share).round() as u64,
        staff,
        patents,
        tax: revenue * chance.between(0.04, 0.07),
        energy_tce: revenue * chance.lognormal(0.02, 0.7),
        hnte: intensity >= floor && chance.happens(0.7),
        industry: INDUSTRIES[chance.pick(&weights)].0,
    }
}

/// Puts a firm on two or three parcels; a few have a part outside the park.
fn spread(all: &mut Firms, firm: usize, home: usize, sites: &[Site], chance: &mut Chance) {
    let mut parcels = vec![home];
    let wanted = if chance.happens(0.3) { 3 } else { 2 };
    let near = |at: &usize| {
        sites[*at].eligible && length(sub(sites[*at].centre, sites[home].centre)) < NEXT_PARCEL_M
    };
    parcels.extend((home + 1..sites.len().min(home + 12)).filter(near).take(wanted - 1));
    let shares: &[f64] = match (parcels.len(), chance.happens(0.15)) {
        (1, true) => &[0.8],
        (1, false) => &[1.0],
        (2, true) => &[0.5, 0.3],
        (2, false) => &[0.6, 0.4],
        (_, true) => &[0.4, 0.2, 0.2],
        (_, false) => &[0.5, 0.3, 0.2],
    };
    if shares.iter().sum::<f64>() < 0.99 {
        all.partly_elsewhere += 1;
    }
    for (parcel, share) in parcels.into_iter().zip(shares) {
        all.tenancies.push(Tenancy { firm, parcel, share: Some(*share), flaw: None });
    }
}
