//! Who may ask: only the page itself, in a browser that was opened by the address that the command printed.
//!
//! Any site in the visitor's browser can send requests to the loopback address, and a name of its own can be made to
//! lead here (DNS rebinding). So each request has to name this host, come from this origin if it says from where it
//! comes, and bring the token: the first time in the address, from then on in a cookie, which browsers send from this
//! origin only.

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Time for a request and the work on it.
const TIME: Duration = Duration::from_secs(30);
/// Time for its body alone.
const BODY: Duration = Duration::from_secs(5);

/// What a request has to bring.
#[derive(Debug)]
pub(super) struct Guard {
    port: u16,
    token: String,
}

impl Guard {
    /// With a token that nobody can guess.
    pub(super) fn new(port: u16) -> io::Result<Guard> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        Ok(Guard { port, token: random.iter().map(|byte| format!("{byte:02x}")).collect() })
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/?token={}", self.port, self.token)
    }

    fn hosts(&self) -> [String; 2] {
        ["127.0.0.1", "localhost"].map(|host| format!("{host}:{}", self.port))
    }

    /// Ports of one host share their cookies, so each has a name of its own.
    fn cookie(&self) -> String {
        format!("whygrad-{}={}", self.port, self.token)
    }

    /// Why a request is refused, but for its token.
    fn refusal(&self, headers: &HeaderMap) -> Option<&'static str> {
        let twice = |name| headers.get_all(name).iter().nth(1).is_some();
        if twice(header::HOST) || twice(header::ORIGIN) {
            return Some("One of the request's headers stands there twice.");
        }
        let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
        let hosts = self.hosts();
        if !text(header::HOST).is_some_and(|host| hosts.iter().any(|own| own == host)) {
            return Some("This address is not the page's.");
        }
        let own = |origin: &str| hosts.iter().any(|host| origin == format!("http://{host}"));
        if text(header::ORIGIN).is_some_and(|origin| !own(origin)) {
            return Some("Another site may not ask here.");
        }
        let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
        (!matches!(site, None | Some(b"same-origin" | b"none"))).then_some("Another site may not ask here.")
    }

    /// What is left of a query that has the token.
    fn without_token(&self, query: Option<&str>) -> Option<String> {
        let token = format!("token={}", self.token);
        let (tokens, rest): (Vec<_>, Vec<_>) = query?.split('&').partition(|part| *part == token);
        let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
        (!tokens.is_empty()).then_some(query)
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let own = self.cookie();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies.flat_map(|cookies| cookies.split(';')).any(|cookie| cookie.trim() == own)
    }
}

/// Refuses what is not the page's own request.
pub(super) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.refusal(request.headers()) {
        Some(refusal) => (StatusCode::FORBIDDEN, format!("{refusal}\n")).into_response(),
        None if request.uri().authority().is_some() => {
            (StatusCode::FORBIDDEN, "This is no proxy.\n").into_response()
        }
        None if let Some(rest) = guard.without_token(request.uri().query()) => {
            // Out of the address, where it could be copied, and into the cookie.
            let cookie = format!("{}; HttpOnly; SameSite=Strict; Path=/", guard.cookie());
            // Two slashes would lead to another host.
            let to = format!("/{}{rest}", request.uri().path().trim_start_matches('/'));
            (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, to)]).into_response()
        }
        None if guard.has_cookie(request.headers()) => {
            match tokio::time::timeout(TIME, answered(request, next)).await {
                Ok(response) => response,
                Err(_) => (StatusCode::REQUEST_TIMEOUT, "This took too long.\n").into_response(),
            }
        }
        None => {
            let text = "This page needs the address that `whygrad ui` printed, with its token.\n";
            (StatusCode::FORBIDDEN, text).into_response()
        }
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    response
}

/// Takes in the whole body, which has to come in time, before anybody works on it.
async fn answered(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match tokio::time::timeout(BODY, to_bytes(body, super::FILE_BYTES)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(head, body.into())).await,
        Ok(Err(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "This is too much.\n").into_response(),
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "This came too slowly.\n").into_response(),
    }
}

/// The page loads what is its own, and nobody frames it or reads it.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
];
