//! nhi-policy: asks of every edge of an identity graph whether it may still be so.
pub mod fault;
pub mod inventory;
pub mod load;
pub mod time;
pub mod link;
pub mod policy;
pub mod settings;
pub mod ask;
pub mod judge;
pub mod report;
pub mod config;
pub mod cases;
pub mod cli;
