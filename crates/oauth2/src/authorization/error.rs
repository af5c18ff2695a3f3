//! Errors as OAuth names them.

/// The codes of RFC 6749 (sections 4.1.2.1 and 5.2), RFC 7591, RFC 8707 and RFC 9449 that this server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// A parameter is missing, malformed or repeated.
    InvalidRequest,
    /// The client is unknown, or could not prove who it is.
    InvalidClient,
    /// The code, refresh token or verifier is not valid, any more or at all.
    InvalidGrant,
    /// The client may not use this grant.
    UnauthorizedClient,
    /// A grant that this server does not have.
    UnsupportedGrantType,
    /// A response type other than `code`.
    UnsupportedResponseType,
    /// A scope that does not exist, or that this client may not have.
    InvalidScope,
    /// A resource for which no tokens are issued here (RFC 8707).
    InvalidTarget,
    /// The person said no.
    AccessDenied,
    /// The proof of a key is missing or wrong (RFC 9449).
    InvalidDpopProof,
    /// The proof has to hold a nonce, which comes with the answer (RFC 9449).
    UseDpopNonce,
    /// Client metadata that cannot be registered (RFC 7591).
    InvalidClientMetadata,
    /// Too many requests; with status 429.
    TooManyRequests,
    /// Our fault.
    ServerError,
}

impl ErrorCode {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::TooManyRequests => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

/// Why there is no token and no code. The description is for developers, and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    /// What programs read.
    pub code: ErrorCode,
    /// What developers read.
    pub description: String,
}

impl OAuthError {
    /// An error with a description.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }

    pub(crate) fn request(description: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    pub(crate) fn grant(description: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    pub(crate) fn client(description: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidClient, description)
    }

    /// Logs what went wrong, and keeps it from the caller.
    pub(crate) fn internal(doing: &str, error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, doing, "failed");
        Self::new(ErrorCode::ServerError, "the server could not do this; try again later")
    }
}

impl From<mcp_support::web::ParametersError> for OAuthError {
    fn from(error: mcp_support::web::ParametersError) -> Self {
        Self::request(error.to_string())
    }
}
