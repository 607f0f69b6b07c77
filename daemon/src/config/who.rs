//! `[who]`: where the daemon learns which devices there are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// `[who]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct WhoSpec {
    pub neighbours: bool,
    pub leases: Vec<String>,
    pub mdns: bool,
}

/// Where the daemon learns which devices there are.
#[derive(Clone, Debug, PartialEq)]
pub struct WhoConfig {
    /// Whether the kernel's neighbour table is followed.
    pub neighbours: bool,
    /// Files of DHCP servers; one that is not there has no leases.
    pub leases: Vec<PathBuf>,
    /// Whether devices without a name are asked for it.
    pub mdns: bool,
}

impl Default for WhoSpec {
    fn default() -> Self {
        let leases =
            ["/tmp/dhcp.leases", "/var/lib/misc/dnsmasq.leases", "/tmp/hosts/odhcpd", "/tmp/odhcpd.leases"];
        Self { neighbours: true, leases: leases.map(str::to_owned).into(), mdns: true }
    }
}

impl WhoSpec {
    pub(super) fn resolve(self, folder: &Path) -> WhoConfig {
        let leases = self.leases.into_iter().map(|file| folder.join(file)).collect();
        WhoConfig { neighbours: self.neighbours, leases, mdns: self.mdns }
    }
}
