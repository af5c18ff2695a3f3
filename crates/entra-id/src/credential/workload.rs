//! Workload identity federation: Kubernetes, GitHub or another issuer vouches for this process, in a file.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tokio::io::AsyncReadExt;

use super::{ClientCredential, CredentialError, MAX_ASSERTION, Parameters, assertion, is_jwt};

/// The variable that names the file, as Kubernetes' webhook sets it.
const VARIABLE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// A file with a token, which is replaced long before it expires.
pub struct WorkloadFederation(PathBuf);

impl WorkloadFederation {
    /// The token in this file.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self(file.into())
    }
}

#[async_trait]
impl ClientCredential for WorkloadFederation {
    fn name(&self) -> &'static str {
        "workload identity federation"
    }

    /// The file is read each time: what was there an hour ago has expired.
    async fn parameters(&self, _: &str, _: &str) -> Result<Parameters, CredentialError> {
        let unusable = |what: String| CredentialError::File(VARIABLE, what);
        let text = read(&self.0).await.map_err(|error| unusable(error.to_string()))?;
        let token = text.trim();
        if !is_jwt(token) {
            return Err(unusable("it holds no token".to_owned()));
        }
        Ok(assertion(token.into()))
    }
}

/// The file, or as much of it as one byte more than a token may have.
async fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let most = MAX_ASSERTION as u64 + 1;
    tokio::fs::File::open(file).await?.take(most).read_to_string(&mut text).await?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[tokio::test]
    async fn the_file_is_read_again_each_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        let credential = WorkloadFederation::new(&file);
        assert!(credential.parameters("", "").await.is_err(), "no file");
        for token in ["aaa.bbb.ccc", "ddd.eee.fff\n"] {
            std::fs::write(&file, token).expect("written");
            let parameters = credential.parameters("", "").await.expect("a token");
            assert_eq!(parameters[1].1.expose_secret(), token.trim());
        }
        for bad in ["", "no token", "a.b", &"a".repeat(MAX_ASSERTION * 2), "a.b.c d"] {
            std::fs::write(&file, bad).expect("written");
            let error = credential.parameters("", "").await.expect_err("no token");
            assert!(!error.to_string().contains("a.b"), "{error}");
        }
    }
}
