//! The configuration that registries need (docs/protocol.md §2.1, §3).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::bail;
use clap::ValueEnum;

use crate::config::Config;
use crate::domain::registry::{Registry, TrustMode};
use crate::signing::KeyRing;

/// Kinds of registries that configuration is printed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RegistryKind {
    /// CNCF Distribution: `registry:2` and `registry:3`.
    Distribution,
    /// zot.
    Zot,
    /// GitLab's container registry.
    Gitlab,
}

/// The form of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As the registry's file.
    File,
    /// As environment variables.
    Environment,
}

/// The text that is printed.
#[derive(Debug)]
pub(super) struct Printed {
    /// A remark for the person who reads it.
    pub(super) remark: &'static str,
    /// Things that this person should know before they rely on it.
    pub(super) warnings: Vec<String>,
    /// The configuration for the registry.
    pub(super) result: String,
}

/// The configuration of one registry.
pub(super) fn of(
    config: &Config,
    registry: &Registry,
    keys: &KeyRing,
    kind: Option<RegistryKind>,
    form: Form,
) -> anyhow::Result<Printed> {
    let fitting = match registry.trust {
        TrustMode::Pinned => RegistryKind::Zot,
        TrustMode::Certificate | TrustMode::Jwks => RegistryKind::Distribution,
    };
    let (trust, path) = match (kind.unwrap_or(fitting), registry.trust) {
        (RegistryKind::Zot, TrustMode::Pinned) => ("cert", keys.pinned_path(&registry.service)),
        (RegistryKind::Zot, _) => bail!(
            "zot knows a single key and is never told of the next: write trust = \"pinned\" into the [[registry]] \
             of {}, restart the service, and try again",
            registry.service
        ),
        (_, TrustMode::Pinned) => bail!(
            "the [[registry]] of {} says trust = \"pinned\", which is for zot; write \"certificate\" for this kind \
             of registry, restart the service, and try again",
            registry.service
        ),
        (RegistryKind::Gitlab, TrustMode::Jwks) => bail!(
            "GitLab's registry has no jwks: write trust = \"certificate\" into the [[registry]] of {}, restart the \
             service, and try again",
            registry.service
        ),
        (_, TrustMode::Certificate) => ("rootcertbundle", keys.ca_certificate_path()),
        (RegistryKind::Distribution, TrustMode::Jwks) => ("jwks", keys.jwks_path()),
    };
    if !path.exists() {
        bail!(
            "{} is not there yet: start the service once with this configuration",
            path.display()
        );
    }
    let pairs = [
        ("realm", config.token.public_url.join("/jwt/auth")),
        ("service", registry.service.to_string()),
        ("issuer", config.token.issuer.clone()),
        (trust, path.to_string_lossy().into_owned()),
    ];
    let mut printed = match (registry.trust, form) {
        (TrustMode::Pinned, Form::Environment) => {
            bail!("zot takes its configuration from a file only")
        }
        (TrustMode::Pinned, Form::File) => zot(&pairs),
        (_, Form::File) => yaml(&pairs),
        (_, Form::Environment) => environment(&pairs),
    };
    printed.warnings.extend(closed_folder(&path));
    Ok(printed)
}

/// The advice about a folder above the file that other users cannot pass, such as a registry's.
fn closed_folder(file: &Path) -> Option<String> {
    const OTHERS_PASS: u32 = 0o001;
    let closed = file
        .ancestors()
        .skip(1)
        .find(|folder| fs::metadata(folder).is_ok_and(|folder| folder.mode() & OTHERS_PASS == 0))?;
    Some(format!(
        "the folder {} is closed to other users: a registry that runs as another user and reads the file there needs \
         `chmod o+x` on it",
        closed.display()
    ))
}

/// The `auth` section; the texts are quoted as JSON, which YAML reads.
fn yaml(pairs: &[(&str, String)]) -> Printed {
    let line = |(key, value): &(&str, String)| {
        format!("    {key}: {}\n", serde_json::Value::from(value.as_str()))
    };
    let lines: String = pairs.iter().map(line).collect();
    Printed {
        remark: "# Put this into the registry's configuration, beside `version`, `storage` and `http`;\n\
                 # where the registry sees the file below under another path, write that path.",
        warnings: Vec::new(),
        result: format!("auth:\n  token:\n{lines}"),
    }
}

/// The configuration as variables, one on each line, as `docker run --env-file` reads them.
fn environment(pairs: &[(&str, String)]) -> Printed {
    let line = |(key, value): &(&str, String)| {
        format!("REGISTRY_AUTH_TOKEN_{}={value}\n", key.to_ascii_uppercase())
    };
    let lines: String = pairs.iter().map(line).collect();
    Printed {
        remark: "# Give the registry these variables; where it sees the file below under another path, write that path.",
        warnings: Vec::new(),
        result: format!("REGISTRY_AUTH=token\n{lines}"),
    }
}

/// zot's `http.auth.bearer`, which has no issuer.
fn zot(pairs: &[(&str, String)]) -> Printed {
    let bearer: serde_json::Map<_, _> = pairs
        .iter()
        .filter(|(key, _)| *key != "issuer")
        .map(|(key, value)| ((*key).to_owned(), value.as_str().into()))
        .collect();
    let section = serde_json::json!({ "http": { "auth": { "bearer": bearer } } });
    Printed {
        remark: "# Merge this into zot's config.json, and restart zot; where zot sees the file below under another path, write \
                 that path.",
        warnings: vec![
            "zot does not check the right to pull from the other repository when a layer is mounted: whoever may push \
             anything can take a layer whose digest they know from every repository of that zot"
                .to_owned(),
        ],
        result: format!("{section:#}\n"),
    }
}
