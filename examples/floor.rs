//! The two things that no token endpoint can do without: an HTTP server that answers, and a signature.
//!
//! `floor hello ADDRESS` answers every request with a text; `floor sign COUNT` signs and prints the CPU microseconds of one
//! signature. `benches/load.sh` compares the service with their sum.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::routing::get;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The size of what is signed in a token with a certificate, in bytes.
const SIGNED: usize = 1100;
/// The size of a reply with such a token, in bytes.
const REPLY: usize = 2600;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["hello", address] => hello(address),
        ["both", address] => both(address),
        ["sign", count] => sign(count.parse()?),
        _ => bail!("usage: floor hello ADDRESS | floor sign COUNT"),
    }
}

fn hello(address: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let routes = Router::new().route("/", get(|| async { "hello\n" }));
        Ok(axum::serve(listener, routes).await?)
    })
}

/// Answers every request with a new signature, as long as a reply with a token.
fn both(address: &str) -> anyhow::Result<()> {
    let pair = Arc::new(key()?);
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let answer = move || {
            let pair = Arc::clone(&pair);
            async move {
                let mut reply = vec![b'x'; REPLY];
                if let Ok(signature) = pair.sign(&SystemRandom::new(), &[b'x'; SIGNED]) {
                    reply.extend_from_slice(signature.as_ref());
                }
                reply
            }
        };
        Ok(axum::serve(listener, Router::new().route("/", get(answer))).await?)
    })
}

#[expect(clippy::print_stdout, reason = "the number is the result")]
fn sign(count: u32) -> anyhow::Result<()> {
    let (random, pair) = (SystemRandom::new(), key()?);
    let text = [b'x'; SIGNED];
    let begin = cpu()?;
    for _ in 0..count {
        pair.sign(&random, &text).ok().context("no signature")?;
    }
    let each = cpu()?.saturating_sub(begin).as_secs_f64() * 1e6 / f64::from(count);
    println!("{each:.2}");
    Ok(())
}

fn key() -> anyhow::Result<EcdsaKeyPair> {
    let rules = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(rules, &SystemRandom::new())
        .ok()
        .context("no key")?;
    EcdsaKeyPair::from_pkcs8(rules, pkcs8.as_ref())
        .ok()
        .context("no key")
}

/// The CPU time of this thread, as Linux counts it.
fn cpu() -> anyhow::Result<Duration> {
    let counted = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds = counted.split(' ').next().context("no time")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}
