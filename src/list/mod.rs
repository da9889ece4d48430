//! From a file's bytes to subscribers: encoding, delimiter, columns, addresses.
