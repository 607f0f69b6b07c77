//! A report on its way: one POST over TLS.

use super::Figures;
use crate::notify::Target;
use crate::sync::http::{Mirror, Network};
use crate::sync::{Outside, Trouble};
use crate::system;

/// Sends it. A server that sends us elsewhere, or says anything else but that it took it, is an error.
pub(super) async fn post(figures: &Figures, to: &Target, outside: &Outside) -> Result<(), Trouble> {
    let body = serde_json::to_vec(figures).unwrap_or_default(); // texts
    // Made for each: one a day, and what TLS needs takes memory.
    let network = Network::new(outside, system::environment());
    let status = Mirror::new(to, &network).deliver(body).await?;
    if status.is_success() {
        return Ok(());
    }
    Err(Trouble::Unreachable(format!("{} answers with status {}", to.authority, status.as_u16())))
}
