//! What the line does with a page that is known to be empty.

use std::net::SocketAddr;
use std::time::Duration;

use hyper::StatusCode;
use luytre_lists::Domain;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::notify::Target;
use crate::sync::Outside;
use crate::sync::http::{Mirror, Network, Page};
use crate::upstream::Roots;

/// How long the line may take for all of it: portals are near, and who signs in waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// So much is read of a page that came instead, in bytes: what sends a browser on stands at its beginning.
const MOST: usize = 16 * 1024;
/// Hosts that are taken from a page at most: a portal and who takes its payments.
const HOSTS: usize = 4;

/// What the line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The page is as it should be: the way is free.
    Free,
    /// Something else came; these hosts it leads to.
    Portal(Vec<Domain>),
    /// Nothing came.
    Silent,
}

/// Fetches `page`, which is empty (status 204) where there is no portal, by these resolvers alone and through no proxy.
pub async fn check(page: &Target, resolvers: &[SocketAddr]) -> Finding {
    let (roots, clock) = (Roots::default(), Clock::default());
    let network = Network::new(&Outside { bootstrap: resolvers.to_vec(), roots, clock }, std::iter::empty());
    match timeout(PATIENCE, Mirror::new(page, &network).page(MOST)).await {
        Ok(Ok(page)) => judge(&page),
        Ok(Err(_)) | Err(_) => Finding::Silent,
    }
}

fn judge(page: &Page) -> Finding {
    let hosts = |text: &str| {
        let mut hosts: Vec<Domain> = Vec::new();
        for host in text.split("://").skip(1).filter_map(host_before_path) {
            if hosts.len() < HOSTS && !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    };
    match (page.status, &page.location) {
        (StatusCode::NO_CONTENT, _) => Finding::Free,
        (status, Some(location)) if status.is_redirection() => Finding::Portal(hosts(location)),
        // 511 is made for it (RFC 6585 §6); most portals say 200, and send on by a script or a meta element.
        (StatusCode::OK | StatusCode::NETWORK_AUTHENTICATION_REQUIRED, _) => {
            Finding::Portal(hosts(&String::from_utf8_lossy(&page.body)))
        }
        (status, _) if status.is_redirection() => Finding::Portal(Vec::new()),
        _ => Finding::Silent,
    }
}

/// The host that an address begins with, behind its `://`; `None` for one that needs no look-up.
fn host_before_path(rest: &str) -> Option<Domain> {
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let end = rest.find(|c| !is_host(c)).unwrap_or(rest.len());
    Domain::parse(&rest[..end]).ok().filter(|host| host.as_name().label_count() > 1)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// What a line says whose web server answers once with these bytes.
    fn found(answer: &'static str) -> Finding {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let page = Target::parse(&format!("http://{}/generate_204", listener.local_addr().unwrap())).unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 1024];
            let len = stream.read(&mut asked).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&asked[..len]).into_owned()
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let finding = runtime.block_on(check(&page, &[]));
        let asked = server.join().unwrap();
        assert!(asked.starts_with("GET /generate_204 HTTP/1.1\r\n"), "{asked}");
        finding
    }

    fn portal(hosts: &[&str]) -> Finding {
        Finding::Portal(hosts.iter().map(|host| Domain::parse(host).unwrap()).collect())
    }

    #[test]
    fn an_empty_page_means_that_the_way_is_free() {
        assert_eq!(found("HTTP/1.1 204 No Content\r\n\r\n"), Finding::Free);
    }

    #[test]
    fn a_portal_says_where_to_sign_in_in_many_ways() {
        let redirect = "HTTP/1.1 302 Found\r\nLocation: https://login.hotel.vn:8443/?u=http://x.example/\r\n\
                        \r\n";
        assert_eq!(found(redirect), portal(&["login.hotel.vn", "x.example"]));
        let script = "HTTP/1.1 200 OK\r\n\r\n\
                      <script>window.location='http://wifi.school.edu.vn/'</script>";
        assert_eq!(found(script), portal(&["wifi.school.edu.vn"]));
        let required = "HTTP/1.1 511 Network Authentication Required\r\n\r\n";
        assert_eq!(found(required), portal(&[]));
        let by_address = "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://10.0.0.1/login\r\n\r\n";
        assert_eq!(found(by_address), portal(&[]), "an address needs no look-up");
    }

    #[test]
    fn a_page_names_no_more_than_a_few_hosts() {
        let page = "HTTP/1.1 200 OK\r\n\r\n\
                    //a.vn http://a.example http://b.example http://c.example http://d.example http://e.example";
        assert_eq!(found(page), portal(&["a.example", "b.example", "c.example", "d.example"]));
    }

    #[test]
    fn a_fault_is_no_portal() {
        assert_eq!(found("HTTP/1.1 503 Service Unavailable\r\n\r\n"), Finding::Silent);
        assert_eq!(found("SSH-2.0-nothing of the web\r\n"), Finding::Silent);
    }
}
