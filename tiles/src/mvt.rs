//! Mapbox Vector Tile 2.1, written.

use std::collections::HashMap;

use crate::feature::Value;

/// Cells along one side of a tile.
pub const EXTENT: u32 = 4096;

/// A place in a tile, in cells.
pub type Cell = [i32; 2];

/// A shape in a tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Polygons; the outer ring first and wound so that its area is positive where y points down, holes the other way.
    Polygons(Vec<Vec<Vec<Cell>>>),
    /// Lines of at least two places.
    Lines(Vec<Vec<Cell>>),
}

/// One layer of one tile, in the making.
pub(crate) struct LayerWriter {
    bytes: Vec<u8>,
    keys: Vec<String>,
    values: Vec<Vec<u8>>,
    place_of: HashMap<Vec<u8>, u32>,
    features: usize,
}

impl LayerWriter {
    /// A layer with these property names.
    pub(crate) fn new(name: &str, keys: Vec<String>) -> Self {
        let mut bytes = Vec::new();
        number_field(&mut bytes, 15, 2);
        bytes_field(&mut bytes, 1, name.as_bytes());
        Self { bytes, keys, values: Vec::new(), place_of: HashMap::new(), features: 0 }
    }

    /// Adds a feature; `properties`, [`encoded`], go with the keys by place.
    pub(crate) fn add<'v>(
        &mut self,
        id: u64,
        properties: impl Iterator<Item = Option<&'v [u8]>>,
        shape: &Shape,
    ) {
        let mut tags = Vec::new();
        for (key, value) in (0_u64..).zip(properties) {
            if let Some(value) = value {
                varint(&mut tags, key);
                let value = u64::from(self.place(value));
                varint(&mut tags, value);
            }
        }
        let (kind, commands) = match shape {
            Shape::Polygons(polygons) => (3, polygon_commands(polygons)),
            Shape::Lines(lines) => (2, line_commands(lines)),
        };
        let mut feature = Vec::with_capacity(tags.len() + commands.len() + 16);
        number_field(&mut feature, 1, id);
        if !tags.is_empty() {
            bytes_field(&mut feature, 2, &tags);
        }
        number_field(&mut feature, 3, kind);
        bytes_field(&mut feature, 4, &commands);
        bytes_field(&mut self.bytes, 2, &feature);
        self.features += 1;
    }

    /// Appends the layer to a tile; nothing where it has no feature.
    pub(crate) fn finish(mut self, tile: &mut Vec<u8>) {
        if self.features == 0 {
            return;
        }
        for key in &self.keys {
            bytes_field(&mut self.bytes, 3, key.as_bytes());
        }
        for value in &self.values {
            bytes_field(&mut self.bytes, 4, value);
        }
        number_field(&mut self.bytes, 5, u64::from(EXTENT));
        bytes_field(tile, 3, &self.bytes);
    }

    /// The place of a value among the layer's; each is written once.
    fn place(&mut self, value: &[u8]) -> u32 {
        if let Some(place) = self.place_of.get(value) {
            return *place;
        }
        let place = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.to_owned());
        self.place_of.insert(value.to_owned(), place);
        place
    }
}

/// Appends a value as tiles have it.
pub(crate) fn encoded(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Text(text) => bytes_field(bytes, 1, text.as_bytes()),
        Value::Number(number) => {
            varint(bytes, 3 << 3 | 1);
            bytes.extend(number.to_le_bytes());
        }
        // sint64 is short for small numbers of either sign.
        Value::Int(number) => number_field(bytes, 6, zigzag(*number)),
        Value::Bool(yes) => number_field(bytes, 7, u64::from(*yes)),
    }
}

fn polygon_commands(polygons: &[Vec<Vec<Cell>>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut pen = [0, 0];
    for ring in polygons.iter().flatten() {
        path(&mut out, &mut pen, ring);
        command(&mut out, 7, 1);
    }
    out
}

fn line_commands(lines: &[Vec<Cell>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut pen = [0, 0];
    for line in lines {
        path(&mut out, &mut pen, line);
    }
    out
}

fn path(out: &mut Vec<u8>, pen: &mut Cell, places: &[Cell]) {
    for (at, place) in places.iter().enumerate() {
        match at {
            0 => command(out, 1, 1),
            1 => command(out, 2, places.len() as u64 - 1),
            _ => {}
        }
        for axis in 0..2 {
            varint(out, zigzag(i64::from(place[axis]) - i64::from(pen[axis])));
        }
        *pen = *place;
    }
}

fn command(out: &mut Vec<u8>, id: u64, count: u64) {
    varint(out, count << 3 | id);
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

/// Seven bits a byte, the lowest first.
pub(crate) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn number_field(out: &mut Vec<u8>, field: u64, number: u64) {
    varint(out, field << 3);
    varint(out, number);
}

fn bytes_field(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Move 1, line 3 and close, with zigzag steps, as section 4.3 of the specification has them.
    #[test]
    fn a_square_is_what_the_specification_says() {
        let square = vec![vec![vec![[0, 0], [10, 0], [10, 10], [0, 10]]]];
        assert_eq!(polygon_commands(&square), [9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15]);
    }

    #[test]
    fn a_value_is_written_once() {
        let mut writer = LayerWriter::new("l", vec!["k".into()]);
        let line = Shape::Lines(vec![vec![[0, 0], [1, 1]]]);
        let mut same = Vec::new();
        encoded(&Value::Text("same".into()), &mut same);
        for id in 0..2 {
            writer.add(id, std::iter::once(Some(same.as_slice())), &line);
        }
        assert_eq!(writer.values.len(), 1);
    }

    #[test]
    fn no_feature_no_bytes() {
        let mut tile = Vec::new();
        LayerWriter::new("l", Vec::new()).finish(&mut tile);
        assert!(tile.is_empty());
    }
}
