//! The process itself, by the names that all programs use.

use prometheus_client::encoding::DescriptorEncoder;

use crate::metrics::rows::{counter, gauge, one};

/// The numbers of the process.
#[derive(Debug, Clone, Copy)]
pub struct ProcessReading {
    /// Processor time, in seconds.
    pub cpu_seconds: f64,
    /// Memory that is resident, in bytes.
    pub resident_bytes: u64,
    /// Address space, in bytes.
    pub virtual_bytes: u64,
    /// Its start, in seconds since 1970.
    pub start: f64,
    /// Open files.
    pub open_files: u64,
    /// The most files that may be open.
    pub most_files: u64,
}

impl ProcessReading {
    pub(super) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let help = "Processor time of the process";
        counter(encoder, "process_cpu_seconds", help, one(self.cpu_seconds))?;
        let help = "Resident memory of the process";
        gauge(
            encoder,
            "process_resident_memory_bytes",
            help,
            one(self.resident_bytes),
        )?;
        let help = "Address space of the process";
        gauge(
            encoder,
            "process_virtual_memory_bytes",
            help,
            one(self.virtual_bytes),
        )?;
        let help = "When the process began, in seconds since 1970";
        gauge(encoder, "process_start_time_seconds", help, one(self.start))?;
        let help = "Files that the process has open";
        gauge(encoder, "process_open_fds", help, one(self.open_files))?;
        let help = "The most files that the process may have open";
        gauge(encoder, "process_max_fds", help, one(self.most_files))
    }
}
