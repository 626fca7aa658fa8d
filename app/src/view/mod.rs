//! What people are shown, as plain data with its names and sentences. A terminal or a page lays it out, and `--json`
//! prints it.

pub mod digits;
