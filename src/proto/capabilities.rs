//! What a server offers in its answer to EHLO (RFC 5321 section 4.1.1.1).

use super::reply::RawReply;

/// The extensions a server named that we know of. All off where it only speaks HELO.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// It answered EHLO.
    pub esmtp: bool,
    /// SIZE (RFC 1870).
    pub size: bool,
    /// The largest message it takes, in octets; `None` where it names none.
    pub size_limit: Option<u64>,
    /// PIPELINING (RFC 2920).
    pub pipelining: bool,
    /// 8BITMIME (RFC 6152).
    pub eight_bit_mime: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// ENHANCEDSTATUSCODES (RFC 2034).
    pub enhanced_status_codes: bool,
    /// CHUNKING (RFC 3030).
    pub chunking: bool,
    /// STARTTLS (RFC 3207).
    pub starttls: bool,
    /// DSN (RFC 3461).
    pub dsn: bool,
    /// The mechanisms of AUTH (RFC 4954), in upper case and in the server's order.
    pub auth: Vec<String>,
    /// LIMITS (RFC 9422).
    pub limits: SessionLimits,
}

/// What a server says it will refuse beyond (RFC 9422 section 4). `None` where it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionLimits {
    /// Transactions of one session.
    pub mail_max: Option<u32>,
    /// Recipients of one transaction.
    pub rcpt_max: Option<u32>,
    /// Recipient domains of one transaction.
    pub rcpt_domain_max: Option<u32>,
}

impl Capabilities {
    /// Reads the answer to EHLO. The first line is the server's greeting; keywords that nobody
    /// knows and parameters that are no numbers are passed over.
    #[must_use]
    pub fn from_ehlo(reply: &RawReply) -> Self {
        let mut offered = Self {
            esmtp: true,
            ..Self::default()
        };
        for line in reply.lines().skip(1) {
            offered.note(line);
        }
        offered
    }

    fn note(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        let Some(keyword) = words.next() else {
            return;
        };
        match keyword.to_ascii_uppercase().as_str() {
            "SIZE" => {
                self.size = true;
                // Zero stands for "no fixed limit" (RFC 1870 section 4).
                self.size_limit = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
            }
            "PIPELINING" => self.pipelining = true,
            "8BITMIME" => self.eight_bit_mime = true,
            "SMTPUTF8" => self.smtputf8 = true,
            "ENHANCEDSTATUSCODES" => self.enhanced_status_codes = true,
            "CHUNKING" => self.chunking = true,
            "STARTTLS" => self.starttls = true,
            "DSN" => self.dsn = true,
            "AUTH" => words.for_each(|word| self.mechanism(word)),
            "LIMITS" => words.for_each(|word| self.limits.note(word)),
            keyword => {
                // `AUTH=LOGIN` came before the standard; some servers still send both lines.
                if let Some(first) = keyword.strip_prefix("AUTH=") {
                    self.mechanism(first);
                    words.for_each(|word| self.mechanism(word));
                }
            }
        }
    }

    fn mechanism(&mut self, name: &str) {
        let name = name.to_ascii_uppercase();
        if !name.is_empty() && !self.auth.contains(&name) {
            self.auth.push(name);
        }
    }
}

impl SessionLimits {
    fn note(&mut self, word: &str) {
        let Some((name, value)) = word.split_once('=') else {
            return;
        };
        // Zero would be a limit nobody can keep to: it is taken as nonsense.
        let value = value.parse().ok().filter(|n| *n > 0);
        match name.to_ascii_uppercase().as_str() {
            "MAILMAX" => self.mail_max = value,
            "RCPTMAX" => self.rcpt_max = value,
            "RCPTDOMAINMAX" => self.rcpt_domain_max = value,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ReplyParser;

    fn ehlo(reply: &str) -> Capabilities {
        let raw = ReplyParser::new().read(&mut reply.as_bytes());
        Capabilities::from_ehlo(&raw.unwrap().unwrap())
    }

    #[test]
    fn every_known_keyword_is_read_in_any_case() {
        let offered = ehlo(
            "250-mx.example.net SIZE PIPELINING\r\n250-size 10240000\r\n250-Pipelining\r\n\
             250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n\
             250-STARTTLS\r\n250-DSN\r\n250-AUTH plain LOGIN\r\n250-AUTH=LOGIN XOAUTH2\r\n\
             250-XCLIENT NAME\r\n250 LIMITS MAILMAX=20 RCPTMAX=100 RCPTDOMAINMAX=1 X=2\r\n",
        );
        let expected = Capabilities {
            esmtp: true,
            size: true,
            size_limit: Some(10_240_000),
            pipelining: true,
            eight_bit_mime: true,
            smtputf8: true,
            enhanced_status_codes: true,
            chunking: true,
            starttls: true,
            dsn: true,
            auth: vec!["PLAIN".into(), "LOGIN".into(), "XOAUTH2".into()],
            limits: SessionLimits {
                mail_max: Some(20),
                rcpt_max: Some(100),
                rcpt_domain_max: Some(1),
            },
        };
        assert_eq!(offered, expected);
    }

    #[test]
    fn the_greeting_line_offers_nothing() {
        let expected = Capabilities {
            esmtp: true,
            ..Capabilities::default()
        };
        assert_eq!(ehlo("250 PIPELINING\r\n"), expected);
    }

    #[test]
    fn odd_parameters_are_passed_over() {
        assert_eq!(ehlo("250-mx\r\n250 SIZE 0\r\n").size_limit, None);
        assert_eq!(ehlo("250-mx\r\n250 SIZE lots\r\n").size_limit, None);
        let limits = ehlo("250-mx\r\n250 LIMITS MAILMAX=0 RCPTMAX RCPTDOMAINMAX=-1\r\n").limits;
        assert_eq!(limits, SessionLimits::default());
    }
}
