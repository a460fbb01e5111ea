//! The policy file written beside the park: complete, commented, with the sources of its numbers.

/// Parcels below which a park has too few blocks to choose from to become much more concentrated in one step.
const SMALL_PARK: usize = 1000;

/// The policy of the park of `seed` with so many parcels, as TOML.
#[must_use]
pub fn toml(seed: u64, parcels: usize) -> String {
    let rise = if parcels < SMALL_PARK { "10" } else { "12" };
    TEXT.replace("{SEED}", &seed.to_string()).replace("{RISE}", rise)
}

const TEXT: &str = r##"# 示意园区的政策文件：数据为程序合成，非真实地块、非真实企业。
# Policy of an illustrative park: the data are made by a program; no real parcel, no real firm.
# 带 [假设] 的数值是本软件的假设，使用前请由主管部门确认。
# A value marked [assumption] is ours: have the competent office confirm it before use.

name = "示意园区（合成数据，非真实） Illustrative park (synthetic, not real)"
# 随机种子：只用于稳健性抽样，方案本身不用随机数。Seed of sampling; the plan itself uses no chance.
seed = {SEED}

# 字段对应 Which columns hold what
[columns]
parcel_code = "parcel_code"              # 宗地代码，19 位
in_zone = "in_zone"                      # 现状是否在园区内：1 是，0 否
sub_park = "sub_park"                    # 子园
registered_area = "area_mu_registered"   # 登记面积
registered_area_unit = "mu"              # 单位：亩
land_use = "land_use"                    # GB/T 21010-2017

# 数据检查 Validation
[checks]
survey_noise_m2 = 1.0         # 不超过此面积的重叠视为测量误差 overlaps up to this are survey noise
survey_noise_width_m = 0.5    # 或宽度不超过此值 or thinner than this
sliver_thinness = 0.05
area_mismatch = 0.05          # 登记面积与实测相差超过 5 % 时报告 reported from 5 %

# 企业数据：一行为一家企业在一宗地上的部分。一家企业跨多宗地时，按 share 分摊。
# One row is one firm on one parcel; a firm on several parcels is divided by its shares.
[enterprises]
table = "enterprises.csv"
parcel_code = "parcel_code"
firm = "firm_id"
name = "firm_name"
share = "share"

[enterprises.aggregates]
revenue = { sum = "revenue_10k_yuan" }      # 营业收入，万元
rd = { sum = "rd_10k_yuan" }                # 研发费用，万元
tax = { sum = "tax_10k_yuan" }              # 实缴税金，万元
staff = { sum = "staff" }                   # 从业人员
rd_staff = { sum = "rd_staff" }             # 研发人员
patents = { sum = "patents" }               # 有效发明专利，件
energy = { sum = "energy_tce" }             # 综合能耗，吨标准煤
firms = { count = true }                    # 企业数
hnte = { count = true, where = [{ column = "hnte", is = [1] }] }   # 高新技术企业数

# 指标：地块的比率一律为合计之比，不取比率的平均。Ratios of a parcel are ratios of sums.
[indicators.rd_intensity]
zh = "研发强度"
en = "R&D intensity"
formula = "100 * rd / revenue"
unit = "%"
normalise = { method = "threshold", pass = 0.0, excellent = 8.0 }
weight = 30
source = "国家高新区平均约 3.8 %，前 30 位约 6.1 %；高企认定下限 3–5 %。上限 8 % [假设] national zones about 3.8 %, top 30 about 6.1 %; 8 % is an assumption"

[indicators.rd_staff_share]
zh = "研发人员占比"
en = "Share of R&D staff"
formula = "100 * rd_staff / staff"
unit = "%"
normalise = { method = "base", base = 12.42, cap = 2.0 }
weight = 10
source = "国家高新区研发人员占从业人员 12.42 % R&D staff in national high-tech zones"

[indicators.patents_per_10k]
zh = "万人发明专利拥有量"
en = "Invention patents per 10,000 staff"
formula = "10000 * patents / staff"
unit = "件/万人"
normalise = { method = "base", base = 421.6, cap = 2.0 }
weight = 20
source = "国家高新区 2020 年每万名从业人员拥有发明专利 421.6 件 national zones, 2020"

[indicators.hnte_share]
zh = "高新技术企业占比"
en = "Share of high-tech firms"
formula = "100 * hnte / firms"
unit = "%"
normalise = { method = "threshold", pass = 0.0, excellent = 100.0 }
weight = 10
source = "[假设] assumption"

[indicators.tax_per_mu]
zh = "亩均税收"
en = "Tax per mu"
formula = "tax / area_mu"
unit = "万元/亩"
normalise = { method = "base", base = 24.097, cap = 1.5 }
weight = 15
source = "基准值取黄岩区 2022 年度规上工业企业综合评价 base: Huangyan 2022, above-scale firms"

[indicators.rev_per_mu]
zh = "亩均营收"
en = "Revenue per mu"
formula = "revenue / area_mu"
unit = "万元/亩"
normalise = { method = "base", base = 533.0, cap = 1.5 }
weight = 10
source = "上海开发区 2021 年单位土地产值 80 亿元/平方公里，即 533 万元/亩 Shanghai parks 2021: 8 billion yuan/km²"

[indicators.revenue_per_energy]
zh = "单位能耗营收"
en = "Revenue per energy"
formula = "revenue / energy"
unit = "万元/tce"
normalise = { method = "rank" }
weight = 5
source = "[假设] assumption"

[weights]
method = "fixed"
known_share = 0.5      # 已知指标的权重不足一半时，得分为未知 unknown score below half of the weight

# 连片：边界相距不超过 gap_m 且无分隔物者为相连。
# Contiguous: facing each other within gap_m with no barrier between.
[contiguity]
gap_m = 20.0

# 干路、主干道分隔园区；次干路、支路不分隔。Trunk and primary roads cut; smaller streets do not.
[[contiguity.barriers]]
layer = "barriers.gpkg:roads"
where = [{ column = "class", is = ["trunk", "primary"] }]
half_width_column = "half_width_m"
half_width_m = 18.0
kind_column = "class"

[[contiguity.barriers]]
layer = "barriers.gpkg:rivers"
half_width_column = "half_width_m"
half_width_m = 15.0
kind_column = "class"

# 目标：面积以公顷、边界以百米计。Areas in ha, boundary in 100 m. [假设]
[objective]
lambda = 15.0              # λ 每百米园区边界的代价 price of 100 m of boundary
edge_factor = 0.5          # η 不临任何地块的边界的折算 boundary that faces nobody
kappa = 10.0               # κ 每公顷调整的代价 price of moving 1 ha
small_block_price = 50.0   # ρ

[constraints]
area = { mode = "conserve", tolerance = 0.005, basis = "ellipsoidal" }   # 总量平衡 ±0.5 %
blocks = "before"          # 区块数不多于现状 no more blocks than now
min_block_ha = 3.0         # 最小区块面积 [假设]
min_block = "no_new"       # no_new：现有小区块可保留、扩大或调出，不得新增 today's small blocks may stay, grow or leave, no new ones; hard, soft, off
new_block_ha = 25.0        # 新区块（不含现状用地）的最小面积；"forbid" 不得新增 least area of a block without land of today's zone (Cangnan 2020: 25.8 ha on average)
min_hole_ha = 0.2          # 3 亩：边角地、夹心地 Guangdong practice for gap-filling slivers
holes = "report"           # report：只报告方案新围出的；forbid：不得新增 none may be made；fill：尽量填补 filled where possible
sub_park_band = 0.2        # 各子园面积 ±20 %
sub_park = "hard"          # hard：方案不得超出 may not be left; soft：按 objective.sub_park_price 计价 priced, and reported
max_moved_share = 0.25     # 调入调出面积合计不超过现状的 25 %；"free" 不限 in and out together, at most a quarter [假设]
concentration = { at_least = "+{RISE} %", strictness = "hard" }   # 集中度至少提高 {RISE} % at least {RISE} % more concentrated; "before" 不低于现状

# 可调入：工矿仓储 (06)、科研 (0804)、商务金融 (0505)。Who may come in.
[eligible]
move_in = [{ column = "land_use", starts_with = ["06", "0804", "0505"] }]
move_out = []
not_parcels = [{ column = "land_use", starts_with = ["10", "11"] }]   # 道路、水域 roads and water
unknown_score = "freeze"   # 无企业数据为“未知”，不是零 no data is unknown, not zero

[locks]
in = []
out = []
freeze = []

# 红线 Red lines: 永久基本农田、生态保护红线
[overlays.redlines]
layer = "barriers.gpkg:redlines"
rule = "forbid"
ignore_m2 = 1.0
ignore_share = 0.001
ignore_width_m = 0.5
"##;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::park::uses::ELIGIBLE;
    use parcels::policy::Policy;

    #[test]
    fn the_engine_reads_it_and_it_says_what_it_is() {
        let policy = Policy::from_toml(&toml(42, 3000)).unwrap();
        assert_eq!(policy.seed, 42);
        assert!(policy.name.contains("synthetic") && policy.name.contains("合成"));
        assert_eq!(policy.indicators.len(), 7);
        assert_eq!(policy.indicators.values().map(|i| i.weight).sum::<f64>(), 100.0);
        assert!(policy.indicators.values().all(|i| !i.source.is_empty() && !i.zh.is_empty()));
        assert_eq!(policy.eligible.move_in[0].starts_with, ELIGIBLE);
        assert_eq!(policy.contiguity.barriers.len(), 2);
    }
}
