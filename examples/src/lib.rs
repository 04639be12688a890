//! The programs are in `src/bin`. Here the examples of two READMEs are compiled.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../crates/tower-oauth2-client-credentials/README.md")]
struct ReadmeOfTheLayer;
