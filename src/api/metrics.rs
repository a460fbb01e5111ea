//! Metrics for Prometheus, through `prometheus-client`, that project's own small crate.

use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// A request's labels. The route is its template, never its path, so that clients cannot create labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Counters of the service.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    latency: Family<Route, Histogram, fn() -> Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
}

/// Upper ends of the classes of latency, in s: from a small page to the time limit.
const LATENCY_S: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

fn histogram() -> Histogram {
    Histogram::new(LATENCY_S)
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("lianpian");
        let requests = Family::<Request, Counter>::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let latency = Family::<Route, Histogram, fn() -> Histogram>::new_with_constructor(histogram);
        let what = "Time until the head of the answer";
        registry.register_with_unit("http_request_duration", what, Unit::Seconds, latency.clone());
        let in_flight = Gauge::default();
        registry.register("http_requests_in_flight", "Requests being answered", in_flight.clone());
        let connections = Gauge::default();
        registry.register("http_connections", "Open connections", connections.clone());
        Self { registry, requests, latency, in_flight, connections }
    }

    pub(super) fn begin(&self) -> InFlight {
        InFlight::of(&self.in_flight)
    }

    pub(super) fn connection(&self) -> InFlight {
        InFlight::of(&self.connections)
    }

    pub(super) fn count(&self, method: &str, route: &str, status: u16, took: Duration) {
        let request = Request { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&request).inc();
        self.latency.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// All of it, as text.
    ///
    /// # Errors
    /// Never in memory.
    pub(super) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Something that is going on; dropped when it ends, however it ends.
pub(super) struct InFlight(Gauge<i64, AtomicI64>);

impl InFlight {
    fn of(gauge: &Gauge<i64, AtomicI64>) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
