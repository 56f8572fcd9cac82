//! Says what can compute.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::device::{DeviceSpec, Offer, cores, offers};
use crate::report::FittedTable;
use crate::say;

/// Say what can compute: what is built in, what is found on this machine, and what to do for the rest
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments devices --json")]
pub struct DevicesArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl DevicesArgs {
    /// Prints it.
    ///
    /// # Errors
    ///
    /// None so far.
    pub fn run(self) -> Result<()> {
        let offers = offers();
        if self.json {
            let each = offers.iter().map(|offer| {
                json!({
                    "device": offer.device,
                    "built_in": offer.is_built,
                    "found": offer.found,
                    "to_do": offer.to_do,
                })
            });
            let threads = cores().get();
            say!(
                "{:#}",
                json!({ "devices": each.collect::<Vec<_>>(), "threads": threads })
            );
            return Ok(());
        }
        let mut table = FittedTable::new(["--device", "built in", "found"]);
        for offer in &offers {
            let found = match (offer.is_built, offer.device) {
                (false, _) => String::new(),
                (true, "wgpu") if offer.found.is_empty() => "no adapter".into(),
                (true, "wgpu") => offer.found.join(", "),
                (true, _) => format!("{} threads", cores()),
            };
            table.add([
                offer.device,
                if offer.is_built { "yes" } else { "no" },
                &found,
            ]);
        }
        say!("{}", table.for_terminal());
        for Offer { device, to_do, .. } in &offers {
            if let Some(to_do) = to_do {
                say!("{device}: {to_do}");
            }
        }
        say!("default: {}", DeviceSpec::default());
        Ok(())
    }
}
