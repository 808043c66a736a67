use sync_core::TokenError;
use sync_core::engine::{EngineError, MappingError};

/// Why there is no bridge, or no run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The HighLevel client could not be set up.
    #[error("HighLevel: {0}")]
    Ghl(#[from] ghl_contacts::Error),
    /// Moloni could not be asked, or its client could not be set up.
    #[error("Moloni: {0}")]
    Moloni(#[from] moloni_client::Error),
    /// Moloni refused the name and the password, or the login is locked. Do not send the same ones again by yourself: three
    /// wrong ones lock the login for everybody who uses it.
    #[error("Moloni refuses the login: {0}")]
    Login(#[source] moloni_client::Error),
    /// Moloni's tokens could not be kept.
    #[error("Moloni: {0}")]
    Tokens(#[from] TokenError),
    /// The account has no company, or several.
    #[error("Moloni: {0}")]
    Company(String),
    /// The mapping cannot work.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The run could not be planned or applied.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
