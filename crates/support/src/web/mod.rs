//! The web around a protocol: forms and pages for people, a browser without a window that fills them in, and the port that
//! a person's browser comes back to.

mod browser;
mod challenge;
mod cookie;
mod form;
mod loopback;
mod page;
mod redirect;

pub use self::{
    browser::{Arrived, Browser, Page},
    challenge::{challenge, challenge_of},
    cookie::Cookie,
    form::{Parameters, ParametersError},
    loopback::{CameBack, Loopback},
    page::{escaped, page},
    redirect::{is_loopback, is_registered},
};
