//! Who calls, and whether they may: each right is an argument of the handler that needs it.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;

use crate::accounts::{Account, Accounts, Role, Scope, Token};
use crate::app::Daemon;
use crate::web::Connection;
use crate::web::problem::Problem;

/// The session's cookie.
pub(super) const COOKIE_NAME: &str = "luytre";

/// Who calls.
#[derive(Clone, Debug)]
pub(in crate::web) enum Caller {
    /// Somebody who is logged in.
    Account(Account),
    /// A program.
    Token(Token),
    /// Nobody that we know.
    Stranger,
}

/// May see what parents see.
#[derive(Debug)]
pub(in crate::web) struct Reading;

/// May change what co-parents may.
#[derive(Debug)]
pub(in crate::web) struct Changing(pub(in crate::web) Caller);

/// The parent, who alone decides who may come in, and what goes out.
#[derive(Debug)]
pub(in crate::web) struct Securing(pub(in crate::web) Account);

/// Somebody with a password, about their own account.
#[derive(Debug)]
pub(in crate::web) struct LoggedIn(pub(in crate::web) Account);

/// Whoever holds the device at this address, without a log-in: what is asked for is that device's own.
#[derive(Debug)]
pub(in crate::web) struct OwnDevice(pub(in crate::web) IpAddr);

impl Caller {
    /// By the token or the cookie that a request brings. A wrong token is not made good by a cookie.
    pub(in crate::web) fn of(headers: &HeaderMap, accounts: &Accounts) -> Self {
        if let Some(authorization) = headers.get(AUTHORIZATION) {
            let token =
                authorization.to_str().ok().and_then(bearer).and_then(|secret| accounts.token(secret));
            return token.map_or(Self::Stranger, Self::Token);
        }
        let account = cookie(headers).and_then(|secret| accounts.session(secret));
        account.map_or(Self::Stranger, Self::Account)
    }

    /// What logs call them.
    pub(in crate::web) fn name(&self) -> String {
        match self {
            Self::Account(account) => account.name.clone(),
            Self::Token(token) => token.name.clone(),
            Self::Stranger => String::new(),
        }
    }

    /// Whether they may see what parents see.
    pub(in crate::web) fn may_read(&self) -> bool {
        self.may(Scope::Read).is_ok()
    }

    /// Whether they are a program that may do this, or somebody with an account, who may do all that programs may.
    fn may(&self, scope: Scope) -> Result<(), Problem> {
        match self {
            Self::Account(_) => Ok(()),
            Self::Token(token) if token.allows(scope) => Ok(()),
            Self::Token(_) => Err(Problem::forbidden("the token's scopes do not reach so far")),
            Self::Stranger => Err(Problem::stranger()),
        }
    }
}

/// The token of `Authorization: Bearer` (RFC 6750 §2.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session's secret in the cookies (RFC 6265 §4.2).
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let headers = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies =
        headers.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    cookies.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}

impl FromRequestParts<Daemon> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, daemon: &Daemon) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers, daemon.accounts()))
    }
}

impl FromRequestParts<Daemon> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, daemon: &Daemon) -> Result<Self, Problem> {
        Caller::of(&parts.headers, daemon.accounts()).may(Scope::Read).map(|()| Self)
    }
}

impl FromRequestParts<Daemon> for Changing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, daemon: &Daemon) -> Result<Self, Problem> {
        let caller = Caller::of(&parts.headers, daemon.accounts());
        caller.may(Scope::Write).map(|()| Self(caller))
    }
}

impl FromRequestParts<Daemon> for LoggedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, daemon: &Daemon) -> Result<Self, Problem> {
        match Caller::of(&parts.headers, daemon.accounts()) {
            Caller::Account(account) => Ok(Self(account)),
            Caller::Token(_) => Err(Problem::forbidden("this is for people who log in, not for programs")),
            Caller::Stranger => Err(Problem::stranger()),
        }
    }
}

impl FromRequestParts<Daemon> for Securing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, daemon: &Daemon) -> Result<Self, Problem> {
        let LoggedIn(account) = LoggedIn::from_request_parts(parts, daemon).await?;
        match account.role {
            Role::Parent => Ok(Self(account)),
            Role::CoParent => Err(Problem::forbidden("a parent alone decides this, and no co-parent")),
        }
    }
}

impl FromRequestParts<Daemon> for OwnDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Daemon) -> Result<Self, Problem> {
        let connection = parts.extensions.get::<Connection>();
        // Each request that comes from a socket has one.
        connection.map(|connection| Self(connection.client.ip().to_canonical())).ok_or_else(Problem::stranger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        for (sent, found) in [
            ("luytre=abc", Some("abc")),
            ("a=b; luytre=abc; c=d", Some("abc")),
            ("a=b;luytre=", Some("")),
            ("xluytre=abc; luytre", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(COOKIE, sent.parse().unwrap())]);
            assert_eq!(cookie(&headers), found, "{sent}");
        }
    }

    #[test]
    fn a_token_stands_behind_its_scheme() {
        assert_eq!(bearer("Bearer lyt_x"), Some("lyt_x"));
        assert_eq!(bearer("bearer  lyt_x "), Some("lyt_x"));
        assert_eq!((bearer("Basic lyt_x"), bearer("lyt_x"), bearer("")), (None, None, None));
    }
}
