//! Several areas, the first few of them.

use crate::message;
use crate::message::{AsParam as _, Param, area_m2};

/// `12 ha, 3 ha and 1 ha`. Beyond three the rest is counted.
pub(super) fn areas(areas_m2: &[f64]) -> Param {
    const NAMED: usize = 3;
    let mut named: Vec<Param> = areas_m2.iter().take(NAMED).map(|area| area_m2(*area)).collect();
    if areas_m2.len() > NAMED {
        named.push(message!("places-more", count = areas_m2.len() - NAMED).as_param());
    }
    Param::All(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_three_areas_the_rest_is_counted() {
        assert_eq!(areas(&[12e4, 3e4]), message::all([12e4, 3e4].map(area_m2)));
        let Param::All(five) = areas(&[5e4, 4e4, 3e4, 2e4, 1e4]) else { panic!() };
        assert_eq!(five.len(), 4);
        assert_eq!(five[3], message!("places-more", count = 2_usize).as_param());
    }
}
