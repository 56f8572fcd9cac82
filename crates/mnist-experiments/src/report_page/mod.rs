//! The page of `report`: one HTML file with what runs measured, their test images and their networks, which is opened in
//! a browser, without a network connection.
//!
//! What is in the page is data; what draws it is `page.js` and `page.css`, bundled from
//! `report-page/` at the root of the repository and kept here, so that building needs no node.

mod adversarial;
mod args;
mod blobs;
mod comparable;
mod curves;
mod details;
mod epoch_positions;
mod html;
mod images;
mod network;
mod outlier_images;
mod page;
mod positions;
mod scorer;

pub use args::ReportArgs;
