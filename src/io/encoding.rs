//! Which bytes mean which text. What a person says decides; then what the file states about itself; then whether the
//! bytes are UTF-8, which other text hardly ever is by chance; then a guess between GBK, Big5 and Western European,
//! which is always reported.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_1252};
use parcels::message;
use parcels::message::Message;
use parcels::validate::{Issue, IssueKind, Severity};

use super::file_issue;
use crate::error::{Error, ErrorKind, Result};

/// The encoding of some text, and what had to be assumed for it.
pub(crate) struct Chosen {
    pub(crate) encoding: &'static Encoding,
    pub(crate) issue: Option<Issue>,
}

/// The encoding a person names: a label of the WHATWG standard or a code page number.
///
/// # Errors
/// A usage error when no encoding has that name.
pub(crate) fn named(label: &str) -> Result<&'static Encoding> {
    by_label(label).ok_or_else(|| {
        Error::new(ErrorKind::Usage, message!("no-such-encoding", label = label))
            .try_this(message!("try-encoding"))
    })
}

/// The encoding meant by the text of a `.cpg` file or by `--encoding`: `UTF-8`, `936`, `CP936`, `Big-5`, `ANSI 1252`, …
pub(crate) fn by_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_start_matches('\u{feff}').to_ascii_lowercase();
    if let Some(known) = Encoding::for_label(label.as_bytes()) {
        return Some(known);
    }
    let bare: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let number = bare.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    match number {
        "8859" | "88591" | "1252" => Some(WINDOWS_1252),
        "936" | "54936" | "20936" => Some(GBK),
        "950" | "5" => Some(BIG5),
        "949" => Some(EUC_KR),
        "932" => Some(SHIFT_JIS),
        "65001" | "8" => Some(UTF_8),
        code => Encoding::for_label(format!("windows-{code}").as_bytes()),
    }
}

/// The encoding that byte 29 of a dBASE header states, if it states one: 0 is nothing, 0x57 ("ANSI") is whatever the
/// writing machine used, and DOS code pages are hardly ever true.
pub(crate) fn by_language_byte(byte: u8) -> Option<&'static Encoding> {
    match byte {
        0x4D | 0x7A => Some(GBK),
        0x4F | 0x78 => Some(BIG5),
        0x4E | 0x79 => Some(EUC_KR),
        0x13 | 0x7B => Some(SHIFT_JIS),
        0x03 | 0x58 | 0x59 => Some(WINDOWS_1252),
        0xC8 => Some(encoding_rs::WINDOWS_1250),
        0xC9 => Some(encoding_rs::WINDOWS_1251),
        0xCA => Some(encoding_rs::WINDOWS_1254),
        0xCB => Some(encoding_rs::WINDOWS_1253),
        _ => None,
    }
}

/// Text from bytes. None when they are not text of that encoding. A character cut off at the end is left away: writers
/// cut values at the width of their field.
pub(crate) fn decode(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    if bytes.is_ascii() {
        return Some(String::from_utf8_lossy(bytes).into_owned());
    }
    if encoding == UTF_8 {
        return match std::str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            Err(wrong) if wrong.error_len().is_some() => None,
            Err(cut) => Some(String::from_utf8_lossy(&bytes[..cut.valid_up_to()]).into_owned()),
        };
    }
    let whole = |bytes| encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let text = whole(bytes).or_else(|| match bytes.split_last() {
        Some((last, kept)) if !last.is_ascii() => whole(kept),
        _ => None,
    })?;
    Some(text.into_owned())
}

/// As [`decode`], with replacement characters where the bytes mean nothing.
pub(crate) fn decode_lossy(bytes: &[u8], encoding: &'static Encoding) -> String {
    decode(bytes, encoding).unwrap_or_else(|| encoding.decode_without_bom_handling(bytes).0.into_owned())
}

/// Chooses the encoding of `values` (those with a byte beyond ASCII). `stated` is what the file says, and where.
pub(crate) fn choose(
    given: Option<&'static Encoding>,
    stated: Option<(&'static Encoding, Message)>,
    values: &[&[u8]],
) -> Chosen {
    if let Some(encoding) = given {
        let wrong = values.iter().filter(|v| decode(v, encoding).is_none()).count();
        let issue = (wrong > 0).then(|| {
            file_issue(
                IssueKind::AssumedEncoding,
                Severity::Warning,
                message!("not-in-asked-encoding", count = wrong, encoding = encoding.name()),
                message!("read-as-asked"),
            )
        });
        return Chosen { encoding, issue };
    }
    let Some(sample) = values.first() else {
        return Chosen { encoding: stated.map_or(UTF_8, |(encoding, _)| encoding), issue: None };
    };
    let likely = detect(values);
    let shown = decode_lossy(sample, likely);
    let advice = message!("say-encoding");
    if let Some((encoding, place)) = stated {
        // One value in a hundred may be damaged without putting the whole statement in doubt. A single-byte encoding
        // fits any bytes, so there only the better reading can contradict it.
        let wrong = values.iter().filter(|v| decode(v, encoding).is_none()).count();
        let doubtful = encoding.is_single_byte() && !likely.is_single_byte();
        if wrong * 100 <= values.len() && !doubtful {
            let issue = (wrong > 0).then(|| {
                file_issue(
                    IssueKind::AssumedEncoding,
                    Severity::Warning,
                    message!(
                        "not-in-stated-encoding",
                        count = wrong,
                        all = values.len(),
                        encoding = encoding.name(),
                        place = place
                    ),
                    message!("read-with-replacements"),
                )
            });
            return Chosen { encoding, issue };
        }
        let issue = file_issue(
            IssueKind::AssumedEncoding,
            Severity::Warning,
            message!(
                "encoding-contradicted",
                place = place,
                stated = encoding.name(),
                likely = likely.name(),
                sample = shown
            ),
            message!("read-as", encoding = likely.name(), advice = advice),
        );
        return Chosen { encoding: likely, issue: Some(issue) };
    }
    // Text that is valid UTF-8 beyond ASCII is UTF-8 by more than a guess.
    let issue = (likely != UTF_8).then(|| {
        file_issue(
            IssueKind::AssumedEncoding,
            Severity::Warning,
            message!("encoding-not-stated", likely = likely.name(), sample = shown),
            message!("read-as", encoding = likely.name(), advice = advice),
        )
    });
    Chosen { encoding: likely, issue }
}

/// The likeliest encoding of values that all contain bytes beyond ASCII.
fn detect(values: &[&[u8]]) -> &'static Encoding {
    // Two bytes that mean a Chinese character in GBK can be the beginning of one in UTF-8, so most must be whole.
    let whole = values.iter().filter(|v| std::str::from_utf8(v).is_ok()).count();
    if 2 * whole > values.len() && values.iter().all(|v| decode(v, UTF_8).is_some()) {
        return UTF_8;
    }
    // The everyday characters of mainland China: both bytes high, so that the high bytes come in pairs.
    if values.iter().all(|v| is_gb2312(v)) {
        return GBK;
    }
    if values.iter().all(|v| looks_western(v)) {
        return WINDOWS_1252;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    for value in values {
        detector.feed(value, false);
        detector.feed(b"\n", false);
    }
    detector.feed(b"", true);
    let possible =
        |encoding| values.iter().filter(|v| decode(v, encoding).is_none()).count() * 100 <= values.len();
    match detector.guess(None, Utf8Detection::Deny) {
        guess if guess == BIG5 && possible(BIG5) => BIG5,
        _ if possible(GBK) => GBK,
        _ if possible(BIG5) => BIG5,
        _ => WINDOWS_1252,
    }
}

fn is_gb2312(value: &[u8]) -> bool {
    let mut bytes = value.iter();
    while let Some(&lead) = bytes.next() {
        if lead.is_ascii() {
            continue;
        }
        match bytes.next() {
            // A value cut in the middle of its last character.
            None => return true,
            Some(&trail) if matches!(lead, 0xA1..=0xA9 | 0xB0..=0xF7) && (0xA1..=0xFE).contains(&trail) => {}
            Some(_) => return false,
        }
    }
    true
}

/// Accented letters stand alone among plain ones: `México`, `Åland`.
fn looks_western(value: &[u8]) -> bool {
    let high = value.iter().filter(|b| !b.is_ascii()).count();
    let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
    letters >= 2 * high && value.windows(2).all(|pair| pair[0].is_ascii() || pair[1].is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_found_in_cpg_files() {
        for (label, name) in [
            ("UTF-8", "UTF-8"),
            ("utf8\r\n", "UTF-8"),
            ("65001", "UTF-8"),
            ("936", "GBK"),
            ("CP936", "GBK"),
            ("GB2312", "GBK"),
            ("GB18030", "gb18030"),
            ("Big-5", "Big5"),
            ("950", "Big5"),
            ("ANSI 1252", "windows-1252"),
            ("ISO-8859-1", "windows-1252"),
            ("88591", "windows-1252"),
            ("1251", "windows-1251"),
        ] {
            assert_eq!(by_label(label).map(Encoding::name), Some(name), "{label}");
        }
        assert_eq!(by_label("klingon"), None);
        assert!(named("klingon").is_err());
    }

    #[test]
    fn guesses_between_the_likely_ones() {
        for (text, encoding) in [
            ("简体国语", GBK),
            ("黑龙江省", GBK),
            ("上海市青浦区赵巷镇崧泽大道", GBK),
            ("繁體國語", BIG5),
            ("臺北市信義區", BIG5),
            ("國語", BIG5),
            ("México", WINDOWS_1252),
            ("Zürich", WINDOWS_1252),
            ("国语國語", UTF_8),
        ] {
            let bytes = encoding.encode(text).0;
            let chosen = choose(None, None, &[&bytes]);
            assert_eq!(chosen.encoding.name(), encoding.name(), "{text}");
            assert_eq!(decode_lossy(&bytes, chosen.encoding), text);
            assert_eq!(chosen.issue.is_some(), encoding != UTF_8, "{text}");
        }
    }

    #[test]
    fn a_false_statement_is_contradicted_and_a_true_one_believed() {
        let gbk = GBK.encode("青浦区").0;
        let believed = choose(None, Some((GBK, message!("dbf-language-byte"))), &[&gbk]);
        assert!(believed.encoding == GBK && believed.issue.is_none());
        for stated in [UTF_8, WINDOWS_1252] {
            let doubted = choose(None, Some((stated, message!("cpg-file"))), &[&gbk]);
            assert!(doubted.encoding == GBK && doubted.issue.unwrap().found.to_string().contains("青浦区"));
        }
        let asked = choose(Some(UTF_8), None, &[&gbk]);
        assert!(asked.encoding == UTF_8 && asked.issue.is_some());
    }

    #[test]
    fn a_value_cut_within_a_character_keeps_the_rest() {
        assert_eq!(decode("青浦".as_bytes().split_last().unwrap().1, UTF_8).as_deref(), Some("青"));
        assert_eq!(decode(&[0xC7, 0xE0, 0xC6], GBK).as_deref(), Some("青"));
        assert_eq!(decode(&[0xC7, 0xE0, 0xFF, b'a'], UTF_8), None);
        assert_eq!(detect(&[&[0xC7, 0xE0, 0xC6]]), GBK);
    }
}
