use super::contact::Contact;

/// A tag as the service keeps it.
pub(super) fn normal_tag(tag: &str) -> String {
    tag.trim().to_lowercase()
}

impl Contact {
    /// Whether it has a tag. Tags are compared as the service does: in any case, and without space around them.
    ///
    /// ```
    /// let mut contact = ghl_contacts::Contact::new("c_ana");
    /// contact.tags = vec!["vip".to_owned()];
    /// assert!(contact.has_tag("VIP"));
    /// ```
    pub fn has_tag(&self, tag: &str) -> bool {
        let wanted = normal_tag(tag);
        self.tags.iter().any(|has| normal_tag(has) == wanted)
    }
}
