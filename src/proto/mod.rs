//! SMTP as state machines without sockets or clocks.
