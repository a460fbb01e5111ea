//! What land is used for: codes of GB/T 21010-2017, drawn by the kind of quarter.

use super::chance::Chance;

/// Whether land of this use may come into the zone: industry and storage (06), research (0804), offices (0505). The policy
/// written beside the park says the same.
#[must_use]
pub fn is_eligible(code: &str) -> bool {
    ELIGIBLE.iter().any(|prefix| code.starts_with(prefix))
}

/// The prefixes of eligible codes.
pub const ELIGIBLE: [&str; 3] = ["06", "0804", "0505"];

/// Codes with their weight in industrial quarters and in the rest of the town.
const USES: [(&str, f64, f64); 13] = [
    ("0601", 70.0, 12.0), // 工业用地
    ("0604", 9.0, 3.0),   // 仓储用地
    ("0804", 9.0, 4.0),   // 科研用地
    ("0505", 3.0, 7.0),   // 商务金融用地
    ("0501", 2.0, 9.0),   // 零售商业用地
    ("0504", 0.3, 2.0),   // 旅馆用地
    ("0701", 2.0, 38.0),  // 城镇住宅用地
    ("0801", 0.4, 3.0),   // 机关团体用地
    ("0803", 0.3, 7.0),   // 教育用地
    ("0805", 0.2, 3.0),   // 医疗卫生用地
    ("0809", 2.2, 3.0),   // 公用设施用地
    ("0810", 1.2, 7.5),   // 公园与绿地
    ("1104", 0.4, 1.5),   // 坑塘水面, which the policy sets aside as no parcel
];

/// Draws the use of a lot. `innovation` is the quarter's, about standard normal: research gathers where it is high.
pub(crate) fn draw(industrial: bool, innovation: f64, chance: &mut Chance) -> &'static str {
    let weights = USES.map(|(code, in_industry, in_town)| {
        let weight = if industrial { in_industry } else { in_town };
        if code == "0804" { weight * (1.0 + 0.8 * innovation).clamp(0.1, 3.0) } else { weight }
    });
    USES[chance.pick(&weights)].0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::park::chance::Use;

    #[test]
    fn industry_is_mostly_eligible_and_town_is_not() {
        let mut chance = Chance::new(1, Use::Quarters, 0, 0);
        let mut share = |industrial| {
            (0..5_000).filter(|_| is_eligible(draw(industrial, 0.0, &mut chance))).count() as f64 / 5_000.0
        };
        assert!((0.88..0.95).contains(&share(true)));
        assert!((0.2..0.32).contains(&share(false)));
        assert!(!is_eligible("0803") && is_eligible("0604"));
    }
}
