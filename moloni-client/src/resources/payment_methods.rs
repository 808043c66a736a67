use super::entity::{operations, settings};

settings! {
    /// The ways in which the company is paid. See [the service's
    /// documentation](https://www.moloni.pt/dev/settings/payment-methods/).
    PaymentMethods("paymentMethods") as payment_methods
        of PaymentMethod, NewPaymentMethod, PaymentMethodId = "payment_method_id"
}
