//! The `wharfinger` command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Several libraries speak TLS; they all use this one provider, whose installation fails only
    // when there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    wharfinger::cli::run(std::env::args_os())
}
