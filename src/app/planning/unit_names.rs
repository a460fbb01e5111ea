//! Names of units in one long text: a million names take no more memory than their letters and one offset each.

use std::collections::HashMap;

/// The names of units by position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    text: String,
    /// Where each name ends in `text`, bytes.
    ends: Vec<usize>,
}

impl Names {
    /// Adds the name of the next unit.
    pub(crate) fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    /// Number of units.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The name at a position.
    ///
    /// # Panics
    /// When there is no such unit.
    pub(crate) fn get(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }

    /// All names, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// The position of each name, or the position at which a name stands for the second time.
    pub(crate) fn positions(&self) -> Result<HashMap<&str, u32>, usize> {
        let mut positions = HashMap::with_capacity(self.len());
        for (at, name) in self.iter().enumerate() {
            if positions.insert(name, at as u32).is_some() {
                return Err(at);
            }
        }
        Ok(positions)
    }
}

impl<S: AsRef<str>> FromIterator<S> for Names {
    fn from_iter<T: IntoIterator<Item = S>>(names: T) -> Self {
        let mut all = Self::default();
        for name in names {
            all.push(name.as_ref());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_are_found() {
        let names: Names = ["a", "", "园区", "b"].into_iter().collect();
        assert_eq!(names.iter().collect::<Vec<_>>(), ["a", "", "园区", "b"]);
        assert_eq!(names.positions().unwrap()["园区"], 2);
        let twice: Names = ["a", "b", "a"].into_iter().collect();
        assert_eq!(twice.positions(), Err(2));
    }
}
