//! `tls_client_auth` and `self_signed_tls_client_auth`: the connection proves
//! who the client is.

/// A client certificate that a certificate authority issued (RFC 8705 §2.1).
///
/// The certificate belongs to the HTTP client's TLS configuration; the request
/// carries `client_id`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TlsClientAuth;

/// A client certificate that the client signed itself and registered (RFC 8705
/// §2.2).
///
/// The certificate belongs to the HTTP client's TLS configuration; the request
/// carries `client_id`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelfSignedTlsClientAuth;
