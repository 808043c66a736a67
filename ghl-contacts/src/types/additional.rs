//! Further addresses of a contact. The service gives them and takes none.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Makes the type of a further address: an object on the wire, or the bare text.
macro_rules! additional {
    ($(#[$doc:meta])* $name:ident, $(#[$field_doc:meta])* $field:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(from = "Wire")]
        #[non_exhaustive]
        pub struct $name {
            $(#[$field_doc])*
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $field: Option<String>,
            /// Everything else.
            #[serde(flatten)]
            pub extra: Map<String, Value>,
        }

        impl $name {
            /// An address, for tests.
            pub fn new($field: impl Into<String>) -> Self {
                Self { $field: Some($field.into()), extra: Map::new() }
            }
        }

        impl From<Wire> for $name {
            fn from(wire: Wire) -> Self {
                match wire {
                    Wire::Bare($field) => Self::new($field),
                    Wire::Whole(mut extra) => {
                        let text = extra.get(stringify!($field)).and_then(Value::as_str).map(str::to_owned);
                        if text.is_some() {
                            extra.remove(stringify!($field));
                        }
                        Self { $field: text, extra }
                    }
                }
            }
        }
    };
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Wire {
    Bare(String),
    Whole(Map<String, Value>),
}

additional! {
    /// A further e-mail address of a contact. Read-only: the service refuses a body that has one.
    AdditionalEmail,
    /// The address.
    email
}

additional! {
    /// A further phone number of a contact. Read-only: the service refuses a body that has one.
    AdditionalPhone,
    /// The number.
    phone
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_and_a_bare_text_are_read() {
        let table = [
            (json!({ "email": "ana@example.pt", "validEmail": true }), Some("ana@example.pt")),
            (json!("ana@example.pt"), Some("ana@example.pt")),
            (json!({ "email": null }), None),
            (json!({}), None),
        ];
        for (wire, want) in table {
            let email: AdditionalEmail = serde_json::from_value(wire.clone()).unwrap();
            assert_eq!(email.email.as_deref(), want, "{wire}");
        }
        let wire = json!({ "phone": "+351910000001", "phoneLabel": "Home" });
        let phone: AdditionalPhone = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(phone.phone.as_deref(), Some("+351910000001"));
        assert_eq!(serde_json::to_value(&phone).unwrap(), wire, "nothing is lost");
    }
}
