//! The address of a tile, valid by construction.

/// The deepest zoom level an address may have; 2³⁰ tiles a side still fit a `u32`.
pub const MAX_ZOOM: u8 = 30;

/// Column `x` (from the west), row `y` (from the north) at zoom `z` of the Web Mercator pyramid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileCoord {
    z: u8,
    x: u32,
    y: u32,
}

/// An address outside the pyramid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tile {z}/{x}/{y} does not exist: zoom goes to {MAX_ZOOM}, column and row to 2^zoom - 1")]
pub struct NoSuchTile {
    /// Zoom asked for.
    pub z: u8,
    /// Column asked for.
    pub x: u32,
    /// Row asked for.
    pub y: u32,
}

impl TileCoord {
    /// Checks the address against the pyramid.
    ///
    /// # Errors
    /// [`NoSuchTile`] when the zoom is beyond [`MAX_ZOOM`] or column or row are beyond the zoom's last.
    pub fn new(z: u8, x: u32, y: u32) -> Result<Self, NoSuchTile> {
        if z <= MAX_ZOOM && u64::from(x) < 1 << z && u64::from(y) < 1 << z {
            Ok(Self { z, x, y })
        } else {
            Err(NoSuchTile { z, x, y })
        }
    }

    /// Zoom, 0 to [`MAX_ZOOM`].
    #[must_use]
    pub fn z(self) -> u8 {
        self.z
    }

    /// Column, counted from the antimeridian eastwards.
    #[must_use]
    pub fn x(self) -> u32 {
        self.x
    }

    /// Row, counted from the north edge southwards.
    #[must_use]
    pub fn y(self) -> u32 {
        self.y
    }

    /// The four tiles one level down; none below the deepest.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let next = [(0, 0), (1, 0), (0, 1), (1, 1)].into_iter().filter(move |_| self.z < MAX_ZOOM);
        next.map(move |(dx, dy)| Self { z: self.z + 1, x: 2 * self.x + dx, y: 2 * self.y + dy })
    }

    /// The tile one level up that holds this one; none above the single tile of zoom 0.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        (self.z > 0).then(|| Self { z: self.z - 1, x: self.x / 2, y: self.y / 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pyramid_ends_where_it_ends() {
        assert!(TileCoord::new(0, 0, 0).is_ok());
        assert_eq!(TileCoord::new(0, 1, 0), Err(NoSuchTile { z: 0, x: 1, y: 0 }));
        assert!(TileCoord::new(30, (1 << 30) - 1, 0).is_ok());
        assert!(TileCoord::new(31, 0, 0).is_err());
    }

    #[test]
    fn climbing_ends_at_the_top() {
        let tile = TileCoord::new(14, 13_710, 6_710).unwrap();
        let top = std::iter::successors(Some(tile), |t| t.parent()).last().unwrap();
        assert_eq!((top.z(), top.x(), top.y()), (0, 0, 0));
    }
}
