use sync_core::TokenError;
use sync_core::engine::{EngineError, MappingError};

/// Why there is no bridge, or no run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The HighLevel client could not be set up.
    #[error("HighLevel: {0}")]
    Ghl(#[from] ghl_contacts::Error),
    /// Moloni refused the login, or its client could not be set up.
    #[error("Moloni: {0}")]
    Moloni(#[from] moloni_client::Error),
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
