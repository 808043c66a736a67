use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::text;

/// On which channels a contact may not be disturbed.
///
/// A map from channel to setting. It is read in the spelling of the dated versions (`SMS`) and in that of v3
/// (`sms`), and written as the version that the call asks for spells it.
///
/// ```
/// use ghl_contacts::{ContactUpdate, DndChannel, DndSetting, DndSettings, DndStatus};
/// let settings = DndSettings::new().set(DndChannel::Sms, DndSetting::new(DndStatus::Active).message("asked us to"));
/// assert!(settings.blocks(&DndChannel::Sms) && !settings.blocks(&DndChannel::Email));
/// let update = ContactUpdate::new().dnd_settings(settings);
/// # let _ = update;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct DndSettings(BTreeMap<DndChannel, DndSetting>);

impl DndSettings {
    /// No channel yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a channel.
    #[must_use]
    pub fn set(mut self, channel: DndChannel, setting: DndSetting) -> Self {
        self.0.insert(channel, setting);
        self
    }

    /// The setting of a channel, `None` if the service names none.
    pub fn get(&self, channel: &DndChannel) -> Option<&DndSetting> {
        self.0.get(channel)
    }

    /// Whether the contact may not be disturbed on this channel: its status is active or permanent.
    pub fn blocks(&self, channel: &DndChannel) -> bool {
        self.get(channel).is_some_and(|s| matches!(s.status, Some(DndStatus::Active | DndStatus::Permanent)))
    }

    /// All channels that have a setting.
    pub fn iter(&self) -> impl Iterator<Item = (&DndChannel, &DndSetting)> {
        self.0.iter()
    }

    /// Whether no channel has a setting.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(DndChannel, DndSetting)> for DndSettings {
    fn from_iter<I: IntoIterator<Item = (DndChannel, DndSetting)>>(settings: I) -> Self {
        Self(settings.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for DndSettings {
    /// A channel whose setting is `null` has none.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = BTreeMap::<String, Option<DndSetting>>::deserialize(deserializer)?;
        let set = settings.into_iter().filter_map(|(name, setting)| Some((DndChannel::from(name), setting?)));
        Ok(set.collect())
    }
}

/// A way to reach a contact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum DndChannel {
    /// Phone calls.
    Call,
    /// E-mail.
    Email,
    /// Text messages.
    #[serde(rename = "SMS")]
    Sms,
    /// `WhatsApp` messages.
    WhatsApp,
    /// Google Business messages.
    #[serde(rename = "GMB")]
    Gmb,
    /// Facebook.
    #[serde(rename = "FB")]
    Fb,
    /// RCS messages. The description of the API lacks them; the service sends them.
    #[serde(rename = "RCS")]
    Rcs,
    /// A channel that is not known here.
    #[serde(untagged)]
    Other(String),
}

impl From<String> for DndChannel {
    /// Takes the name of a channel in any version's spelling.
    fn from(name: String) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "call" => Self::Call,
            "email" => Self::Email,
            "sms" => Self::Sms,
            "whatsapp" => Self::WhatsApp,
            "gmb" => Self::Gmb,
            "fb" => Self::Fb,
            "rcs" => Self::Rcs,
            _ => Self::Other(name),
        }
    }
}

/// What is set for one channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DndSetting {
    /// Whether the contact may be disturbed. The service always takes one and may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<DndStatus>,
    /// Why, for people.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why, as a code such as `101`.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl DndSetting {
    /// A setting without a reason.
    pub fn new(status: DndStatus) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Sets why, for people.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets why, as a code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}

/// Whether "do not disturb" holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DndStatus {
    /// Do not disturb.
    Active,
    /// The contact may be disturbed.
    Inactive,
    /// Do not disturb, for good. Not for inbound messages.
    Permanent,
    /// A status that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// Whether messages from the contact are ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboundDndSettings {
    /// For all channels at once; the service knows no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<InboundDndSetting>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl InboundDndSettings {
    /// A setting for all channels.
    pub fn all(setting: InboundDndSetting) -> Self {
        Self { all: Some(setting), extra: Map::new() }
    }
}

/// What is set for messages from a contact.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InboundDndSetting {
    /// Whether they are ignored; never permanent. The service always takes one and may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<DndStatus>,
    /// Why, for people.
    #[serde(default, deserialize_with = "text::lenient", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl InboundDndSetting {
    /// A setting without a reason.
    pub fn new(status: DndStatus) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Sets why, for people.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_is_read_and_one_is_written() {
        let on = || json!({ "status": "active" });
        let dated = json!({ "Call": on(), "Email": on(), "SMS": on(), "WhatsApp": on(), "GMB": on(),
            "FB": on(), "RCS": on() });
        let v3 = json!({ "call": on(), "email": on(), "sms": on(), "whatsApp": on(), "gmb": on(),
            "fb": on(), "rcs": on() });
        for spelling in [&dated, &v3] {
            let settings: DndSettings = serde_json::from_value(spelling.clone()).unwrap();
            assert!(settings.blocks(&DndChannel::Rcs) && settings.blocks(&DndChannel::WhatsApp));
            assert_eq!(serde_json::to_value(&settings).unwrap(), dated);
        }
    }

    #[test]
    fn settings_are_read_leniently_and_nothing_of_them_is_lost() {
        let wire = json!({
            "SMS": { "status": "paused", "message": "m", "code": 101, "by": "u_1" },
            "Call": null, "Email": {}, "Telegram": { "status": "permanent", "message": null },
        });
        let settings: DndSettings = serde_json::from_value(wire).unwrap();
        let sms = settings.get(&DndChannel::Sms).unwrap();
        assert_eq!(sms.status, Some(DndStatus::Other("paused".to_owned())));
        assert_eq!((sms.code.as_deref(), sms.extra.get("by")), (Some("101"), Some(&json!("u_1"))));
        assert!(!settings.blocks(&DndChannel::Sms) && settings.get(&DndChannel::Call).is_none());
        assert!(settings.blocks(&DndChannel::Other("Telegram".to_owned())));
        let again = json!({
            "SMS": { "status": "paused", "message": "m", "code": "101", "by": "u_1" },
            "Email": {}, "Telegram": { "status": "permanent" },
        });
        assert_eq!(serde_json::to_value(&settings).unwrap(), again);
        let null: InboundDndSettings = serde_json::from_value(json!({ "all": null })).unwrap();
        assert_eq!(null, InboundDndSettings::default());
    }
}
