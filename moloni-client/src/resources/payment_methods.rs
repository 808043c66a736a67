use super::entity::{operations, settings};

settings! {
    /// The ways in which the company is paid. From [`Client::payment_methods`](crate::Client::payment_methods). See
    /// [the service's documentation](https://www.moloni.pt/dev/settings/payment-methods/).
    PaymentMethods("paymentMethods") of PaymentMethod, NewPaymentMethod, PaymentMethodId = "payment_method_id"
}
