//! nhi-policy: asks of every edge of an identity graph whether it may still be so.
pub mod ask;
pub mod cases;
pub mod cli;
pub mod config;
pub mod fault;
pub mod inventory;
pub mod judge;
pub mod link;
pub mod load;
pub mod policy;
pub mod report;
pub mod settings;
pub mod time;
