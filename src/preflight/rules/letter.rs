//! Rules about a message as a whole: templates, headers, MIME, subject, text, size.

use super::rule::{AskedBy, Rule, rules};
use super::sources::RFC_5322_HEADERS;
use crate::model::Severity;
use crate::preflight::Receiver;
use AskedBy::{Everybody, Nobody, Receivers};

rules! {
    TEMPLATE_ERROR = "template-error", Error, Everybody,
        "the letter cannot be made for some recipients",
        "the template itself",
        "mend the template at the line named, or the rows; `hikyaku preview --row N` shows one";
    SUBJECT_EMPTY = "subject-empty", Error, Everybody,
        "the subject is empty for some recipients",
        "RFC 5322 section 3.6.5; receivers take empty subjects for spam",
        "give its variables a default: {{ name | default('there') }}";
    UNSUBSCRIBE_UNUSABLE = "unsubscribe-unusable", Error, Everybody,
        "the unsubscribe address cannot be used by some recipients",
        "RFC 2369 section 2, RFC 8058 section 3.1",
        "write an https:// address, and pass what comes from the list through `urlencode`";
    HEADER_MISSING = "header-missing", Error, Everybody,
        "a header that every message needs is not there",
        RFC_5322_HEADERS,
        "set `from` and `subject`; the others are written by the program: report this";
    HEADER_REPEATED = "header-repeated", Error, Everybody,
        "a header that may stand once stands more than once",
        "RFC 5322 section 3.6; Gmail refuses such messages (550 5.7.1)",
        "remove it from the campaign's own headers";
    HEADER_INVALID = "header-invalid", Error, Everybody,
        "a header cannot be read by its rules",
        "RFC 5322 sections 3.3, 3.4 and 3.6.4",
        "mend what the campaign puts into it: names and addresses of `from` and `reply_to`, or its own headers";
    LINE_TOO_LONG = "line-too-long", Error, Everybody,
        "a line of the message is longer than 998 octets, or ends in a bare CR or LF",
        "RFC 5322 section 2.1.1; docomo answers Line Too Long",
        "shorten the header or the attachment's name it stands in";
    MIME_BROKEN = "mime-broken", Error, Everybody,
        "the message's parts cannot be taken apart as they were meant",
        "RFC 2045 section 6, RFC 2046 section 5.1",
        "look at `hikyaku preview --format eml` for the recipient named";
    MESSAGE_ID_SHARED = "message-id-shared", Error, Receivers(&[Receiver::Gmail]),
        "letters to different recipients have the same Message-ID",
        "Gmail refuses such mail with 4.7.28 (support.google.com/a/answer/14229414)",
        "send personal messages: recipients_per_transaction = 1, or a letter with a variable";
    EMPTY_VARIABLE = "empty-variable", Warning, Nobody,
        "a variable of the templates came out empty",
        "readers see a hole in the letter",
        "give it a default, as in {{ name | default('there', true) }}, or fill the column";
    PLACEHOLDER_LEFT = "placeholder-left", Warning, Nobody,
        "the letter holds what looks like an unfilled placeholder",
        "readers see it, and filters score it",
        "write the variable as {{ column }}, or remove the text";
    NOTE_LEFT = "note-left", Warning, Nobody,
        "the letter holds what looks like a note to oneself, or filler text",
        "readers see it, and filters score it",
        "write what should stand there, or remove it";
    SUBJECT_LONG = "subject-long", Warning, Nobody,
        "the subject is cut off by most mail clients",
        "RFC 5322 section 2.1.1 wants lines below 78 characters; telephones show about 40",
        "keep it below 78 columns (39 Japanese characters), what matters first";
    SUBJECT_LOOKS_LIKE_REPLY = "subject-looks-like-reply", Warning, Nobody,
        "the subject pretends to be a reply or a forwarded letter",
        "Gmail, email sender guidelines: no misleading Re: or Fwd: (support.google.com/a/answer/81126)",
        "begin it with what the letter is about";
    SUBJECT_SHOUTING = "subject-shouting", Warning, Nobody,
        "the subject shouts: capitals throughout, or a row of exclamation marks",
        "SpamAssassin's SUBJ_ALL_CAPS and PLING_PLING",
        "write it as one would say it";
    PREHEADER_MISSING = "preheader-missing", Notice, Nobody,
        "no preheader: mail clients show the letter's first words beside the subject",
        "good practice of mail clients' message lists",
        "set `preheader`, or begin the body with a hidden line of 40 to 100 characters";
    PREHEADER_LONG = "preheader-long", Notice, Nobody,
        "the preheader is longer than any mail client shows",
        "good practice of mail clients' message lists",
        "keep it below 140 characters, what matters first";
    TEXT_MISSING = "text-missing", Warning, Nobody,
        "the message has HTML and no plain text",
        "RFC 2046 section 5.1.4; SpamAssassin's MIME_HTML_ONLY",
        "give the campaign a `text` template, or let it be made from the HTML";
    TEXT_THIN = "text-thin", Warning, Nobody,
        "the plain text says much less than the HTML",
        "SpamAssassin's MPART_ALT_DIFF; some people read only the text",
        "leave `text` out so that it is made from the HTML, or write what the letter says";
    STYLE_SHEET_KEPT = "style-sheet-kept", Notice, Nobody,
        "something of the letter's HTML was left as it was written",
        "mail clients that read no <style> show the letter without it (caniemail.com/features/html-style)",
        "mend what the note names, or set css = \"keep\" where the HTML is as it should be";
    CHARSET_LEFT = "charset-left", Notice, Nobody,
        "messages hold characters that the campaign's charset lacks, and go out in UTF-8",
        "RFC 1468: ISO-2022-JP has JIS X 0208 and ASCII only",
        "nothing, if their readers' programs know UTF-8; otherwise write those characters differently";
    HTML_CLIPPED = "html-clipped", Warning, Receivers(&[Receiver::Gmail]),
        "the HTML is longer than 102 KB: the reader cuts it off, the unsubscribe link with it",
        "Gmail's reader ([Message clipped] beyond 102 KB)",
        "shorten the letter, or move styles from elements into classes";
    MESSAGE_TOO_LARGE = "message-too-large", Error, Receivers(&[
        Receiver::Gmail, Receiver::Yahoo, Receiver::Outlook, Receiver::Apple, Receiver::Docomo, Receiver::Au,
        Receiver::SoftBank,
    ]),
        "the message is larger than the receiver takes",
        "limits the receivers publish: au 3 MB, docomo 10 MB, iCloud 20 MB, Gmail, Yahoo and Outlook 25 MB",
        "link to large files instead of attaching them";
    MESSAGE_LARGE = "message-large", Warning, Nobody,
        "the message is larger than any large receiver takes; most others take less",
        "the limits that Gmail, Yahoo and Outlook publish: 25 MB",
        "link to large files instead of attaching them";
}
