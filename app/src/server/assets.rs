//! The files of the page, which are in the binary.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{Embed, EmbeddedFile};
use std::io::Write;

#[derive(Embed)]
#[folder = "page"]
#[include = "*.html"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
#[exclude = "node_modules/*"]
struct Files;

/// A file by its path; a page without its `.html`. Packed, where the browser can unpack it.
pub(super) async fn file(uri: Uri, headers: HeaderMap) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        "" => "index",
        path => path,
    };
    match Files::get(path).or_else(|| Files::get(&format!("{path}.html"))) {
        Some(EmbeddedFile { data, metadata }) => {
            let kind = format!("{}; charset=utf-8", metadata.mimetype());
            let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
            match accepted.filter(|accepted| accepted.contains("gzip")).and_then(|_| packed(&data)) {
                Some(packed) => {
                    ([(header::CONTENT_TYPE, &*kind), (header::CONTENT_ENCODING, "gzip")], packed)
                        .into_response()
                }
                None => ([(header::CONTENT_TYPE, kind)], Body::from(data)).into_response(),
            }
        }
        None => (StatusCode::NOT_FOUND, "There is no such page.\n").into_response(),
    }
}

fn packed(data: &[u8]) -> Option<Vec<u8>> {
    let mut packer = GzEncoder::new(vec![], Compression::default());
    packer.write_all(data).ok()?;
    packer.finish().ok()
}
