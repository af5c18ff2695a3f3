//! The certificate of an app's key, and the signatures that it verifies.

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use webpki::{
    EndEntityCert,
    aws_lc_rs::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256_LEGACY_KEY},
};

/// A certificate of an app, as it is uploaded.
#[derive(Debug, Clone)]
pub struct Certificate {
    der: CertificateDer<'static>,
    /// SHA-1 and SHA-256, by which an assertion names it.
    thumbprints: [String; 2],
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// There is none, or it is no X.509 certificate of version 3.
    pub fn from_pem(text: &[u8]) -> anyhow::Result<Self> {
        let der = CertificateDer::from_pem_slice(text)?;
        EndEntityCert::try_from(&der)?;
        let thumbprint = |algorithm| BASE64URL.encode(digest::digest(algorithm, &der));
        let thumbprints = [thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY), thumbprint(&digest::SHA256)];
        Ok(Self { der, thumbprints })
    }

    /// Whether a header names this certificate, in its `x5t`, its `x5t#S256` or its `kid`. MSAL for Python leaves the
    /// padding in.
    pub(super) fn is_named(&self, names: &[&str]) -> bool {
        self.thumbprints.iter().any(|own| names.iter().any(|name| name.trim_end_matches('=') == own))
    }

    /// Whether its key has signed, with RS256 or PS256: MSAL uses one with SHA-1 and the other with SHA-256
    /// thumbprints.
    pub(super) fn has_signed(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let algorithm = match algorithm {
            "RS256" => RSA_PKCS1_2048_8192_SHA256,
            "PS256" => RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            _ => return false,
        };
        let certificate = EndEntityCert::try_from(&self.der);
        certificate.is_ok_and(|certificate| certificate.verify_signature(algorithm, message, signature).is_ok())
    }
}
