//! The page on the loopback address: who may ask, the files of the page, and the views that it shows.

mod assets;
mod guard;
mod playground;
mod walk;

use crate::error::{Error, Result};
use crate::view::versioned;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use guard::Guard;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use playground::Uploads;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

/// Connections at a time; a browser has about six.
const CONNECTIONS: usize = 512;
/// Time for the head of a request, after which its connection is closed.
const HEAD: Duration = Duration::from_secs(5);
/// The largest head of a request.
const HEAD_BYTES: usize = 64 << 10;
/// The largest body of a request, and of one that brings a file.
const BODY_BYTES: usize = 256 << 10;
const FILE_BYTES: usize = 16 << 20;

/// A page that can be asked for.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    guard: Guard,
}

impl Server {
    /// Takes a port of 127.0.0.1, any free one for 0. From then on browsers can connect; they are answered by
    /// [`Server::run`].
    pub fn bind(port: u16) -> Result<Server> {
        let refuse =
            |error: io::Error| Error::argument("--port", format!("cannot listen on {port}: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(refuse)?;
        let port = listener.local_addr().map_err(refuse)?.port();
        let guard = Guard::new(port).map_err(refuse)?;
        Ok(Server { listener, guard })
    }

    /// The address to open, with the token that lets in.
    pub fn address(&self) -> String {
        self.guard.address()
    }

    /// Answers until the process is told to end.
    pub fn run(self) -> Result<()> {
        let end = Arc::new(Notify::new());
        let told = Arc::clone(&end);
        let _ = ctrlc::set_handler(move || told.notify_one());
        let failed = |error| Error::argument("ui", format!("the page cannot be served: {error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let (runtime, uploads) = (runtime.map_err(failed)?, Arc::<Uploads>::default());
        let router = router(self.guard, &uploads);
        let served = runtime.block_on(async {
            tokio::select! {
                served = listen(self.listener, router) => served,
                () = end.notified() => Ok(()),
            }
        });
        // Whatever still works on a request ends with the process; its files are gone before.
        runtime.shutdown_background();
        uploads.remove();
        served.map_err(failed)
    }
}

/// Answers whoever connects.
async fn listen(listener: TcpListener, router: Router) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        match (listener.accept().await, Arc::clone(&room).try_acquire_owned()) {
            (Ok((stream, _)), Ok(place)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    serve(stream, router).await;
                    drop(place);
                });
            }
            // Too many at a time, or out of handles: those that are there end first.
            (Ok(_), Err(_)) => {}
            (Err(_), _) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Answers the requests of one connection. What is no HTTP, or too slow, ends it.
async fn serve(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let _ = connection.await;
}

fn router(guard: Guard, uploads: &Arc<Uploads>) -> Router {
    Router::new()
        .route("/api/walk", post(walk::walk))
        .route("/api/walk/choices", get(walk::choices))
        .merge(playground::routes(Arc::clone(uploads)))
        .fallback(get(assets::file))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(axum::middleware::from_fn_with_state(Arc::new(guard), guard::check))
}

/// Letters of an error at most.
const SENTENCE: usize = 400;

/// A view, or one sentence that says what is wrong with what was asked.
fn answer<V: Serialize>(view: Result<V, String>) -> Response {
    let (status, text) = match view {
        Ok(view) => (StatusCode::OK, serde_json::to_string(&versioned(&view))),
        Err(error) => {
            // It may repeat what was sent, however long that was.
            let short: String = error.chars().take(SENTENCE).collect();
            let short = if short.len() < error.len() { short + "…" } else { short };
            (StatusCode::UNPROCESSABLE_ENTITY, serde_json::to_string(&serde_json::json!({ "error": short })))
        }
    };
    let text = text.expect("a view can be written as JSON");
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Works out an answer beside the threads that serve connections.
async fn worked_out<V: Serialize>(work: impl FnOnce() -> Result<V, String> + Send + 'static) -> Response {
    beside(move || answer(work())).await
}

/// Does something beside the threads that serve connections.
async fn beside(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => answer::<()>(Err("this could not be computed".into())),
    }
}

/// Reads the body of a request.
fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("not readable: {error}"))
}
