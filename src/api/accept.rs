//! Which content coding and which language a client likes best (RFC 9110, 12.5.3 and 12.5.4).
//!
//! Codings are asked for where responses are compressed once and cached. Responses compressed on the fly go through
//! tower-http's layer, which does not expose its parsing of this header; no maintained crate offers one.

use axum::extract::Request;
use axum::http::{HeaderMap, header};

use crate::io::coding::Coding;
use crate::messages::Language;

/// In thousandths, as the header has them.
type Weight = u16;

/// The best coding that is offered, the earlier one of equals; uncompressed if the client accepts none of them.
pub(super) fn preferred(headers: &HeaderMap, offered: &[Coding]) -> Coding {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    let stated: Vec<(&str, Weight)> = lists.flat_map(|list| list.split(',')).filter_map(one).collect();
    let of =
        |name: &str| stated.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight);
    let any = of("*");
    let weight = |coding: &Coding| match coding {
        // Nobody need say that it takes what is not packed; who likes something packed as little still gets that.
        Coding::Plain => of("identity").unwrap_or(if any == Some(0) { 0 } else { 1 }),
        Coding::Gzip => of("gzip").or_else(|| of("x-gzip")).or(any).unwrap_or(0),
        coding => of(coding.name()).or(any).unwrap_or(0),
    };
    let mut best = (Coding::Plain, 0);
    for coding in offered.iter().chain([&Coding::Plain]) {
        let liked = weight(coding);
        if liked > best.1 {
            best = (*coding, liked);
        }
    }
    best.0
}

/// Whether a client accepts a coding.
pub(super) fn takes(headers: &HeaderMap, coding: Coding) -> bool {
    coding == Coding::Plain || preferred(headers, &[coding]) == coding
}

/// The language asked for: by `lang` in the address, which a link can carry, else by the header, else English.
pub(super) fn language(request: &Request) -> Language {
    let pairs = request.uri().query().unwrap_or_default().split('&');
    let by_link = pairs.filter_map(|pair| pair.strip_prefix("lang=")).find_map(Language::of_tag);
    by_link.unwrap_or_else(|| language_of(request.headers()))
}

fn language_of(headers: &HeaderMap) -> Language {
    let lists = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|v| v.to_str().ok());
    let known = lists
        .flat_map(|list| list.split(','))
        .filter_map(|part| one(part.trim()))
        .filter_map(|(tag, weight)| Some((Language::of_tag(tag)?, weight)));
    // The earlier one of equals.
    let best = known.filter(|(_, weight)| *weight > 0).reduce(
        |best, next| {
            if next.1 > best.1 { next } else { best }
        },
    );
    best.map_or_else(Language::default, |(language, _)| language)
}

/// What is accepted and its weight; none if the weight is malformed.
fn one(part: &str) -> Option<(&str, Weight)> {
    let mut parts = part.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let Some(stated) = parts.next() else { return Some((name, 1000)) };
    let (key, value) = stated.split_once('=')?;
    let value = value.trim();
    // At most three digits after the point, and nothing above one.
    let digits = value.split_once('.').map_or("", |(_, digits)| digits);
    let plain = value.starts_with(['0', '1']) && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let weight: f32 = value.parse().ok().filter(|w| *w <= 1.0)?;
    let sound = key.trim().eq_ignore_ascii_case("q") && plain && digits.len() <= 3;
    sound.then_some((name, (weight * 1000.0).round() as Weight))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_language_liked_best_is_spoken() {
        let asked = |uri: &str, header: Option<&str>| {
            let mut request = Request::builder().uri(uri);
            if let Some(header) = header {
                request = request.header(header::ACCEPT_LANGUAGE, header);
            }
            language(&request.body(Body::empty()).unwrap())
        };
        for (header, wanted) in [
            (None, Language::En),
            (Some("zh-CN,zh;q=0.9,en;q=0.8"), Language::Zh),
            (Some("en;q=0.5, zh-Hans"), Language::Zh),
            (Some("de, en;q=0.2, zh;q=0.1"), Language::En),
            (Some("zh;q=0, de"), Language::En),
            (Some("*"), Language::En),
            (Some("zh;q=soon"), Language::En),
        ] {
            assert_eq!(asked("/", header), wanted, "{header:?}");
        }
        assert_eq!(asked("/api/v1/plans?lang=zh", Some("en")), Language::Zh);
        assert_eq!(asked("/api/v1/plans?language=zh&lang=xx", Some("en")), Language::En);
    }

    const ALL: [Coding; 3] = [Coding::Zstd, Coding::Brotli, Coding::Gzip];

    #[test]
    fn the_best_liked_is_chosen() {
        for (header, best) in [
            ("", Coding::Plain),
            ("gzip", Coding::Gzip),
            ("GZIP", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("gzip, deflate, br, zstd", Coding::Zstd),
            ("gzip, deflate, br", Coding::Brotli),
            ("gzip;q=1.0, br;q=0.9, zstd;q=0", Coding::Gzip),
            ("br;q=0.001", Coding::Brotli),
            ("br ; q=0.5 ,gzip; Q=0.25", Coding::Brotli),
            ("identity, gzip;q=0.5", Coding::Plain),
            ("identity;q=0.5, gzip", Coding::Gzip),
            ("*", Coding::Zstd),
            ("*;q=0.5, zstd;q=0", Coding::Brotli),
            ("*;q=0, gzip", Coding::Gzip),
            ("identity;q=0, br", Coding::Brotli),
            // What nobody can answer is answered as it is.
            ("*;q=0", Coding::Plain),
            ("compress, deflate", Coding::Plain),
            // What is no weight counts for nothing.
            ("gzip;q=2, br;q=0.1", Coding::Brotli),
            ("gzip;q=-1", Coding::Plain),
            ("gzip;q=0.1234", Coding::Plain),
            ("gzip;q=NaN", Coding::Plain),
            ("gzip;level=9", Coding::Plain),
            ("gzip;q", Coding::Plain),
            (";;,,=", Coding::Plain),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(header));
            assert_eq!(preferred(&headers, &ALL), best, "{header}");
        }
        assert_eq!(preferred(&HeaderMap::new(), &ALL), Coding::Plain);
        let mut two = HeaderMap::new();
        two.append(header::ACCEPT_ENCODING, HeaderValue::from_static("br;q=0.2"));
        two.append(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(preferred(&two, &ALL), Coding::Gzip);
        assert!(takes(&two, Coding::Brotli) && takes(&two, Coding::Plain) && !takes(&two, Coding::Zstd));
    }
}
