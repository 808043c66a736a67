/// By what to look for a contact that a new one would be a duplicate of.
///
/// ```
/// use ghl_contacts::FindDuplicate;
/// let same = FindDuplicate::by_email("ana@example.pt").phone("+351910000001");
/// # let _ = same;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindDuplicate {
    email: Option<String>,
    phone: Option<String>,
}

impl FindDuplicate {
    /// A contact with this e-mail address.
    pub fn by_email(email: impl Into<String>) -> Self {
        Self { email: Some(email.into()), phone: None }
    }

    /// A contact with this phone number, in E.164.
    pub fn by_phone(phone: impl Into<String>) -> Self {
        Self { email: None, phone: Some(phone.into()) }
    }

    /// Looks for this e-mail address as well.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Looks for this phone number as well.
    #[must_use]
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    pub(crate) fn parts(&self) -> (Option<&str>, Option<&str>) {
        (self.email.as_deref(), self.phone.as_deref())
    }
}
