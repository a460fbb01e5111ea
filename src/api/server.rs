//! Listening, and ending gracefully.
//!
//! The loop of `axum::serve`, plus two limits that it lacks: the time for a request's head, and the number of connections.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use parcels::message;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::{State, router};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// Serves until `stop` is there, then lets requests under way end. `told` hears the address, whose port the system may
/// have chosen.
///
/// # Errors
/// An address that is taken, not ours, or open to others while nobody has to sign in.
pub async fn serve(
    state: State,
    stop: impl Future<Output = ()> + Send,
    told: impl FnOnce(SocketAddr) + Send,
) -> Result<()> {
    let settings = state.settings().clone();
    // There is no sign-in yet; with one, whether it is configured is asked here.
    let sign_in = false;
    refuse_strangers(settings.listen, sign_in)?;
    let listener = TcpListener::bind(settings.listen).await.map_err(|why| {
        Error::new(ErrorKind::Usage, message!("listening-on", address = settings.listen.to_string()))
            .because(why)
            .try_this(message!("try-other-port"))
            .try_this(message!("try-any-port"))
    })?;
    let local = listener.local_addr().context(ErrorKind::Usage, message!("asking-for-address"))?;
    tracing::info!(server.address = %local, "listening");
    told(local);

    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(settings.head_time).max_buf_size(64 << 10);
    let app = router(state.clone());
    let connections = Arc::new(Semaphore::new(settings.connections_max));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let permit = connections.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(why) => {
                // Out of descriptors, or a peer that is gone already: neither ends the service.
                tracing::warn!("a connection could not be accepted: {why}");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        // Answers are written whole; waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.clone()));
        let connection = graceful.watch(connection);
        let open = state.metrics().connection();
        tokio::spawn(async move {
            if let Err(why) = connection.await {
                tracing::debug!("a connection ended early: {why}");
            }
            drop((open, permit));
        });
    }
    drop(listener);
    state.drain();
    tracing::info!("stopping; requests under way may end");
    if tokio::time::timeout(settings.drain_time, graceful.shutdown()).await.is_err() {
        tracing::warn!(drain_s = settings.drain_time.as_secs_f64(), "requests under way were cut off");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Refuses an address that others can reach while nobody has to sign in.
fn refuse_strangers(listen: SocketAddr, sign_in: bool) -> Result<()> {
    if sign_in || listen.ip().is_loopback() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Usage, message!("refusing-to-listen", address = listen.to_string()))
        .try_this(message!("try-listen-local", port = listen.port().to_string()))
        .try_this(message!("try-proxy")))
}

#[cfg(test)]
mod tests {
    use super::refuse_strangers;

    #[test]
    fn strangers_are_refused_until_they_can_sign_in() {
        for (address, fine) in [
            ("127.0.0.1:8080", true),
            ("127.8.0.1:1", true),
            ("[::1]:8080", true),
            ("0.0.0.0:8080", false),
            ("[::]:8080", false),
            ("192.168.1.2:80", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(refuse_strangers(address, false).is_ok(), fine, "{address}");
            assert!(refuse_strangers(address, true).is_ok());
        }
    }
}
