//! Row identities. Newtypes, so that a campaign's number never passes for a recipient's.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(
            /// The row's number in the store.
            pub i64,
        );

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One campaign of one store.
    CampaignId
);
id!(
    /// One recipient of one campaign. Ascends in the order of the recipient list.
    RecipientId
);
id!(
    /// A recipient domain, interned by the store. `DomainId(0)` stands for "no usable domain".
    DomainId
);
id!(
    /// A subscriber list.
    ListId
);

impl DomainId {
    /// The domain of a recipient whose address could not be parsed.
    pub const NONE: Self = Self(0);
}
