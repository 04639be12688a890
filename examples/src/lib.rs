//! The programs are in `src/bin`. Here the examples of three READMEs are compiled.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../crates/tower-oauth2-client-credentials/README.md")]
struct ReadmeOfTheLayer;

#[cfg(doctest)]
#[doc = include_str!("../../crates/tower-oauth2-client-credentials-redis/README.md")]
struct ReadmeOfTheSharedCache;
