use super::entity::{lists, operations};
use crate::Client;

/// The countries that the service knows. They change hardly ever: keep them. From [`Client::countries`]. See
/// [the service's documentation](https://www.moloni.pt/dev/endpoints/).
#[derive(Debug, Clone, Copy)]
pub struct Countries<'a> {
    pub(crate) client: &'a Client,
}

lists! { Countries("countries") of crate::types::Country, global }
