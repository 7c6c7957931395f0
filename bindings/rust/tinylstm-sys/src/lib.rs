//! The functions, constants and structs of libtinylstm as C declares them. The crate
//! [`tinylstm`](https://crates.io/crates/tinylstm) makes them safe; what each of them does stands
//! in the C headers.
//!
//! ```
//! // SAFETY: takes nothing and returns a number.
//! let version = unsafe { tinylstm_sys::tlstm_version() };
//! assert_eq!(version / 1_000_000, tinylstm_sys::TLSTM_VERSION_MAJOR);
//! ```
#![allow(non_camel_case_types)]
#![warn(missing_debug_implementations)]

mod bindings;

pub use bindings::*;
