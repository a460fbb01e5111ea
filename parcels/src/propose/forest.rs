//! Disjoint sets whose last union can be taken back.

/// Disjoint sets of 0 … n − 1, joined by size. Without path compression, so that a union leaves one trace only.
#[derive(Debug)]
pub(super) struct Forest {
    parent: Vec<usize>,
    size: Vec<usize>,
}

/// A union: the root that was hung below the other root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Union {
    pub(super) hung: usize,
    pub(super) root: usize,
}

impl Forest {
    pub(super) fn new(count: usize) -> Self {
        Self { parent: (0..count).collect(), size: vec![1; count] }
    }

    pub(super) fn root(&self, mut of: usize) -> usize {
        while self.parent[of] != of {
            of = self.parent[of];
        }
        of
    }

    /// Joins the sets of `a` and `b`; none when they are one already.
    pub(super) fn join(&mut self, a: usize, b: usize) -> Option<Union> {
        let (mut root, mut hung) = (self.root(a), self.root(b));
        if root == hung {
            return None;
        }
        if self.size[root] < self.size[hung] {
            std::mem::swap(&mut root, &mut hung);
        }
        self.parent[hung] = root;
        self.size[root] += self.size[hung];
        Some(Union { hung, root })
    }

    /// Takes back the union made last of those not yet taken back.
    pub(super) fn part(&mut self, union: Union) {
        self.parent[union.hung] = union.hung;
        self.size[union.root] -= self.size[union.hung];
    }
}
