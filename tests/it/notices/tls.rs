//! A webhook with TLS: its certificate must come from an authority that is known.

use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use super::receiver::{Message, read};
use super::{make, tell, webhook_at};
use crate::harness::World;

/// A receiver whose certificate is its own authority's.
struct SecureReceiver {
    port: u16,
    certificate: String,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl SecureReceiver {
    fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let chain: Vec<CertificateDer<'static>> = vec![made.cert.der().clone()];
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::Pkcs8(key))
            .unwrap();
        let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
        let messages: Arc<Mutex<Vec<Message>>> = Arc::default();
        let receiver = Self {
            port: listener.local_addr().unwrap().port(),
            certificate: made.cert.pem(),
            messages: Arc::clone(&messages),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream);
                if let Some(message) = read(&mut stream) {
                    messages.lock().unwrap().push(message);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                }
            }
        });
        receiver
    }
}

#[tokio::test]
async fn a_webhook_with_tls_needs_a_certificate_that_is_trusted() {
    let receiver = SecureReceiver::start();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ca.pem");
    // A whole bundle, with another authority and many remarks before this one.
    let other = rcgen::generate_simple_self_signed(["other".to_owned()]).unwrap();
    let remarks = "# Authorities of the house, with their fingerprints\n".repeat(4000);
    let bundle = format!("{}{remarks}{}", other.cert.pem(), receiver.certificate);
    assert!(bundle.len() > 200_000);
    std::fs::write(&file, bundle).unwrap();
    let configuration = webhook_at(&format!("https://localhost:{}/", receiver.port));
    let World { app, alice, root } = World::start_with(&configuration).await;
    make(&app).await;
    app.revoke(&alice).await;
    tell(&app).await;
    assert!(receiver.messages.lock().unwrap().is_empty());
    let seen = root.read("/notices").await;
    let told = "the webhook's certificate is not trusted, or TLS failed";
    assert_eq!(seen[0]["last_error"], told);

    let configuration = format!("{configuration}ca_file = \"{}\"\n", file.display());
    let app = app.restart_with(&configuration).await;
    app.clock.advance(chrono::Duration::seconds(13));
    tell(&app).await;
    assert_eq!(receiver.messages.lock().unwrap().len(), 1);
}
