//! What an operator may set, with what holds when nothing is set.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How the service runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address people reach it by, where a proxy stands before it; without a slash at its end.
    pub public_url: Option<String>,
    /// The largest body of a request.
    pub body_bytes_max: usize,
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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            body_bytes_max: 4 << 20,
            request_time: Duration::from_secs(30),
            head_time: Duration::from_secs(10),
            requests_max: 256,
            connections_max: 1024,
            drain_time: Duration::from_secs(20),
        }
    }
}
