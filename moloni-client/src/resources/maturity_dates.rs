use super::entity::{operations, settings, settings_since};

settings! {
    /// The terms of payment. See [the service's
    /// documentation](https://www.moloni.pt/dev/settings/maturity-dates/).
    MaturityDates("maturityDates") as maturity_dates
        of MaturityDate, NewMaturityDate, MaturityDateId = "maturity_date_id"
}

settings_since! { MaturityDates("maturityDates") of MaturityDate }
