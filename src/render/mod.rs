//! From a campaign and a recipient to a message.
