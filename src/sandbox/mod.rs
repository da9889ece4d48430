//! A simulated internet on loopback: mailbox providers and the DNS that leads to them.
