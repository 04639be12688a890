//! Randomness for what must not come twice.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    time::SystemTime,
};

use oauth2_client_credentials::Fresh;

/// What a scheme needs that signs at this time.
pub(crate) fn fresh(wall: SystemTime) -> Fresh {
    Fresh::new(wall, randomness())
}

/// 16 bytes for an identifier that does not come twice. The standard library seeds its hashers from the operating system, and
/// what a seeded one makes of nothing is as random as its seed.
fn randomness() -> [u8; 16] {
    let draw = || u128::from(RandomState::new().build_hasher().finish());
    ((draw() << 64) | draw()).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    #[test]
    fn no_identifier_comes_twice() {
        let draw = || (0..1_000).map(|_| randomness()).collect::<Vec<_>>();
        let threads = [thread::spawn(draw), thread::spawn(draw)];
        let drawn: Vec<_> = threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("drawing does not panic"))
            .collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 2_000);
        let halves = drawn.iter().flat_map(|bytes| bytes.chunks(8));
        assert_eq!(halves.collect::<HashSet<_>>().len(), 4_000);
    }
}
