//! What all assertions of a client have in common.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::client_error::ClientError;
use crate::endpoint_uri::EndpointUri;
use crate::fresh::Fresh;
use crate::jose::JwsAlgorithm;
use crate::jose::compact::{self, Object};

use super::UnsignedAssertion;

/// Header and claims of a client's assertions, but for the time and the
/// identifier of each (RFC 7523 §3, draft-ietf-oauth-rfc7523bis).
///
/// `iss` and `sub` are the client's id. If nothing is said, `typ` is
/// `client-authentication+jwt`, there is no key id, the assertion lives for 60
/// seconds, and the audience is the token endpoint: give the issuer where it is
/// known.
///
/// ```
/// use std::time::SystemTime;
///
/// use oauth2_client_credentials::{
///     AssertionTemplate, Client, EndpointUri, Fresh, JwsAlgorithm, TokenRequest,
/// };
///
/// # fn sign_in_the_kms(input: &str) -> Vec<u8> { vec![0; 64] }
/// # let fresh = Fresh::new(SystemTime::now(), [0; 16]);
/// let template = AssertionTemplate::new().issuer("https://as.example.com").key_id("k1");
/// let endpoint = EndpointUri::new("https://as.example.com/token")?;
///
/// // A key that does not leave its place signs in two steps.
/// let unsigned = template.unsigned(JwsAlgorithm::ES256, "svc", &endpoint, &fresh)?;
/// let signature = sign_in_the_kms(unsigned.signing_input());
/// let client = Client::new("svc", unsigned.with_signature(&signature))?;
/// let request = client.token_request(&endpoint, &TokenRequest::new())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AssertionTemplate {
    typ: Option<String>,
    key_id: Option<String>,
    /// Whether the key's own id is taken where none is given.
    #[cfg(feature = "jose")]
    takes_key_id: bool,
    x5t: Option<String>,
    x5t_s256: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    lifetime: Duration,
    claims: Vec<(String, Value)>,
}

impl AssertionTemplate {
    /// How long an assertion lives if nothing else is said.
    pub const LIFETIME: Duration = Duration::from_secs(60);

    /// With nothing but what every assertion needs.
    pub fn new() -> Self {
        Self {
            typ: Some("client-authentication+jwt".to_owned()),
            key_id: None,
            #[cfg(feature = "jose")]
            takes_key_id: true,
            x5t: None,
            x5t_s256: None,
            issuer: None,
            audience: None,
            lifetime: Self::LIFETIME,
            claims: Vec::new(),
        }
    }

    /// Another `typ` in the header: some servers know `JWT` only.
    #[must_use]
    pub fn typ(self, typ: impl Into<String>) -> Self {
        Self {
            typ: Some(typ.into()),
            ..self
        }
    }

    /// No `typ` in the header.
    #[must_use]
    pub fn without_typ(self) -> Self {
        Self { typ: None, ..self }
    }

    /// Which of the client's keys signs: `kid` (RFC 7515 §4.1.4). A key that was
    /// read from a JWK with a `kid` brings its own.
    #[must_use]
    pub fn key_id(self, key_id: impl Into<String>) -> Self {
        Self {
            key_id: Some(key_id.into()),
            ..self
        }
    }

    /// No `kid` in the header, not even that of the key's JWK.
    #[must_use]
    pub fn without_key_id(self) -> Self {
        Self {
            key_id: None,
            #[cfg(feature = "jose")]
            takes_key_id: false,
            ..self
        }
    }

    /// The thumbprint of the client's certificate with SHA-1, in base64url (RFC
    /// 7515 §4.1.7).
    #[must_use]
    pub fn x5t(self, thumbprint: impl Into<String>) -> Self {
        Self {
            x5t: Some(thumbprint.into()),
            ..self
        }
    }

    /// The thumbprint of the client's certificate with SHA-256, in base64url
    /// (RFC 7515 §4.1.8): `x5t#S256`.
    #[must_use]
    pub fn x5t_s256(self, thumbprint: impl Into<String>) -> Self {
        Self {
            x5t_s256: Some(thumbprint.into()),
            ..self
        }
    }

    /// The authorization server's issuer identifier, which is then the audience.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            ..self
        }
    }

    /// Another audience than issuer or token endpoint, for a server that wants
    /// one.
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        Self {
            audience: Some(audience.into()),
            ..self
        }
    }

    /// Another lifetime, in whole seconds. It has to outlive the way to the
    /// server and the difference of two clocks, and nothing more. Less than a
    /// second is refused.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// One more claim, after those that every assertion has and in the order
    /// given. Their names (`iss`, `sub`, `aud`, `jti`, `iat`, `exp`) are
    /// refused, and so is a name that comes twice.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.push((name.into(), value.into()));
        self
    }

    /// The assertion of the client called `client_id`, which somebody has yet to
    /// sign with `algorithm`.
    ///
    /// # Errors
    /// When the client id is empty, a claim has a name that is taken, or the
    /// lifetime is less than a second.
    pub fn unsigned(
        &self,
        algorithm: JwsAlgorithm,
        client_id: &str,
        endpoint: &EndpointUri,
        fresh: &Fresh,
    ) -> Result<UnsignedAssertion, ClientError> {
        self.unsigned_with_id(algorithm, client_id, endpoint, fresh.now(), &fresh.id())
    }

    /// The same with a `jti` of the caller's own, which must not come twice.
    ///
    /// # Errors
    /// When the client id is empty, a claim has a name that is taken, or the
    /// lifetime is less than a second.
    pub fn unsigned_with_id(
        &self,
        algorithm: JwsAlgorithm,
        client_id: &str,
        endpoint: &EndpointUri,
        now: SystemTime,
        id: &str,
    ) -> Result<UnsignedAssertion, ClientError> {
        self.check()?;
        if client_id.is_empty() {
            return Err(ClientError::EmptyClientId);
        }
        let issued_at = Fresh::new(now, [0; 16]).seconds();
        // The endpoint as it was given: who checks this compares texts.
        let audience = self.audience.as_deref().or(self.issuer.as_deref());
        let audience = audience.unwrap_or(endpoint.as_str());
        let header = Object::new()
            .text("alg", algorithm.name())
            .text_if("typ", self.typ.as_deref())
            .text_if("kid", self.key_id.as_deref())
            .text_if("x5t", self.x5t.as_deref())
            .text_if("x5t#S256", self.x5t_s256.as_deref());
        let claims = Object::new()
            .text("iss", client_id)
            .text("sub", client_id)
            .text("aud", audience)
            .text("jti", id)
            .number("iat", issued_at)
            .number("exp", issued_at.saturating_add(self.lifetime.as_secs()));
        let claims = self
            .claims
            .iter()
            .fold(claims, |claims, (name, value)| claims.value(name, value));
        Ok(UnsignedAssertion::new(
            compact::signing_input(header, claims),
            algorithm,
        ))
    }

    /// Whether each claim has a name of its own, and there is time to read them.
    pub(in crate::authentication) fn check(&self) -> Result<(), ClientError> {
        const TAKEN: [&str; 6] = ["iss", "sub", "aud", "jti", "iat", "exp"];
        if self.lifetime < Duration::from_secs(1) {
            return Err(ClientError::ShortLifetime);
        }
        for (place, (name, _)) in self.claims.iter().enumerate() {
            let is_repeated = self.claims[..place].iter().any(|(other, _)| other == name);
            if is_repeated || TAKEN.contains(&&**name) {
                return Err(ClientError::ClaimTaken);
            }
        }
        Ok(())
    }

    /// For this issuer, unless issuer or audience were given.
    #[cfg(feature = "jose")]
    pub(in crate::authentication) fn or_issuer(mut self, issuer: &str) -> Self {
        self.issuer = self.issuer.or_else(|| Some(issuer.to_owned()));
        self
    }

    /// With the key's own id, unless another one was given.
    #[cfg(feature = "jose")]
    pub(in crate::authentication) fn or_key_id(mut self, key_id: Option<&str>) -> Self {
        let key_id = key_id.filter(|_| self.takes_key_id);
        self.key_id = self.key_id.or_else(|| key_id.map(str::to_owned));
        self
    }
}

/// Without the values of claims: they may be meant for the server alone.
impl fmt::Debug for AssertionTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims: Vec<_> = self.claims.iter().map(|(name, _)| name).collect();
        f.debug_struct("AssertionTemplate")
            .field("typ", &self.typ)
            .field("key_id", &self.key_id)
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("lifetime", &self.lifetime)
            .field("claims", &claims)
            .finish_non_exhaustive()
    }
}

impl Default for AssertionTemplate {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn parts(template: &AssertionTemplate) -> [String; 2] {
        let endpoint = EndpointUri::new("https://as.example.com/token?a=b").unwrap();
        let fresh = Fresh::new(SystemTime::UNIX_EPOCH + Duration::from_secs(100), [0; 16]);
        let unsigned = template
            .unsigned(JwsAlgorithm::RS256, "svc", &endpoint, &fresh)
            .unwrap();
        let (header, claims) = unsigned.signing_input().split_once('.').unwrap();
        [header, claims]
            .map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
    }

    #[test]
    fn what_is_there_if_nothing_is_said() {
        assert_eq!(
            parts(&AssertionTemplate::new()),
            [
                r#"{"alg":"RS256","typ":"client-authentication+jwt"}"#,
                r#"{"iss":"svc","sub":"svc","aud":"https://as.example.com/token?a=b","jti":"AAAAAAAAAAAAAAAAAAAAAA","iat":100,"exp":160}"#,
            ]
        );
    }

    #[test]
    fn all_that_can_be_said() {
        let template = AssertionTemplate::new()
            .typ("JWT")
            .key_id("k")
            .x5t("1")
            .x5t_s256("256")
            .issuer("https://as.example.com")
            .lifetime(Duration::from_millis(5_900))
            .claim("z", 1)
            .claim("a", "b");
        assert_eq!(
            parts(&template),
            [
                r#"{"alg":"RS256","typ":"JWT","kid":"k","x5t":"1","x5t#S256":"256"}"#,
                r#"{"iss":"svc","sub":"svc","aud":"https://as.example.com","jti":"AAAAAAAAAAAAAAAAAAAAAA","iat":100,"exp":105,"z":1,"a":"b"}"#,
            ]
        );
        let [header, claims] = parts(&template.without_typ().audience("x"));
        assert!(!header.contains("typ"), "{header}");
        assert!(claims.contains(r#""aud":"x""#), "{claims}");
    }

    #[test]
    fn the_audience_is_the_endpoint_as_it_was_given() {
        for text in ["https://AS.example.com", "https://as.example.com:443?a=%2f"] {
            let endpoint = EndpointUri::new(text).unwrap();
            let unsigned = AssertionTemplate::new()
                .unsigned_with_id(
                    JwsAlgorithm::ES256,
                    "id",
                    &endpoint,
                    SystemTime::UNIX_EPOCH,
                    "1",
                )
                .unwrap();
            let (_, claims) = unsigned.signing_input().split_once('.').unwrap();
            let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
            let claims: Value = serde_json::from_slice(&claims).unwrap();
            assert_eq!(claims["aud"], text);
        }
    }

    #[test]
    fn no_claim_is_there_twice() {
        for name in ["iss", "sub", "aud", "jti", "iat", "exp", "nbf"] {
            let template = AssertionTemplate::new().claim("nbf", 1).claim(name, 2);
            assert_eq!(template.check(), Err(ClientError::ClaimTaken), "{name}");
        }
    }

    #[test]
    fn an_assertion_of_nobody_or_without_a_life_is_refused() {
        let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
        let made = |lifetime, client_id| {
            AssertionTemplate::new()
                .lifetime(lifetime)
                .unsigned_with_id(
                    JwsAlgorithm::ES256,
                    client_id,
                    &endpoint,
                    SystemTime::UNIX_EPOCH,
                    "1",
                )
        };
        let second = Duration::from_secs(1);
        assert!(made(second, "id").is_ok());
        assert_eq!(made(second, "").unwrap_err(), ClientError::EmptyClientId);
        for lifetime in [Duration::ZERO, second - Duration::from_nanos(1)] {
            let refused = made(lifetime, "id").unwrap_err();
            assert_eq!(refused, ClientError::ShortLifetime);
        }
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        let [_, claims] = parts(&AssertionTemplate::new().lifetime(Duration::MAX));
        assert!(
            claims.contains(&format!("\"exp\":{}", u64::MAX)),
            "{claims}"
        );
    }
}
