//! Text, URLs, dates, numbers and prices from strangers, made safe and uniform.
//!
//! What a page, a feed or a search service says is data. It cannot be trusted to be short, to be text, or to mean
//! what it seems to: whatever acts on a terminal, turns letters around or hides itself is taken out here, once, before
//! anything else sees it. It may still try to give orders; whoever shows it to a model has to say what it is.

mod date;
mod link;
mod number;
mod price;
mod words;

pub use self::{
    date::{date, rfc3339, timestamp},
    link::{link, same_page, site},
    number::{count, number},
    price::{Price, price},
    words::{markdown, text},
};
