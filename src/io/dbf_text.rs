//! Text as a shapefile's table (DBF) holds it: in UTF-8 or GBK, at most 254 bytes a value.

use std::borrow::Cow;

use super::feature_layer::cut;

/// The longest text a DBF field holds, bytes.
pub(super) const TEXT_BYTES: usize = 254;

/// How text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, said so in the `.cpg`.
    Utf8,
    /// GBK (code page 936): `.cpg` and language driver 0x4D in the DBF header say so.
    Gbk,
}

impl Encoding {
    /// The bytes that `text` takes.
    pub(super) fn bytes(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            // Every character of GBK outside ASCII takes two bytes.
            Self::Gbk => text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum(),
        }
    }

    /// The longest beginning of `text` that fits into a field.
    pub(super) fn fit(self, text: &str) -> &str {
        match self {
            Self::Utf8 => cut(text, TEXT_BYTES),
            Self::Gbk => {
                let mut bytes = 0;
                let over = text.char_indices().find(|(_, c)| {
                    bytes += if c.is_ascii() { 1 } else { 2 };
                    bytes > TEXT_BYTES
                });
                over.map_or(text, |(at, _)| &text[..at])
            }
        }
    }

    /// `text` as a field holds it.
    pub(super) fn form(self, text: Cow<'_, str>) -> Cow<'_, str> {
        match self.holdable(text) {
            Cow::Borrowed(text) => Cow::Borrowed(self.fit(text)),
            Cow::Owned(text) => Cow::Owned(self.fit(&text).to_owned()),
        }
    }

    /// `text` with `?` for what the encoding cannot hold.
    fn holdable(self, text: Cow<'_, str>) -> Cow<'_, str> {
        if self == Self::Utf8 || text.is_ascii() || text.chars().all(in_gbk) {
            return text;
        }
        Cow::Owned(text.chars().map(|c| if in_gbk(c) { c } else { '?' }).collect())
    }
}

/// Whether code page 936 has the character. The euro sign is left out: its place differs between the tables in use.
pub(super) fn in_gbk(c: char) -> bool {
    c.is_ascii() || (c != '€' && !encoding_rs::GBK.encode(c.encode_utf8(&mut [0; 4])).2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gbk_texts_are_cut_between_characters_and_know_what_they_cannot_hold() {
        let text = "a".to_owned() + &"园".repeat(130);
        let kept = Encoding::Gbk.fit(&text);
        assert_eq!(Encoding::Gbk.bytes(kept), 253);
        assert_eq!(encoding_rs::GBK.encode(kept).0.len(), 253);
        assert_eq!(Encoding::Utf8.fit(&text).len(), 253);
        assert_eq!(Encoding::Gbk.holdable(Cow::Borrowed("青浦😀𠮷園")), "青浦??園");
        assert_eq!(Encoding::Utf8.holdable(Cow::Borrowed("青浦😀")), "青浦😀");
    }
}
