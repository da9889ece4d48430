//! DNS, TCP, TLS and the clock: the edge to the network.
