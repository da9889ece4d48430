-- Suppressions have a scope: '' for everything, 'list:NAME', 'campaign:NAME'. Names and not numbers,
-- so that they outlive a list that is removed and made again.
-- Keys are those of addresses, `@domain`, or `#` and the keyed hash of an address that was erased.
-- `seq` is the version that took the entry in: a running campaign asks for what is new.
ALTER TABLE suppression RENAME TO suppression_v1;
CREATE TABLE suppression (
  key     TEXT NOT NULL,
  scope   TEXT NOT NULL,
  email   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  source  TEXT NOT NULL,
  added   INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  PRIMARY KEY (key, scope)
) STRICT, WITHOUT ROWID;
INSERT INTO suppression SELECT key, '', email, reason, source, added, 1 FROM suppression_v1;
DROP TABLE suppression_v1;
CREATE INDEX suppression_seq ON suppression (seq);

-- Refusals that suppress nobody by themselves (a full mailbox): one for each address and campaign.
CREATE TABLE strike (
  key          TEXT NOT NULL,
  campaign_id  INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  PRIMARY KEY (key, campaign_id)
) STRICT, WITHOUT ROWID;

-- What came back about a recipient besides bounces, which stand in `delivery`: complaints, wishes to
-- be left alone, automatic answers. Once of each kind.
CREATE TABLE feedback (
  campaign_id   INTEGER NOT NULL,
  recipient_id  INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  at            INTEGER NOT NULL,
  source        TEXT NOT NULL,
  detail        TEXT NOT NULL,
  PRIMARY KEY (campaign_id, recipient_id, kind)
) STRICT, WITHOUT ROWID;

-- The list a campaign is sent to, or ''.
ALTER TABLE campaign ADD COLUMN list TEXT NOT NULL DEFAULT '';

-- Each time a campaign was sent again to those it had given up. The first sending is number 1 and has
-- no row. `choice` says who (JSON); their rows are opened in the order of their keys, a part at a
-- time: up to (domain_id, recipient_id) that is done, and all of it where `opened` is 1.
CREATE TABLE run (
  campaign_id   INTEGER NOT NULL,
  number        INTEGER NOT NULL,
  begun         INTEGER NOT NULL,
  states        TEXT NOT NULL,
  recipients    INTEGER NOT NULL,
  choice        TEXT NOT NULL,
  opened        INTEGER NOT NULL DEFAULT 0,
  domain_id     INTEGER NOT NULL DEFAULT -1,
  recipient_id  INTEGER NOT NULL DEFAULT -1,
  PRIMARY KEY (campaign_id, number)
) STRICT, WITHOUT ROWID;
-- What earlier runs did: `attempts` and `first_attempt` are of the run that goes on, so that its
-- time to give up begins anew.
ALTER TABLE delivery ADD COLUMN earlier_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN earlier_first INTEGER;

-- What kind of values a list's columns hold: a JSON object of column to type.
ALTER TABLE list ADD COLUMN types TEXT NOT NULL DEFAULT '{}';

-- How many deliveries of a campaign were taken back by bounce mails: a running campaign asks.
ALTER TABLE campaign ADD COLUMN taken_back INTEGER NOT NULL DEFAULT 0;

-- How far an IMAP folder was looked through: messages up to `uid`, as long as `validity` holds.
CREATE TABLE mailbox_mark (
  mailbox   TEXT PRIMARY KEY,
  validity  INTEGER NOT NULL,
  uid       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Messages of a POP3 mailbox that were looked at, by their unique ids: POP3 has no flags.
CREATE TABLE mailbox_seen (
  mailbox  TEXT NOT NULL,
  uidl     TEXT NOT NULL,
  PRIMARY KEY (mailbox, uidl)
) STRICT, WITHOUT ROWID;
