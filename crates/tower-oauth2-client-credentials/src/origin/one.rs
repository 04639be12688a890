//! One origin, as it was named or as a request has it.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};
use oauth2_client_credentials::is_loopback;

use super::InvalidOrigin;

/// Scheme, host and port.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    https: bool,
    /// In lower case; an IPv6 address in its brackets and its shortest form.
    host: String,
    port: u16,
    /// As most requests will write it: comparing bytes is cheaper than reading them.
    authority: String,
}

impl Origin {
    /// One that a token may be given for.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let error = |reason| InvalidOrigin::new(Some(text), reason);
        if text.contains('@') {
            // Not repeated: it may have a password in it.
            return Err(InvalidOrigin::new(
                None,
                "an origin has no user information; remove the @ and what stands before it",
            ));
        }
        if text.contains(['#', '?']) {
            return Err(error(
                "an origin has neither a query nor a fragment; write it as https://host or https://host:port",
            ));
        }
        if text.contains('*') || text.contains("//.") {
            return Err(error("wildcards are not supported; name each host"));
        }
        if !text.is_ascii() {
            return Err(error(
                "write a name with letters beyond ASCII in its xn-- form",
            ));
        }
        let uri: Uri = text
            .parse()
            .map_err(|_| error("it is not a URI; write it as https://host or https://host:port"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(error(
                "an origin has a scheme and a host; write it as https://host or https://host:port",
            ));
        };
        if uri
            .path_and_query()
            .is_some_and(|path| *path != PathAndQuery::from_static("/"))
        {
            return Err(error(
                "an origin has no path; write it as https://host or https://host:port",
            ));
        }
        let origin = Self::of(scheme, authority).ok_or_else(|| {
            error(
                "an origin is https, or http on loopback, with a name or an address and a port from 1 to 65535 if any; write it as https://host or https://host:port",
            )
        })?;
        if !origin.https && !is_loopback(&origin.host) {
            return Err(error(
                "a token goes over plain http only to loopback; use https",
            ));
        }
        Ok(origin)
    }

    /// That of a request, if it is one that could have been named.
    pub(super) fn of(scheme: &Scheme, authority: &Authority) -> Option<Self> {
        let https = *scheme == Scheme::HTTPS;
        if !https && *scheme != Scheme::HTTP || authority.as_str().contains('@') {
            return None;
        }
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" if https => 443,
            "" => 80,
            // Not by `Authority::port`: it takes a port that is none for no port.
            port => number(port.strip_prefix(':')?)?,
        };
        Some(Self {
            https,
            host: host(authority.host())?,
            port,
            authority: authority.as_str().to_owned(),
        })
    }

    #[inline]
    pub(super) fn scheme(&self) -> Scheme {
        if self.https {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        }
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether it was written like this, to the letter.
    #[inline]
    pub(super) fn is_written(&self, https: bool, authority: &str) -> bool {
        self.https == https && self.authority == authority
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.https == other.https && self.port == other.port && self.host == other.host
    }
}

/// A host in the one form in which it is compared. Nothing that some client might read as another host is one.
fn host(text: &str) -> Option<String> {
    if let Some(address) = text.strip_prefix('[') {
        // With a zone (RFC 6874) it would be another address on each machine.
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if text.is_empty() || !text.bytes().all(is_name) {
        return None;
    }
    if is_numeric(text) {
        return Some(text.parse::<Ipv4Addr>().ok()?.to_string());
    }
    Some(text.to_ascii_lowercase())
}

/// Whether some would read an IPv4 address, however it is written: 127.1, 0x7f.0.0.1, 2130706433.
fn is_numeric(name: &str) -> bool {
    let last = name.trim_end_matches('.').rsplit('.').next();
    let last = last.unwrap_or_default();
    let digits = last
        .strip_prefix(['0'])
        .and_then(|rest| rest.strip_prefix(['x', 'X']));
    match digits {
        Some(hexadecimal) => hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// A port: digits alone, and not 0, which stands for any.
fn number(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = is_number.then(|| text.parse().ok()).flatten();
    port.filter(|port| *port != 0)
}
