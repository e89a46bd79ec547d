//! Fills a database with made-up users, groups, projects and tokens, to measure the service on it.
//!
//! Everything follows from the number of tokens, secrets too: only for databases that nobody uses.

mod fill;
mod world;

use std::io::{self, BufWriter, Write};
use std::time::Instant;

use anyhow::ensure;
use clap::Parser;
use secrecy::SecretString;
use wharfinger::storage::Db;

use world::World;

/// Fill a database with made-up users, groups, projects and tokens, or print their credentials.
#[derive(Debug, Parser)]
struct Arguments {
    /// The address of the database, such as `sqlite://data/seed.db`; without one, nothing is filled.
    url: Option<String>,
    /// The number of personal access tokens. There are a tenth as many projects, a hundredth as many users,
    /// and a thousandth as many groups.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    tokens: u32,
    /// Print the credentials of that many tokens, spread over all: number, secret, user, and a repository that
    /// the user may push to.
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    credentials: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let world = World::with(arguments.tokens.into());
    if let Some(url) = arguments.url {
        let begin = Instant::now();
        Db::open_and_migrate(&SecretString::from(url.as_str()), 2)
            .await?
            .close()
            .await?;
        fill::fill(&url, &world).await?;
        writeln!(
            io::stderr(),
            "{world}, in {:.1} s.\nToken 0 is an administrator's: {}\nThe secret of token N is `whf_pat_`, N with \
             zeros to 40 digits, and the CRC-32 of both in 6 digits of base 62; --credentials prints some.",
            begin.elapsed().as_secs_f64(),
            World::secret(0).expose()
        )?;
    }
    ensure!(
        u64::from(arguments.credentials) <= world.tokens,
        "there are {} tokens only",
        world.tokens
    );
    let mut lines = BufWriter::new(io::stdout().lock());
    for number in spread(&world, arguments.credentials.into()) {
        let user = world.owner(number);
        let (secret, repository) = (World::secret(number), world.project_path(user));
        writeln!(
            lines,
            "{number}\t{}\tuser{user}\t{repository}/app",
            secret.expose()
        )?;
    }
    Ok(lines.flush()?)
}

/// The numbers of some tokens, evenly spread.
fn spread(world: &World, count: u64) -> impl Iterator<Item = u64> {
    let step = world.tokens.checked_div(count).unwrap_or(1);
    (0..count).map(move |index| index * step + 1)
}
