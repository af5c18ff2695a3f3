//! The allocator of every binary that uses this crate.
//!
//! The system's keeps what a burst of sessions once needed, and creeps from burst to burst (see `docs/performance.md`);
//! mimalloc gives it back, and makes a call cheaper.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
