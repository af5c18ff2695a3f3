//! Searching: an index of one's own, and the clients of services that search the web.
//!
//! * [`index`]: full text with facets, dates and numbers, in memory or in a folder.

pub mod index;
