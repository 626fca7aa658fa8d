//! Who may ask, and what a hostile asker can do: nothing.

use super::http::{ended, exchange, exchange_all, malformed, silent};
use super::server::Server;
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(10);

fn start() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    (folder, server)
}

fn cookie(server: &Server) -> String {
    let port = server.address.rsplit(':').next().unwrap();
    format!("Cookie: whygrad-{port}={}\r\n", server.token)
}

/// The status of a request with these header lines, and the text of the answer.
fn get(server: &Server, path: &str, headers: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    let answer = exchange(&server.address, request.as_bytes(), TIME);
    (answer.statuses()[0], String::from_utf8_lossy(&answer.bytes).into_owned())
}

#[test]
fn only_the_page_itself_is_answered() {
    let (_folder, server) = start();
    let (host, cookie) = (format!("Host: {}\r\n", server.address), cookie(&server));
    let good = format!("{host}{cookie}");
    assert_eq!(get(&server, "/", &good).0, 200);
    let own = format!("{good}Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", server.address);
    assert_eq!(get(&server, "/api/walk/choices", &own).0, 200);
    let other = |headers: &str| format!("{good}{headers}\r\n");
    let wrong_token = cookie.replace(&server.token, &"0".repeat(server.token.len()));
    for (what, headers) in [
        ("no token", host.clone()),
        ("another token", format!("{host}{wrong_token}")),
        ("another host", format!("Host: evil.example\r\n{cookie}")),
        ("a name that was made to lead here", format!("Host: evil.example:80\r\n{cookie}")),
        ("no host", cookie.clone()),
        ("two hosts", other("Host: evil.example")),
        ("another origin", other("Origin: http://evil.example")),
        ("another port", other("Origin: http://127.0.0.1:1")),
        ("an origin without a name", other("Origin: null")),
        ("another site", other("Sec-Fetch-Site: cross-site")),
        ("another port of this site", other("Sec-Fetch-Site: same-site")),
    ] {
        for path in ["/", "/walk/main.js", "/api/walk/choices", "/api/playground/1/events"] {
            let (status, text) = get(&server, path, &headers);
            assert!(status == 403 || what == "no host" && status == 400, "{what}: {path}: {text}");
            assert!(!text.contains(&server.token), "{what}: {text}");
        }
    }
    // The token in the address becomes a cookie that no other site can use.
    let (status, text) = get(&server, &format!("/playground?token={}", server.token), &host);
    assert_eq!(status, 303);
    for part in ["location: /playground\r\n", "HttpOnly; SameSite=Strict", &server.token] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(get(&server, "/?token=0", &host).0, 403);
    let (_, text) = get(&server, &format!("//evil.example/?theme=dark&token={}", server.token), &host);
    assert!(text.contains("location: /evil.example/?theme=dark\r\n"), "{text}");
}

#[test]
fn a_path_leads_to_a_file_of_the_page_or_nowhere() {
    let (_folder, server) = start();
    let good = format!("Host: {}\r\n{}", server.address, cookie(&server));
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/lib/../../Cargo.toml",
        "//etc/passwd",
        "/walk/..%2f..%2f..%2fetc/passwd",
        "/package.json",
        "/view.d.ts",
        "/nothing",
    ] {
        let (status, text) = get(&server, path, &good);
        assert!(status == 404 && text.ends_with("There is no such page.\n"), "{path}: {text}");
    }
    let (_, page) = get(&server, "/", &good);
    for header in ["content-security-policy: default-src 'self'", "x-content-type-options: nosniff"] {
        assert!(page.contains(header), "{page}");
    }
}

#[test]
fn what_is_malformed_is_refused_and_the_page_goes_on_serving() {
    let (_folder, server) = start();
    let cookie = cookie(&server);
    let requests = malformed(&server.address, &cookie, 1000);
    for (request, answer) in exchange_all(&server.address, requests, TIME) {
        let statuses = answer.statuses();
        let text = String::from_utf8_lossy(&request.bytes[..request.bytes.len().min(300)]).into_owned();
        assert!(
            statuses.iter().all(|status| (400..500).contains(status)),
            "{}: {statuses:?}: {text}",
            request.what
        );
        assert!(
            answer.closed || !statuses.is_empty(),
            "{}: neither answered nor ended: {text}",
            request.what
        );
    }
    assert_eq!(get(&server, "/", &format!("Host: {}\r\n{cookie}", server.address)).0, 200);
}

#[test]
fn who_connects_and_says_nothing_is_left_behind() {
    let (_folder, server) = start();
    let mut streams = silent(&server.address, 200);
    let began = Instant::now();
    let good = format!("Host: {}\r\n{}", server.address, cookie(&server));
    assert_eq!(get(&server, "/", &good).0, 200);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(ended(&mut streams, TIME), 200);
    assert_eq!(get(&server, "/", &good).0, 200);
}

#[test]
fn told_to_end_it_ends_at_once_and_leaves_nothing_behind() {
    let (folder, server) = start();
    let post = |path: &str, body: &str| {
        let head = format!(
            "Host: {}\r\n{}Content-Length: {}\r\nConnection: close",
            server.address,
            cookie(&server),
            body.len()
        );
        let request = format!("POST {path} HTTP/1.1\r\n{head}\r\n\r\n{body}");
        String::from_utf8_lossy(&exchange(&server.address, request.as_bytes(), TIME).bytes).into_owned()
    };
    assert!(post("/api/playground/data?name=t.csv", "a,b\n1,2\n").contains("t.csv"));
    let layers = "{\"type\":\"linear\",\"out\":700},".repeat(2);
    let experiment = format!(
        "{{\"experiment\":{{\"data\":{{\"source\":\"moons\"}},\"network\":{{\"layers\":[{layers}{{\"type\":\"linear\",\
         \"out\":2}}]}},\"loss\":{{\"type\":\"cross_entropy\"}},\"optimizer\":{{\"type\":\"adam\"}},\"train\":{{\"epochs\":\
         100000}}}}}}"
    );
    let started = post("/api/playground", &experiment);
    assert!(started.contains("\"id\":\"1\""), "{started}");
    std::thread::scope(|scope| {
        scope.spawn(|| post("/api/playground/1/act", "{\"do\":\"step\",\"steps\":10000}"));
        std::thread::sleep(Duration::from_millis(300));
        let began = Instant::now();
        assert_eq!(server.interrupt(), Some(0));
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    });
    // Its temporary folder is in the one that this test gave it.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
