//! How fast, how many at once, and when again: policies over a time that is passed in.
