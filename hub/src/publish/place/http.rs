//! How the object store is spoken to: by the hub's own HTTP client, with rustls and ring, instead of a second one with
//! its own.

use std::error::Error;
use std::io;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpService,
};

/// How long one file may take: the longest list at 2 MB/s.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long a server may take to be reached.
const CONNECTING: Duration = Duration::from_secs(5);
/// The longest answer, in bytes: a page of a listing has a thousand files. Lists are written and never read.
const MAX_ANSWER: u64 = 8 << 20;

/// Makes [`Client`]s.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let plain = options.get_config_value(&ClientConfigKey::AllowHttp);
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .timeout_connect(Some(CONNECTING))
            .https_only(plain.as_deref() != Some("true"))
            .max_redirects(0) // what is signed is signed for one address
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build();
        Ok(HttpClient::new(Client(agent.into())))
    }
}

/// Blocks its thread, which has nothing else to do.
#[derive(Debug)]
struct Client(ureq::Agent);

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await;
        let body = body.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        // An empty body is none, which not every server takes for the same.
        let sent = if body.is_empty() {
            self.0.run(axum::http::Request::from_parts(head, ()))
        } else {
            self.0.run(axum::http::Request::from_parts(head, body.as_ref()))
        };
        let (head, mut body) = sent.map_err(failed)?.into_parts();
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec().map_err(failed)?;
        Ok(HttpResponse::from_parts(head, body.into()))
    }
}

/// Says what may be tried again.
fn failed(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => HttpErrorKind::Connect,
        ureq::Error::Io(_) => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    let error: Box<dyn Error + Send + Sync> = Box::new(error);
    HttpError::new_boxed(kind, error)
}
