//! How things are called where people may be named or not.

use std::borrow::Cow;

use super::Pseudonyms;
use crate::link::NodeKind;
use crate::policy::pack::BUNDLED_ORIGIN;
use crate::report::model::FactValue;

/// As they are called; with pseudonyms, nobody is named.
#[derive(Clone, Copy)]
pub struct Names<'p>(pub Option<&'p Pseudonyms>);

impl Names<'_> {
    /// A text.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        self.0.map_or(Cow::Borrowed(text), |pseudonyms| pseudonyms.text(text).into())
    }

    /// The id of a thing; a system is nobody.
    pub fn id(self, kind: NodeKind, id: &str) -> Cow<'_, str> {
        if kind == NodeKind::System { Cow::Borrowed(id) } else { self.text(id) }
    }

    /// Where a rule or a threshold is from.
    pub fn origin(self, origin: &str) -> String {
        self.0.map_or_else(|| origin.to_owned(), |pseudonyms| pseudonyms.origin(origin))
    }

    /// What a rule is about: the name of its folder, which may be anybody's unless it is bundled.
    pub fn theme<'r>(self, origin: &str, theme: &'r str) -> Cow<'r, str> {
        if origin == BUNDLED_ORIGIN { Cow::Borrowed(theme) } else { self.text(theme) }
    }

    /// The value of a fact.
    pub fn fact(self, mut value: FactValue) -> FactValue {
        if let Some(pseudonyms) = self.0 {
            pseudonyms.fact(&mut value);
        }
        value
    }
}
