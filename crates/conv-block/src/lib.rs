#![warn(missing_docs)]
#![doc = include_str!("../README.md")]

pub mod cpu;
mod functional;
mod op;

pub use functional::conv_block;
