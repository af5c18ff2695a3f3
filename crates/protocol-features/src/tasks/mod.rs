//! Tasks: work that outlasts its call, its connection, and its process.
//!
//! * [`store`]: a task is a row in SQLite. It is there before its handle is given out, and each of its states is there
//!   before anybody sees it.
//! * `worker`: which process works on a task. A lock that the system frees when a process dies, however it dies, tells
//!   whether its tasks can be taken over: none is lost, none is worked on twice.
//! * [`runner`]: takes tasks from their last checkpoint to their end.

pub mod runner;
pub mod store;
mod worker;

pub use self::runner::Tasks;
