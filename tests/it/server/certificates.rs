//! Certificates for listeners, and clients that look at them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::Datelike;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, DnValue, ExtendedKeyUsagePurpose,
    IsCa, KeyPair,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use wharfinger::domain::clock::Clock;
use wharfinger::server::SystemClock;

/// An authority that clients know.
pub(super) struct TestAuthority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, both as PEM.
#[derive(Clone)]
pub(super) struct TestPair {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl TestAuthority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap());
        Self(issuer.unwrap())
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    /// An authority that this one certified between two days, counted from today on.
    pub(super) fn below(&self, first: i64, last: i64) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = DnValue::from("intermediate");
        params.distinguished_name.push(DnType::CommonName, name);
        let params = between(params, first, last);
        let issuer = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0);
        Self(issuer.unwrap())
    }

    /// A certificate for this machine that is valid now.
    pub(super) fn pair(&self) -> TestPair {
        self.pair_for(-1, 90)
    }

    /// The same between two days, counted from today on.
    pub(super) fn pair_for(&self, first: i64, last: i64) -> TestPair {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let params = between(params, first, last);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        TestPair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// A client that knows this authority, perhaps with a certificate of its own, and speaks these protocols.
    pub(super) fn client(&self, own: Option<&TestPair>, protocols: &[&str]) -> Arc<ClientConfig> {
        self.client_of(rustls::DEFAULT_VERSIONS, own, protocols)
    }

    /// The same for a client that speaks only some versions of TLS.
    pub(super) fn client_of(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
        own: Option<&TestPair>,
        protocols: &[&str],
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some(own) => builder
                .with_client_auth_cert(own.chain(), own.key())
                .unwrap(),
        };
        let protocol = |name: &&str| name.as_bytes().to_vec();
        config.alpn_protocols = protocols.iter().map(protocol).collect();
        Arc::new(config)
    }
}

/// A certificate that is valid between two days, counted from today on.
fn between(mut params: CertificateParams, first: i64, last: i64) -> CertificateParams {
    let today = SystemClock.now().date_naive();
    let day = |days: i64| {
        let day = today + chrono::TimeDelta::days(days);
        let number = |number: u32| u8::try_from(number).unwrap();
        rcgen::date_time_ymd(day.year(), number(day.month()), number(day.day()))
    };
    (params.not_before, params.not_after) = (day(first), day(last));
    params
}

/// The clock of a machine that is five days late, for which a certificate that has just ended is good.
#[derive(Debug)]
struct LateClock;

impl TimeProvider for LateClock {
    fn current_time(&self) -> Option<UnixTime> {
        let late = SystemClock.now() - chrono::TimeDelta::days(5);
        let seconds = u64::try_from(late.timestamp()).unwrap();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// A client that takes a certificate which has ended within the last days.
pub(super) fn late(client: &Arc<ClientConfig>) -> Arc<ClientConfig> {
    let mut late = ClientConfig::clone(client);
    late.time_provider = Arc::new(LateClock);
    Arc::new(late)
}

impl TestPair {
    fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()]
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap()
    }

    /// Writes both into a folder as Kubernetes does: into a new folder, on which a link is turned at once.
    pub(super) fn mount(&self, folder: &Path, version: u32) {
        std::fs::create_dir_all(folder).unwrap();
        let new = folder.join(format!("..{version}"));
        std::fs::create_dir(&new).unwrap();
        std::fs::write(new.join("tls.crt"), &self.certificate).unwrap();
        write_private(&new.join("tls.key"), &self.key);
        let link = folder.join("..data_tmp");
        std::os::unix::fs::symlink(format!("..{version}"), &link).unwrap();
        std::fs::rename(&link, folder.join("..data")).unwrap();
        for name in ["tls.crt", "tls.key"] {
            let _ = std::os::unix::fs::symlink(format!("..data/{name}"), folder.join(name));
        }
    }
}

/// Writes a file that only its owner reads.
pub(super) fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A connection of a client.
pub(super) type TlsClient = StreamOwned<ClientConnection, TcpStream>;

/// A connection on which a handshake begins with the first byte.
pub(super) fn connect(stream: TcpStream, client: &Arc<ClientConfig>) -> TlsClient {
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let name = "localhost".try_into().unwrap();
    StreamOwned::new(
        ClientConnection::new(Arc::clone(client), name).unwrap(),
        stream,
    )
}

/// Sends a request over TLS, and reads all that comes; the end of TLS must be there too.
pub(super) fn ask_tls(
    address: &str,
    client: &Arc<ClientConfig>,
    path: &str,
) -> std::io::Result<String> {
    let mut stream = connect(TcpStream::connect(address)?, client);
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}
