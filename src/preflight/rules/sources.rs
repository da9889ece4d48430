//! Where rules are written.

pub(super) const GMAIL: &str =
    "Gmail, email sender guidelines (support.google.com/a/answer/81126, 14229414)";
pub(super) const GMAIL_YAHOO: &str = "Gmail, email sender guidelines (support.google.com/a/answer/81126); \
     Yahoo, sender best practices (senders.yahooinc.com/best-practices)";
pub(super) const BULK: &str = "the bulk sender rules of Gmail (support.google.com/a/answer/81126), Yahoo \
     (senders.yahooinc.com/best-practices), Outlook (since 5 May 2025) and Apple (support.apple.com/102322)";
pub(super) const RFC_5322_HEADERS: &str = "RFC 5322 section 3.6";
pub(super) const RFC_8058: &str = "RFC 8058 section 3.1";
pub(super) const JAPAN_AND_OTHERS: &str = "特定電子メール法 4条 and 施行規則 7-9条 (Japan), 15 U.S.C. 7704(a)(5) \
     (CAN-SPAM), CASL s. 6(2), ePrivacy Directive 2002/58/EC art. 13(4)";
pub(super) const WCAG: &str = "WCAG 2.2, success criterion 1.1.1";
pub(super) const PHISHING: &str = "Gmail, email sender guidelines: links and content must not mislead \
     (support.google.com/a/answer/81126)";
