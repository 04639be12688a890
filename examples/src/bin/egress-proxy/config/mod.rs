//! The configuration: a file as it is written, checked as far as that goes without the network.

mod error;
mod text;

use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroUsize,
    path::Path,
    time::Duration,
};

use http::Uri;
use serde::Deserialize;
use toml::Spanned;

pub(crate) use self::error::ConfigError;
use self::text::Text;
use crate::setup::options::Options;

/// The whole file.
#[derive(Debug)]
pub(crate) struct Config {
    file: File,
    text: Text,
    listen: SocketAddr,
    admin: Option<SocketAddr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Spanned<String>,
    admin: Option<Spanned<String>>,
    threads: Option<NonZeroUsize>,
    #[serde(default = "on")]
    access_log: bool,
    #[serde(default = "max_header_bytes")]
    max_header_bytes: Spanned<u32>,
    #[serde(default = "idle_timeout_ms")]
    idle_timeout_ms: u64,
    #[serde(default = "drain_delay_ms")]
    drain_delay_ms: u64,
    #[serde(default = "drain_timeout_ms")]
    drain_timeout_ms: u64,
    #[serde(default)]
    route: Vec<Spanned<RouteConfig>>,
    #[serde(default)]
    token: BTreeMap<String, Spanned<Options>>,
}

/// Where requests go whose path begins with its prefix.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteConfig {
    pub(crate) prefix: String,
    pub(crate) upstream: String,
    pub(crate) token: String,
    /// The upstream speaks HTTP/2 without having said so in a TLS handshake.
    #[serde(default)]
    pub(crate) http2: bool,
    #[serde(default)]
    pub(crate) strip_prefix: bool,
    #[serde(default = "timeout_ms")]
    timeout_ms: u64,
    pub(crate) max_body_bytes: Option<u64>,
}

fn on() -> bool {
    true
}

fn max_header_bytes() -> Spanned<u32> {
    Spanned::new(0..0, 65_536)
}

fn idle_timeout_ms() -> u64 {
    300_000
}

fn drain_delay_ms() -> u64 {
    1_000
}

fn drain_timeout_ms() -> u64 {
    30_000
}

fn timeout_ms() -> u64 {
    60_000
}

/// What hyper asks for at least.
const FEWEST_HEADER_BYTES: u32 = 8_192;

impl Config {
    /// # Errors
    ///
    /// The file cannot be read, or cannot be meant; the error has the line.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|problem| {
            ConfigError::new(
                path,
                None,
                format!("it cannot be read: {problem}; check the path, and who may read it"),
            )
        })?;
        Self::parse(path, text)
    }

    /// The same from what is in the file.
    ///
    /// # Errors
    ///
    /// The text cannot be meant; the error has the line.
    pub(crate) fn parse(path: &Path, text: String) -> Result<Self, ConfigError> {
        let text = Text::new(path, text);
        let file: File = toml::from_str(text.as_str()).map_err(|problem| text.refused(&problem))?;
        let address = |value: &Spanned<String>| {
            value.get_ref().parse().map_err(|_| {
                text.error(
                    value.span(),
                    "this is no address to listen on; write it as \"127.0.0.1:8080\"",
                )
            })
        };
        let listen = address(&file.listen)?;
        let admin = file.admin.as_ref().map(address).transpose()?;
        if *file.max_header_bytes.get_ref() < FEWEST_HEADER_BYTES {
            let reason = format!("max_header_bytes: no less than {FEWEST_HEADER_BYTES}");
            return Err(text.error(file.max_header_bytes.span(), reason));
        }
        if file.route.is_empty() {
            let reason = "there is no [[route]], and so nowhere for a request to go; write one";
            return Err(ConfigError::new(path, None, reason));
        }
        let this = Self {
            file,
            text,
            listen,
            admin,
        };
        this.check_routes()?;
        Ok(this)
    }

    fn check_routes(&self) -> Result<(), ConfigError> {
        for (index, spanned) in self.file.route.iter().enumerate() {
            let route = spanned.get_ref();
            let error = |key, reason: String| Err(self.in_table(spanned, key, &reason));
            if !route.prefix.starts_with('/') || route.prefix.contains(['?', '#']) {
                return error(
                    "prefix",
                    "a prefix is the beginning of a path, such as \"/\"".into(),
                );
            }
            if self.is_own(&route.upstream) {
                let reason =
                    "this is an address of the proxy itself, and requests would come back to it";
                return error("upstream", reason.into());
            }
            let before = self.file.route.iter().take(index);
            if before
                .into_iter()
                .any(|one| one.get_ref().prefix == route.prefix)
            {
                return error("prefix", "another route has this prefix already".into());
            }
            if !self.file.token.contains_key(&route.token) {
                let names = self.file.token.keys().map(String::as_str);
                let near = text::nearest(&route.token, names);
                // Not repeated: somebody may have written a token there.
                let near = near.map_or_else(
                    || "; name one that is there, or write it".to_owned(),
                    |name| format!("; did you mean {name:?}?"),
                );
                return error("token", format!("there is no [token] of this name{near}"));
            }
        }
        Ok(())
    }

    /// Whether this origin is one of its own listeners, as it was written.
    fn is_own(&self, upstream: &str) -> bool {
        let Ok(uri) = upstream.parse::<Uri>() else {
            return false;
        };
        let default = match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        };
        let port = uri.port_u16().or(default);
        let host = uri.host().unwrap_or_default();
        let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is = |own: SocketAddr| match ip {
            Ok(ip) => own.ip() == ip || own.ip().is_unspecified() && ip.is_loopback(),
            Err(_) => {
                let here = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                let is_here = own.ip().is_unspecified() || here.contains(&own.ip());
                is_here && host.eq_ignore_ascii_case("localhost")
            }
        };
        let mut own = [Some(self.listen), self.admin].into_iter().flatten();
        own.any(|own| Some(own.port()) == port && is(own))
    }

    /// An error at this key of a table, or at the table if it does not have the key.
    pub(crate) fn in_table<T>(&self, table: &Spanned<T>, key: &str, reason: &str) -> ConfigError {
        self.text.in_table(table.span(), key, reason)
    }

    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    pub(crate) fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    pub(crate) fn threads(&self) -> Option<usize> {
        self.file.threads.map(NonZeroUsize::get)
    }

    pub(crate) fn access_log(&self) -> bool {
        self.file.access_log
    }

    pub(crate) fn max_header_bytes(&self) -> u32 {
        *self.file.max_header_bytes.get_ref()
    }

    /// How long a connection may be idle, or take to send the head of a request, if there is a limit.
    pub(crate) fn idle_timeout(&self) -> Option<Duration> {
        limit(self.file.idle_timeout_ms)
    }

    /// How long connections are still accepted after SIGTERM, while whoever sends them hears of it.
    pub(crate) fn drain_delay(&self) -> Duration {
        Duration::from_millis(self.file.drain_delay_ms)
    }

    /// How long what was begun may take to end after that.
    pub(crate) fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.file.drain_timeout_ms)
    }

    pub(crate) fn routes(&self) -> &[Spanned<RouteConfig>] {
        &self.file.route
    }

    pub(crate) fn tokens(&self) -> &BTreeMap<String, Spanned<Options>> {
        &self.file.token
    }

    /// A running proxy keeps its listeners and threads.
    ///
    /// # Errors
    ///
    /// `newer` wants others.
    pub(crate) fn check_reload(&self, newer: &Self) -> Result<(), ConfigError> {
        let reason = "a running proxy keeps its addresses; start it anew for others";
        if self.listen != newer.listen {
            return Err(newer.text.error(newer.file.listen.span(), reason));
        }
        if self.admin != newer.admin {
            let span = newer.file.admin.as_ref().map_or(0..0, Spanned::span);
            return Err(newer.text.error(span, format!("admin: {reason}")));
        }
        Ok(())
    }
}

impl RouteConfig {
    /// How long the upstream may take until its answer begins, if there is a limit.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        limit(self.timeout_ms)
    }
}

/// 0: none.
fn limit(milliseconds: u64) -> Option<Duration> {
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}
