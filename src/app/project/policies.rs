//! The policies of a project and their versions.

use std::sync::Arc;

use parcels::message;
use parcels::policy::Policy;

use crate::app::project::events::Who;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::store::{PolicyRef, Store};

/// The policies of a project.
pub struct Policies {
    store: Arc<dyn Store>,
}

impl Policies {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Stores the next version of a policy, if the text is a policy.
    ///
    /// # Errors
    /// A text that is no policy, a name that is none; as [`Store::add_policy`].
    pub async fn save(&self, name: &str, based_on: i64, text: &str, who: Who) -> Result<PolicyRef> {
        if name.trim().is_empty() || name.chars().count() > 200 {
            return Err(Error::new(ErrorKind::Usage, message!("name-length")));
        }
        Policy::from_toml(text)
            .map_err(|e| Error::new(ErrorKind::Usage, message!("reading-policy")).because(e))?;
        self.store.add_policy(name, based_on, text, &who.by, who.at).await
    }

    /// The version of a policy that has this text: the newest, or a new one.
    ///
    /// # Errors
    /// As [`Policies::save`].
    pub async fn save_unless_known(&self, name: &str, text: &str, who: Who) -> Result<PolicyRef> {
        let known = self.store.policies().await?;
        let newest = known.iter().filter(|p| p.policy.name == name).max_by_key(|p| p.policy.version);
        match newest {
            Some(same) if same.text == text => Ok(same.policy.clone()),
            newest => {
                let based_on = newest.map_or(0, |p| p.policy.version);
                self.save(name, based_on, text, who).await
            }
        }
    }

    /// A version, read.
    pub(crate) async fn content(&self, policy: &PolicyRef) -> Result<Policy> {
        let text = self.store.policy(policy).await?.text;
        Policy::from_toml(&text)
            .map_err(|e| Error::new(ErrorKind::Unreadable, message!("reading-kept-policy")).because(e))
    }

    /// The next version of the policy called `name`: this one, whatever its newest version is.
    pub(crate) async fn save_next(&self, name: &str, policy: &Policy, who: Who) -> Result<PolicyRef> {
        let text = toml::to_string(policy).context(ErrorKind::Unwritable, message!("writing-policy"))?;
        let known = self.store.policies().await?;
        let newest = known.iter().filter(|p| p.policy.name == name).map(|p| p.policy.version).max();
        self.save(name, newest.unwrap_or(0), &text, who).await
    }
}
