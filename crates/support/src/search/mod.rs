//! Searching: an index of one's own, and the clients of services that search the web.
//!
//! * [`index`]: full text with facets, dates and numbers, in memory or in a folder.
//! * [`provider`]: what a search service is asked and answers, and clients for four of them.
//! * [`clean`]: text, URLs, dates and prices from strangers, made safe and uniform.

pub mod clean;
pub mod index;
pub mod provider;
