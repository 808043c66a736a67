use serde_json::{Map, Value};

/// How much of a field a search must match.
///
/// ```no_run
/// # async fn example(client: moloni_client::Client) -> Result<(), moloni_client::Error> {
/// use moloni_client::TryStreamExt;
/// use moloni_client::resources::Match;
///
/// let customers = client.customers().get_by_vat("501964843", Match::Exact).items();
/// let customers: Vec<_> = customers.try_collect().await?;
/// # let _ = customers;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Any part of it, as the service searches unless it is told otherwise: "12" finds "00123". `%` stands for
    /// anything: "WEB%" finds what begins with "WEB".
    Loose,
    /// The whole of it. The service is asked with `exact=1`, and what it finds is compared here once more, because
    /// the flag is not documented for most searches and unknown parameters are ignored.
    Exact,
}

impl Match {
    /// The parameters of a search of `field` for `wanted`.
    pub(super) fn params(self, field: &str, wanted: &str) -> Map<String, Value> {
        let mut params = Map::from_iter([(field.to_owned(), wanted.into())]);
        if self == Self::Exact {
            params.insert("exact".to_owned(), 1.into());
        }
        params
    }
}
