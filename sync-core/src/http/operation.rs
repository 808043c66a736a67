use std::borrow::Cow;

use http::Method;

use crate::Idempotency;

/// One operation of a service: its name, its place, and what doing it twice does.
///
/// ```
/// use sync_core::Idempotency;
/// use sync_core::http::{Method, Operation};
///
/// const GET: Operation =
///     Operation::new("contacts.get", Method::GET, "/contacts/{contactId}", Idempotency::Safe);
/// assert_eq!(GET.name(), "contacts.get");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    name: Cow<'static, str>,
    method: Method,
    template: Cow<'static, str>,
    idempotency: Idempotency,
}

impl Operation {
    /// Describes an operation. `template` is the path below the base URL, byte for byte, with `{name}` where an
    /// argument goes.
    pub const fn new(
        name: &'static str,
        method: Method,
        template: &'static str,
        idempotency: Idempotency,
    ) -> Self {
        Self { name: Cow::Borrowed(name), method, template: Cow::Borrowed(template), idempotency }
    }

    /// Describes an operation whose name and path are known only at run time.
    pub fn dynamic(name: String, method: Method, template: String, idempotency: Idempotency) -> Self {
        Self { name: Cow::Owned(name), method, template: Cow::Owned(template), idempotency }
    }

    /// The name, as in logs, metrics and errors.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its placeholders. Unlike the URL, it is safe to log.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// What doing it twice does.
    pub fn idempotency(&self) -> Idempotency {
        self.idempotency
    }
}
