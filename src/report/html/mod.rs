//! Reports as one HTML file that needs nothing else: no script, no picture, no network. It reads well
//! on paper, on a phone, in the dark and aloud: what a drawing shows stands in words beside it.
//!
//! Every text that is not ours goes through [`escape::Esc`].

mod chart;
mod escape;
mod figures;
mod list;
mod page;
mod scale;
mod sections;
mod shape;
mod side_by_side;
mod todo;

pub use list::Listing;
pub use page::{PageFacts, write_page};
pub use side_by_side::write_comparison;

#[cfg(test)]
mod tests;
