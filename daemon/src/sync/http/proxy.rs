//! Proxies, as the environment names them: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`.

use data_encoding::BASE64;

use crate::notify::Target;

/// Which servers are reached through which proxy.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    plain: Option<Proxy>,
    encrypted: Option<Proxy>,
    /// Names with all below them, and addresses, that are reached directly; `*` for all.
    not_for: Vec<String>,
}

/// A proxy.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    pub(super) target: Target,
    /// The value of `Proxy-Authorization`.
    pub(super) credentials: Option<String>,
}

impl Proxies {
    /// Lower case counts before upper case. `HTTP_PROXY` is what a web server may be made to set, and does not count.
    pub(super) fn of(environment: impl Iterator<Item = (String, String)>) -> Self {
        let mut proxies = Self::default();
        let mut variables: Vec<_> = environment.filter(|(name, _)| name != "HTTP_PROXY").collect();
        variables.sort();
        for (name, value) in variables {
            match name.to_ascii_lowercase().as_str() {
                "all_proxy" => {
                    let proxy = Proxy::parse(&value);
                    proxies.plain = proxies.plain.or_else(|| proxy.clone());
                    proxies.encrypted = proxies.encrypted.or(proxy);
                }
                "http_proxy" => proxies.plain = Proxy::parse(&value),
                "https_proxy" => proxies.encrypted = Proxy::parse(&value),
                "no_proxy" => proxies.not_for = value.split(',').map(|name| name.trim().to_owned()).collect(),
                _ => {}
            }
        }
        proxies
    }

    /// The proxy on the way to a server.
    pub(super) fn to(&self, target: &Target) -> Option<&Proxy> {
        let is = |name: &String| {
            let name = name.trim_start_matches('.');
            let below = || target.host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
            name == "*" || (!name.is_empty() && (target.host == name || below()))
        };
        let proxy = if target.tls { &self.encrypted } else { &self.plain };
        proxy.as_ref().filter(|_| !self.not_for.iter().any(is))
    }
}

impl Proxy {
    /// Reads `http://[user:password@]host[:port]`; others can't be used, and the log says so.
    fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        if value.is_empty() {
            return None;
        }
        let rest = value.strip_prefix("http://").unwrap_or(value);
        let (user, host) = match rest.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, rest),
        };
        let credentials = user.map(|user| format!("Basic {}", BASE64.encode(user.as_bytes())));
        match Target::parse(&format!("http://{host}")) {
            Ok(target) => Some(Self { target, credentials }),
            Err(_) => {
                tracing::warn!(
                    "a proxy of the environment is no http:// address; lists are fetched without it"
                );
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn way(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.to(&Target::parse(url).unwrap()).map(|proxy| proxy.target.authority.clone())
    }

    #[test]
    fn the_environment_names_proxies() {
        let both = proxies(&[
            ("http_proxy", "http://one:3128"),
            ("HTTPS_PROXY", "two:8080"),
            ("no_proxy", "lan, .vn,192.0.2.1"),
        ]);
        assert_eq!(way(&both, "http://lists.example/").as_deref(), Some("one:3128"));
        assert_eq!(way(&both, "https://lists.example/").as_deref(), Some("two:8080"));
        for direct in ["http://lan/", "http://a.lan/", "https://lists.vn/x", "http://192.0.2.1:80/"] {
            assert_eq!(way(&both, direct), None, "{direct}");
        }
        assert!(way(&both, "http://wlan/").is_some());
        let all = proxies(&[("all_proxy", "http://me:secret@one:3128/"), ("HTTP_PROXY", "http://evil:1")]);
        assert_eq!(way(&all, "http://lists.example/").as_deref(), Some("one:3128"));
        assert_eq!(all.plain.unwrap().credentials.as_deref(), Some("Basic bWU6c2VjcmV0"));
        assert!(proxies(&[("http_proxy", ""), ("https_proxy", "socks5://x")]).plain.is_none());
        assert_eq!(way(&proxies(&[("http_proxy", "one"), ("no_proxy", "*")]), "http://lists.example/"), None);
    }
}
