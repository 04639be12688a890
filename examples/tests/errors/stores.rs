//! What a fleet's store says.

use tower_oauth2_client_credentials_redis::{RedisStore, Sealing, SealingKey};

use crate::{Collection, failed};

pub(crate) async fn collect(all: &mut Collection) {
    all.chapter("A store that cannot be used");
    let key = |id: &str| SealingKey::new(id, &[7; 32]);
    all.add("no sealing key", &failed(Sealing::new([])));
    all.add(
        "two keys of one id",
        &failed(Sealing::new([key("a").unwrap(), key("a").unwrap()])),
    );
    all.add("a key without an id", &failed(key("")));
    all.add("no URL", &failed(RedisStore::new("redis.example.com")));
    all.add(
        "no certificate",
        &failed(RedisStore::with_root_certificate(
            "rediss://redis.example.com",
            b"certificate",
        )),
    );
    // Nobody listens on it.
    let away = RedisStore::new("redis://127.0.0.1:1").unwrap();
    all.add("a server that is not there", &failed(away.connect().await));
}
