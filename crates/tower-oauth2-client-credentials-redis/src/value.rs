//! A token as it is written into the store.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tower_oauth2_client_credentials::oauth2_client_credentials::{
    Decoder, TokenRequest, TokenResponse,
};
use zeroize::Zeroizing;

/// The life that a token is given whose server does not tell one; short enough that a wrong guess does little harm.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(300);
/// A lifetime is told in whole seconds; what has less left is good for nobody.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST_LEEWAY: Duration = Duration::from_secs(30);

/// A token with the hours of its life.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    token: TokenResponse,
    lifetime: Duration,
    expires_at: SystemTime,
}

impl Shared {
    /// A token that was asked for at `sent`; `None`: it has no life that could be shared.
    pub(crate) fn new(token: TokenResponse, sent: SystemTime) -> Option<Self> {
        let lifetime = token.expires_in().unwrap_or(ASSUMED_LIFETIME);
        let expires_at = sent.checked_add(lifetime)?;
        (lifetime >= SHORTEST).then_some(Self {
            token,
            lifetime,
            expires_at,
        })
    }

    pub(crate) fn token(&self) -> &TokenResponse {
        &self.token
    }

    pub(crate) fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// What is left of its life.
    pub(crate) fn left(&self, now: SystemTime) -> Duration {
        let left = self.expires_at.duration_since(now).unwrap_or_default();
        // By a clock that is behind it would live longer than it ever did.
        left.min(self.lifetime)
    }

    /// Whether it has more than the last bit of its life before it: who gets it need not ask for another at once.
    pub(crate) fn is_good(&self, now: SystemTime) -> bool {
        self.left(now) > LONGEST_LEEWAY.min(self.lifetime / 4).max(SHORTEST)
    }

    /// Whether it works at all.
    pub(crate) fn works(&self, now: SystemTime) -> bool {
        self.left(now) >= SHORTEST
    }

    /// What is sealed; `None` for hours that cannot be told.
    ///
    /// A refresh token stays with the replica that got it: this grant has no use for it.
    pub(crate) fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        let token = &self.token;
        let mut body = token.extra().clone();
        body.insert("access_token".into(), token.access_token().expose().into());
        body.insert("token_type".into(), token.token_type().as_str().into());
        if let Some(scope) = token.scope() {
            body.insert("scope".into(), scope.as_str().into());
        }
        if let Some(details) = token.authorization_details() {
            body.insert("authorization_details".into(), details.clone());
        }
        let refresh_in = token.refresh_in().map(|after| after.as_secs());
        let value = json!({
            "expires_at": millis(self.expires_at)?,
            "lifetime": u64::try_from(self.lifetime.as_millis()).ok()?,
            "refresh_in": refresh_in,
            "token": body,
        });
        serde_json::to_vec(&value).ok().map(Zeroizing::new)
    }

    /// Reads what [`encode`](Self::encode) has written: a token with the age that it has by now, which ends with its life and no later
    /// than the store keeps it.
    pub(crate) fn decode(
        plain: &[u8],
        asked: &TokenRequest,
        now: SystemTime,
        kept: Option<Duration>,
    ) -> Option<Self> {
        let mut value: Map<String, Value> = serde_json::from_slice(plain).ok()?;
        let lifetime = Duration::from_millis(value.get("lifetime")?.as_u64()?);
        let end = Duration::from_millis(value.get("expires_at")?.as_u64()?);
        // By a clock that is behind it would live longer than it ever did.
        let mut expires_at = UNIX_EPOCH.checked_add(end)?.min(now.checked_add(lifetime)?);
        if let Some(kept_until) = kept.and_then(|kept| now.checked_add(kept)) {
            expires_at = expires_at.min(kept_until);
        }
        let sent = expires_at.checked_sub(lifetime)?;
        let refresh_in = value.remove("refresh_in").filter(Value::is_u64);
        let Some(Value::Object(mut body)) = value.remove("token") else {
            return None;
        };
        body.insert("expires_in".into(), lifetime.as_secs().into());
        if let Some(refresh_in) = refresh_in {
            body.insert("refresh_in".into(), refresh_in);
        }
        let body = Zeroizing::new(serde_json::to_vec(&body).ok()?);
        let response = http::Response::new(Bytes::copy_from_slice(&body));
        // Told that it came when it was sent for, it says of itself when it ends, and its source how old it is.
        let token = Decoder::lenient().decode(asked, &response, sent).ok()?;
        Some(Self {
            token,
            lifetime,
            expires_at,
        })
    }
}

fn millis(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    fn asked() -> TokenRequest {
        TokenRequest::builder().scope("a b").build().unwrap()
    }

    fn given(body: &'static str) -> TokenResponse {
        let response = http::Response::new(Bytes::from_static(body.as_bytes()));
        Decoder::lenient()
            .decode(&asked(), &response, at(0))
            .unwrap()
    }

    fn read(shared: &Shared, now: SystemTime, kept: Option<Duration>) -> Shared {
        Shared::decode(&shared.encode().unwrap(), &asked(), now, kept).unwrap()
    }

    #[test]
    fn all_that_the_server_said_comes_back() {
        let token = given(
            r#"{"access_token":"t1","token_type":"DPoP","expires_in":3600,"scope":"a","refresh_in":1800,
                "refresh_token":"r1","authorization_details":[{"type":"x"}],"tenant":{"id":7}}"#,
        );
        let back = read(&Shared::new(token.clone(), at(0)).unwrap(), at(600), None);
        let got = back.token();
        assert_eq!(got.access_token(), token.access_token());
        assert_eq!(got.token_type(), token.token_type());
        assert_eq!(got.scope(), token.scope());
        assert!(got.scope_changed());
        assert_eq!(got.authorization_details(), token.authorization_details());
        assert_eq!(got.extra()["tenant"], token.extra()["tenant"]);
        assert_eq!(got.expires_in(), Some(HOUR));
        assert_eq!(got.refresh_in(), Some(HOUR / 2));
        assert_eq!(got.expires_at(), Some(at(3_600)), "it is 600 s old");
        assert!(got.refresh_token().is_none());
    }

    #[test]
    fn no_clock_and_no_store_makes_it_live_longer() {
        let token = given(r#"{"access_token":"t1","token_type":"Bearer","expires_in":3600}"#);
        let shared = Shared::new(token, at(1_000)).unwrap();
        for (now, kept, left) in [
            (at(1_000), None, 3_600),
            (at(1_600), None, 3_000),
            (at(1_600), Some(HOUR * 100), 3_000),
            (at(1_600), Some(HOUR / 2), 1_800),
            (at(0), None, 3_600),
            (at(0), Some(HOUR / 2), 1_800),
            (at(9_000), Some(HOUR), 0),
        ] {
            let got = read(&shared, now, kept);
            let left = Duration::from_secs(left);
            assert_eq!(got.left(now), left, "{now:?} {kept:?}");
            let end = got.token().expires_at().unwrap();
            assert_eq!(end.duration_since(now).unwrap_or_default(), left);
            assert_eq!(got.token().expires_in(), Some(HOUR), "its whole life");
        }
    }

    #[test]
    fn the_last_bit_of_a_life_is_not_good_but_works() {
        for (lifetime, good_until, works_until) in [(3_600, 3_570, 3_599), (5, 4, 4), (1, 0, 0)] {
            let token = TokenResponse::builder("t").expires_in(Duration::from_secs(lifetime));
            let shared = Shared::new(token.build().unwrap(), at(0)).unwrap();
            for second in 0..=lifetime {
                assert_eq!(
                    shared.is_good(at(second)),
                    second < good_until.min(lifetime - 1),
                    "{second} of {lifetime}"
                );
                assert_eq!(
                    shared.works(at(second)),
                    second <= works_until,
                    "{second} of {lifetime}"
                );
            }
        }
    }

    #[test]
    fn an_unknown_life_is_short_and_none_is_not_shared() {
        let unknown = Shared::new(TokenResponse::new("t").unwrap(), at(0)).unwrap();
        assert_eq!(unknown.left(at(0)), ASSUMED_LIFETIME);
        let none = TokenResponse::builder("t").expires_in(Duration::ZERO);
        assert!(Shared::new(none.build().unwrap(), at(0)).is_none());
    }

    #[test]
    fn what_was_not_written_here_is_no_token() {
        for plain in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"lifetime":1,"expires_at":1}"#,
            r#"{"lifetime":-1,"expires_at":1,"token":{"access_token":"t"}}"#,
            r#"{"lifetime":1,"expires_at":1e40,"token":{"access_token":"t"}}"#,
            r#"{"lifetime":1,"expires_at":1,"token":{"access_token":"a\nb"}}"#,
        ] {
            let now = at(0);
            assert!(
                Shared::decode(plain.as_bytes(), &asked(), now, None).is_none(),
                "{plain}"
            );
        }
        let far = format!(
            r#"{{"lifetime":1,"expires_at":{},"token":{{"access_token":"t"}}}}"#,
            u64::MAX
        );
        let far = Shared::decode(far.as_bytes(), &asked(), at(0), Some(Duration::MAX));
        assert!(far.is_none_or(|far| far.left(at(0)) <= SHORTEST));
    }
}
