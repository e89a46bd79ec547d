//! The `wharfinger` command.

use std::process::ExitCode;

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};
use rustix::thread::disable_transparent_huge_pages;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Others on this machine have no right to what the process makes, whatever umask it was given: the database,
    // and the files that SQLite puts beside it. Files for registries get their mode expressly.
    let _ = umask(Mode::RWXG | Mode::RWXO);
    // A core dump would have keys, passwords and tokens in it. Less is always allowed.
    let none = Some(0);
    let _ = setrlimit(
        Resource::Core,
        Rlimit {
            current: none,
            maximum: none,
        },
    );
    // Memory in pages of 2 MB would take 20 MB more than is used. The allocator asks for none (`no_thp`), but a system may give them
    // unasked. Old kernels do not know the question.
    let _ = disable_transparent_huge_pages(true);
    // Several libraries speak TLS; they all use this one provider, whose installation fails only
    // when there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    wharfinger::cli::run(std::env::args_os())
}
