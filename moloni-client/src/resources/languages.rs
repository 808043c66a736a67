use super::entity::{lists, operations};
use crate::Client;

/// The languages that documents can be written in. They change hardly ever: keep them. From [`Client::languages`].
/// See [the service's documentation](https://www.moloni.pt/dev/global-data/languages/).
#[derive(Debug, Clone, Copy)]
pub struct Languages<'a> {
    pub(crate) client: &'a Client,
}

lists! { Languages("languages") of crate::types::Language, global }
