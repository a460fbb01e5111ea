//! Settings of the service, with their defaults.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::http::Uri;
use parcels::message;

use crate::error::{Error, ErrorKind, Result};

/// How the service runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address people reach it by, where a proxy stands before it; without a slash at its end.
    pub public_url: Option<String>,
    /// The largest body of a request.
    pub body_bytes_max: usize,
    /// The largest upload.
    pub upload_bytes_max: u64,
    /// How much memory reading uploads may take.
    pub read_memory_bytes_max: u64,
    /// How long reading uploads may take.
    pub read_time: Duration,
    /// How long a request may take, its body included.
    pub request_time: Duration,
    /// How long the head of a request may take to arrive, and how long a connection may lie idle.
    pub head_time: Duration,
    /// How many requests are answered at once.
    pub requests_max: usize,
    /// How many connections may be open.
    pub connections_max: usize,
    /// How long requests under way may take to end when the service is asked to stop.
    pub drain_time: Duration,
    /// What the map lies on; nothing by default, for many of its users have no internet.
    pub basemap: Option<Basemap>,
    /// The number of the map review (审图号) that a published map carries.
    pub review_number: Option<String>,
}

/// Tiles of somebody else's map under ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basemap {
    urls: Vec<String>,
    attribution: String,
    origins: Vec<String>,
}

impl Basemap {
    /// Tiles from these addresses, the first lowest.
    ///
    /// # Errors
    /// An address without scheme and host, or without `{z}`, `{x}` and `{y}`.
    pub fn new(urls: Vec<String>, attribution: String) -> Result<Self> {
        let mut origins = Vec::new();
        for url in &urls {
            let whole = ["{z}", "{x}", "{y}"].iter().all(|part| url.contains(part));
            let parsed = url.parse::<Uri>().ok().or_else(|| url.replace(['{', '}'], "").parse().ok());
            let origin = parsed.and_then(|uri| Some(format!("{}://{}", uri.scheme()?, uri.authority()?)));
            let origin = origin.filter(|o| whole && (o.starts_with("http://") || o.starts_with("https://")));
            let Some(origin) = origin else {
                return Err(Error::new(ErrorKind::Usage, message!("basemap-url-wrong", url = url))
                    .try_this(message!("try-basemap-url")));
            };
            origins.push(origin);
        }
        origins.sort();
        origins.dedup();
        Ok(Self { urls, attribution, origins })
    }

    /// The addresses, the lowest layer first.
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Whose map it is.
    #[must_use]
    pub fn attribution(&self) -> &str {
        &self.attribution
    }

    /// Scheme and host of the addresses, each once: what a browser must be let through to.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.origins
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            body_bytes_max: 4 << 20,
            upload_bytes_max: 1 << 30,
            read_memory_bytes_max: 4 << 30,
            read_time: Duration::from_secs(600),
            request_time: Duration::from_secs(30),
            head_time: Duration::from_secs(10),
            requests_max: 256,
            connections_max: 1024,
            drain_time: Duration::from_secs(20),
            basemap: None,
            review_number: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basemap_says_where_browsers_must_be_let_through_to() {
        let of = |urls: &[&str]| Basemap::new(urls.iter().map(|u| (*u).to_owned()).collect(), String::new());
        let tianditu = "https://t0.tianditu.gov.cn/vec_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=k";
        let names = "https://t0.tianditu.gov.cn/cva_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=k";
        assert_eq!(of(&[tianditu, names]).unwrap().origins(), ["https://t0.tianditu.gov.cn"]);
        for wrong in ["tiles/{z}/{x}/{y}", "https://a.example/{z}/{x}", "ftp://a.example/{z}/{x}/{y}", ""] {
            assert_eq!(of(&[wrong]).unwrap_err().kind, ErrorKind::Usage, "{wrong}");
        }
    }
}
