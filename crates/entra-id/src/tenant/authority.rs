//! Where the stand-in is, as its clients write it.

use std::net::SocketAddr;

use url::Url;

use super::TenantSettings;

/// The origin that every issuer and endpoint begins with.
pub(super) fn of(settings: &TenantSettings, address: SocketAddr) -> anyhow::Result<Url> {
    anyhow::ensure!(
        address.ip().is_loopback() || settings.tls.is_some(),
        "beyond loopback the stand-in answers over https only: name a certificate"
    );
    anyhow::ensure!(
        !address.ip().is_unspecified() || settings.host.is_some(),
        "clients cannot be sent to {}: name the host",
        address.ip()
    );
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let host = match &settings.host {
        Some(host) => format!("{host}:{}", address.port()),
        None => address.to_string(),
    };
    Ok(Url::parse(&format!("{scheme}://{host}"))?)
}
