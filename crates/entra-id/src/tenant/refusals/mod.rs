//! The refusals by name: what is wrong, in the words of Entra, with the code that people search for.

mod app;
mod grant;
mod person;
mod request;

pub(super) use self::{app::*, grant::*, person::*, request::*};
