//! Threads with enough stack: to read a condition of thousands of parts takes as much as it has in
//! `main`. What of it is not used takes no memory.

use std::num::NonZeroUsize;

use rayon::ThreadPoolBuilder;

use crate::fault::{Fault, Faults};

const STACK: usize = 256 << 20;

/// One thread for each core, for whatever is done in parallel.
pub(super) fn set_up() {
    // Whoever calls this as a library may have set up others before.
    let _ = ThreadPoolBuilder::new().stack_size(STACK).build_global();
}

/// Does something in threads: in so many, where that is said.
pub(super) fn in_threads<T: Send>(
    jobs: Option<NonZeroUsize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, Faults> {
    const MOST: usize = 256;
    let Some(jobs) = jobs else { return Ok(rayon::scope(|_| work())) };
    let pool = ThreadPoolBuilder::new().num_threads(jobs.get().min(MOST)).stack_size(STACK);
    let pool = pool.build().map_err(|error| {
        Fault::new(format!("threads can't be started: {error}"), "ask for fewer with -j")
    })?;
    Ok(pool.install(work))
}
