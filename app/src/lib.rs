//! The app behind the command `whygrad`: data and experiments are read, runs are kept in folders, and what people are
//! shown is made as plain data, which the commands print. ARCHITECTURE.md has the floors of its rooms.

pub mod checking;
pub mod command;
pub mod data;
pub mod error;
pub mod evaluating;
pub mod experiment;
pub mod playground;
pub mod predicting;
pub mod pytorch;
pub mod replay;
pub mod run;
pub mod server;
pub mod terminal;
pub mod textbook;
pub mod training;
pub mod view;
