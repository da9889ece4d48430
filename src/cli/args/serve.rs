//! The service, as it is typed.

use clap::{Args, ValueEnum};

/// `serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Take unsubscribes by HTTP on this address, or `off`; serve.http
    #[arg(long, value_name = "ADDR")]
    pub http: Option<String>,
    /// Take returned mail by SMTP on this address, or `off`; serve.smtp
    #[arg(long, value_name = "ADDR")]
    pub smtp: Option<String>,
    /// Tell /metrics and /healthz on this address, or `off`; serve.metrics
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<String>,
    /// The form of the log on standard error; serve.log_format
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// `serve --log-format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}
