//! An address that leads to a standby, which may lag behind until it takes over.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{Database, DbBackend};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::secret::SecretDigest;
use wharfinger::storage::{BeginError, CopyBounds, Db, Directory, Look, StorageError, sessions};

use super::directory::token;
use super::effort::Effort;
use super::story::{At, now};
use crate::cli::ports::free_port;

/// The time for which copies are used here while storage is away.
const STALE: Duration = Duration::from_mins(1);
/// The longest that a server takes to begin or end something.
const SOON: Duration = Duration::from_secs(20);

/// Nothing that it tells counts as what is true now, with copies or without; copies from before are used as while it is away. When it takes
/// over, it is asked as before.
pub(super) async fn a_standby_is_not_believed(db: &Db, url: &SecretString) {
    let server = Database::connect(url.expose_secret()).await.unwrap();
    let backend = server.get_database_backend();
    if backend != DbBackend::Sqlite {
        Box::pin(a_server_that_takes_no_changes_is_left(url)).await;
    }
    match backend {
        DbBackend::Postgres => Box::pin(one_of_postgresql_is_not_believed(db, url)).await,
        DbBackend::MySql => Box::pin(one_of_mariadb_is_not_believed(db, url)).await,
        _ => {}
    }
}

async fn directory(url: &SecretString, memory: usize) -> Directory {
    let copies = CopyBounds {
        memory,
        serve_stale_for: STALE,
    };
    Directory::new(Db::open(url, 2).await.unwrap(), copies)
}

async fn works(look: &Look<'_>, digest: &SecretDigest) -> Result<bool, StorageError> {
    let found = look.access_token(digest).await?;
    Ok(found.is_some_and(|(token, _)| token.revoked_at.is_none()))
}

/// Waits until the changes can be followed.
async fn is_followed(directory: &Directory) {
    let begin = Instant::now();
    while let Err(error) = directory.follow().await {
        assert!(begin.elapsed() < SOON, "{error}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// A token is good by a server that says that it is a standby, until it `takes_over`.
async fn tells_nothing_until(
    (url, digest): (&SecretString, &SecretDigest),
    takes_over: impl Future<Output = ()>,
) {
    let (with, without) = (directory(url, 1_000_000).await, directory(url, 0).await);
    let refused = with.follow().await.unwrap_err();
    assert!(refused.is_unreachable(), "{refused}");
    assert!(refused.to_string().contains("standby"), "{refused}");
    for directory in [&with, &without] {
        let told = works(&directory.look().await, digest).await;
        assert!(told.unwrap_err().is_temporary());
    }
    let started = Box::pin(Db::open_and_migrate(url, 2)).await;
    assert!(started.is_err(), "no start");
    takes_over.await;
    is_followed(&with).await;
    for directory in [&with, &without] {
        let look = directory.look().await;
        look.must_be_current().unwrap();
        assert!(works(&look, digest).await.unwrap());
    }
}

async fn one_of_postgresql_is_not_believed(db: &Db, url: &SecretString) {
    let (_, digest) = token(db, "standby").await;
    let folder = TempDir::new().unwrap();
    let standby = Standby::of(url, folder.path());
    Box::pin(another_server_takes_its_place(url, &standby.url, &digest)).await;
    let promotion = async {
        let server = Effort::at(&standby.url).await;
        server.change("SELECT pg_promote()").await;
    };
    Box::pin(tells_nothing_until((&standby.url, &digest), promotion)).await;
}

/// An address that led to a standby leads to the primary from now on: new connections do, and those that are there stay.
async fn another_server_takes_its_place(
    primary: &SecretString,
    standby: &SecretString,
    digest: &SecretDigest,
) {
    let address = Address::of(standby).await;
    let (with, without) = (
        directory(&address.url, 1_000_000).await,
        directory(&address.url, 0).await,
    );
    for directory in [&with, &without] {
        let told = works(&directory.look().await, digest).await;
        assert!(told.unwrap_err().is_temporary());
    }
    let late = directory(&address.url, 0).await;
    // The connection that opened it is given back, so that the question goes by it.
    sleep(Duration::from_millis(300)).await;
    address.leads_to(primary);
    assert!(
        works(&late.look().await, digest).await.unwrap(),
        "its first question"
    );
    let begin = Instant::now();
    is_followed(&with).await;
    for directory in [&with, &without] {
        // The first question may go by a connection that was made before.
        while !matches!(works(&directory.look().await, digest).await, Ok(true)) {
            assert!(begin.elapsed() < Duration::from_secs(3));
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Changes are possible again as soon as new connections lead to a server that takes them.
async fn a_server_that_takes_no_changes_is_left(url: &SecretString) {
    let server = Effort::at(url).await;
    let (_, name) = url.expose_secret().rsplit_once('/').unwrap();
    // Counts for connections that are made from then on.
    let (set, back) = if server.is_postgresql() {
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
        let back = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
        (set, back)
    } else {
        let set = |value| format!("SET GLOBAL tx_read_only = {value}");
        (set(1), set(0))
    };
    server.change(&set).await;
    let db = Db::open(url, 2).await.unwrap();
    // Connections that are made now keep the setting.
    let checks = || async { tokio::join!(db.check(), db.check(), db.check(), db.check()) };
    let (one, two, three, four) = checks().await;
    server.change(&back).await;
    for refused in [one, two, three, four] {
        let refused = refused.unwrap_err().to_string().to_lowercase();
        assert!(
            refused.contains("read-only") || refused.contains("read only"),
            "{refused}"
        );
    }
    let begin = Instant::now();
    while let (Err(error), ..) | (_, Err(error), ..) | (.., Err(error), _) | (.., Err(error)) =
        checks().await
    {
        assert!(begin.elapsed() < Duration::from_secs(3), "{error}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// An address that leads to one server after another.
struct Address {
    url: SecretString,
    leads_to: Arc<AtomicU16>,
}

impl Address {
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the runtime of the test"
    )]
    async fn of(server: &SecretString) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (old, leads_to) = (port_of(server), Arc::new(AtomicU16::new(port_of(server))));
        let target = Arc::clone(&leads_to);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let to = ("127.0.0.1", target.load(Ordering::SeqCst));
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(to).await.unwrap();
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        let url = server.expose_secret();
        let url = url.replacen(&format!(":{old}/"), &format!(":{port}/"), 1);
        Self {
            url: SecretString::from(url),
            leads_to,
        }
    }

    fn leads_to(&self, server: &SecretString) {
        self.leads_to.store(port_of(server), Ordering::SeqCst);
    }
}

fn port_of(server: &SecretString) -> u16 {
    let (before, _) = server.expose_secret().rsplit_once('/').unwrap();
    before.rsplit_once(':').unwrap().1.parse().unwrap()
}

async fn one_of_mariadb_is_not_believed(db: &Db, url: &SecretString) {
    let (_, digest) = token(db, "standby").await;
    let copied = directory(url, 1_000_000).await;
    assert!(works(&copied.look().await, &digest).await.unwrap());
    let server = Effort::at(url).await;
    server.change("SET GLOBAL read_only = 1").await;
    // This account may write there all the same.
    let (operator, clock) = (Authority::operator(), At(now()));
    let is_refused = |begun: Result<(), BeginError>| {
        matches!(begun, Err(BeginError::Storage(StorageError::Standby)))
    };
    assert!(is_refused(db.begin(&operator, &clock).await.map(drop)));
    assert!(is_refused(
        db.begin_login(&operator, &clock).await.map(drop)
    ));
    let tried = db.try_to_change().await.unwrap_err().to_string();
    assert!(tried.contains("it is a standby"), "{tried}");
    let session = sessions::find_by_digest(db, &digest).await;
    assert!(matches!(session, Err(StorageError::Standby)));
    let takes_over = async {
        assert!(copied.follow().await.is_err());
        // The copies were right a moment ago; they are stale when that was more than a second ago.
        sleep(Duration::from_millis(1100)).await;
        let look = copied.look().await;
        assert!(look.is_stale() && look.must_be_current().is_err());
        assert!(works(&look, &digest).await.unwrap(), "for a pull");
        server.change("SET GLOBAL read_only = 0").await;
    };
    Box::pin(tells_nothing_until((url, &digest), takes_over)).await;
    is_followed(&copied).await;
    assert!(!copied.look().await.is_stale());
}

/// A hot standby of PostgreSQL, which is stopped at the end.
struct Standby<'a> {
    url: SecretString,
    folder: &'a Path,
}

impl<'a> Standby<'a> {
    fn of(primary: &SecretString, folder: &'a Path) -> Self {
        let (data, port) = (folder.join("data"), free_port());
        let primary = primary.expose_secret();
        let copy = ["--checkpoint=fast", "--no-sync", "-R", "-d", primary, "-D"];
        run("chown", &["postgres"], folder);
        as_postgres("pg_basebackup", &copy, &data);
        let settings = format!(
            "-c listen_addresses=127.0.0.1 -p {port} -k {} -c fsync=off",
            folder.display()
        );
        let log = folder.join("log").display().to_string();
        let start = ["-w", "-l", &log, "-o", &settings, "start", "-D"];
        as_postgres("pg_ctl", &start, &data);
        let (server, name) = primary.rsplit_once('/').unwrap();
        let (server, _) = server.rsplit_once(':').unwrap();
        Self {
            url: SecretString::from(format!("{server}:{port}/{name}")),
            folder,
        }
    }
}

impl Drop for Standby<'_> {
    fn drop(&mut self) {
        let stop = ["-w", "-m", "immediate", "stop", "-D"];
        as_postgres("pg_ctl", &stop, &self.folder.join("data"));
    }
}

/// Runs a program of PostgreSQL's, which run for nobody but its own user, with a folder as the last argument.
fn as_postgres(program: &str, arguments: &[&str], folder: &Path) {
    let found = std::fs::read_dir("/usr/lib/postgresql").unwrap();
    let mut versions: Vec<_> = found.map(|version| version.unwrap().path()).collect();
    // As text, 9 would come after 17.
    versions.sort_by_key(|path| path.file_name()?.to_str()?.parse::<u32>().ok());
    let program = versions.last().unwrap().join("bin").join(program);
    let mut all = vec!["-u", "postgres", "--", program.to_str().unwrap()];
    all.extend(arguments);
    run("runuser", &all, folder);
}

fn run(program: &str, arguments: &[&str], folder: &Path) {
    let mut command = Command::new(program);
    command.args(arguments).arg(folder).current_dir("/");
    // A server that is started keeps what it was given.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.unwrap().success(), "{program} {arguments:?}");
}
