//! The programs are in `src/bin`. Here the README's example is compiled.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
