//! The command line, where everything meets.
