//! A secret with which Kubernetes pulls.

use crate::domain::access_tokens::ready_lines::login::auths;
use crate::domain::access_tokens::ready_lines::{
    ReadyLines, ReadyPart, RegistryCredential, yaml_text,
};

/// A secret of the type `kubernetes.io/dockerconfigjson`, as a manifest and from a file.
pub(super) fn secret(credential: RegistryCredential<'_>) -> ReadyLines {
    let content = yaml_text(&auths(credential).to_string());
    ReadyLines {
        id: "kubernetes",
        title: "Kubernetes secret",
        parts: vec![
            ReadyPart {
                sentence: "Download this, run kubectl apply -f pull-secret.yaml, and delete the file:",
                file: "pull-secret.yaml",
                text: format!(
                    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: registry-pull\ntype: kubernetes.io/dockerconfigjson\n\
                     stringData:\n  .dockerconfigjson: {content}\n"
                ),
            },
            ReadyPart {
                sentence: "Or make the same with one command, which reads the secret from its input:",
                file: "pull-secret.sh",
                text: format!(
                    "kubectl create secret docker-registry registry-pull --from-file=.dockerconfigjson=/dev/stdin <<'END'\n\
                     {}\nEND\n",
                    auths(credential)
                ),
            },
            ReadyPart {
                sentence: "Then name it in the specification of your pods, or in a service account:",
                file: "image-pull-secrets.yaml",
                text: "imagePullSecrets:\n  - name: registry-pull\n".to_owned(),
            },
        ],
    }
}
