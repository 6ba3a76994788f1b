//! How things are called where people may be named or not.

use std::borrow::Cow;

use super::Pseudonyms;
use crate::link::NodeKind;
use crate::report::model::FactValue;

/// As they are called; with pseudonyms, nobody is named.
#[derive(Clone, Copy)]
pub struct Names<'p>(pub Option<&'p Pseudonyms>);

impl Names<'_> {
    /// A text.
    pub fn text<'t>(self, text: &'t str) -> Cow<'t, str> {
        self.0.map_or(Cow::Borrowed(text), |pseudonyms| pseudonyms.text(text).into())
    }

    /// The id of a thing; a system is nobody.
    pub fn id<'t>(self, kind: NodeKind, id: &'t str) -> Cow<'t, str> {
        if kind == NodeKind::System { Cow::Borrowed(id) } else { self.text(id) }
    }

    /// Where a rule or a threshold is from.
    pub fn origin(self, origin: &str) -> String {
        self.0.map_or_else(|| origin.to_owned(), |pseudonyms| pseudonyms.origin(origin))
    }

    /// The value of a fact.
    pub fn fact(self, mut value: FactValue) -> FactValue {
        if let Some(pseudonyms) = self.0 {
            pseudonyms.fact(&mut value);
        }
        value
    }
}
