//! What the API versions write differently. Reading takes every spelling, so only bodies that are sent are here.

use serde::Serialize;
use serde_json::Value;

use crate::version::ApiVersion;

/// The channels of `dndSettings`, as the dated versions and as v3 spell them.
const CHANNELS: [(&str, &str); 7] = [
    ("Call", "call"),
    ("Email", "email"),
    ("SMS", "sms"),
    ("WhatsApp", "whatsApp"),
    ("GMB", "gmb"),
    ("FB", "fb"),
    ("RCS", "rcs"),
];

/// A body as `version` spells it. Types are written in the dated spelling.
pub(crate) fn spelled(version: ApiVersion, body: &(impl Serialize + ?Sized)) -> Value {
    // Nothing that this crate sends fails to serialise: its keys are text.
    let mut body = serde_json::to_value(body).unwrap_or_default();
    if version != ApiVersion::V3 {
        return body;
    }
    let fields = body.get_mut("customFields").and_then(Value::as_array_mut);
    for field in fields.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(value) = field.remove("field_value") {
            field.insert("fieldValue".to_owned(), value);
        }
    }
    if let Some(settings) = body.get_mut("dndSettings").and_then(Value::as_object_mut) {
        for (dated, v3) in CHANNELS {
            if let Some(value) = settings.remove(dated) {
                settings.insert(v3.to_owned(), value);
            }
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn v3_spells_custom_fields_and_channels_its_own_way() {
        let dated = json!({
            "name": "Ana",
            "customFields": [{ "id": "cf_1", "field_value": "a" }],
            "dndSettings": { "Call": { "status": "active" }, "RCS": { "status": "active" }, "New": {} },
        });
        assert_eq!(spelled(ApiVersion::V2021_07_28, &dated), dated);
        let v3 = json!({
            "name": "Ana",
            "customFields": [{ "id": "cf_1", "fieldValue": "a" }],
            "dndSettings": { "call": { "status": "active" }, "rcs": { "status": "active" }, "New": {} },
        });
        assert_eq!(spelled(ApiVersion::V3, &dated), v3);
    }
}
