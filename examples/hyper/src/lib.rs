//! The layer in a program that uses hyper.
