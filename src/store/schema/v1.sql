-- Times are milliseconds since 1970 UTC; 0 is "none" where a column is NOT NULL.
-- States are the numbers of model::State; every other word (reasons, stages, names of
-- destinations, hosts of message IDs) is interned in `word`.

CREATE TABLE word (
  id    INTEGER PRIMARY KEY,
  text  TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE domain (
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE peer (
  id         INTEGER PRIMARY KEY,
  mx         TEXT NOT NULL,
  remote_ip  TEXT NOT NULL,
  source_ip  TEXT NOT NULL,
  tls        TEXT NOT NULL,
  UNIQUE (mx, remote_ip, source_ip, tls)
) STRICT;

CREATE TABLE campaign (
  id                   INTEGER PRIMARY KEY,
  name                 TEXT NOT NULL UNIQUE,
  uid                  TEXT NOT NULL,
  created              INTEGER NOT NULL,
  state                TEXT NOT NULL,
  desired              TEXT NOT NULL DEFAULT 'run',
  load                 TEXT NOT NULL DEFAULT 'empty',
  columns              TEXT NOT NULL DEFAULT '[]',
  rows                 INTEGER NOT NULL DEFAULT 0,
  duplicates           INTEGER NOT NULL DEFAULT 0,
  suppression_version  INTEGER NOT NULL DEFAULT 0,
  first_recipient      INTEGER NOT NULL DEFAULT 0,
  last_recipient       INTEGER NOT NULL DEFAULT 0,
  started              INTEGER,
  finished             INTEGER
) STRICT;

-- What the running process last told of itself; one row a campaign, rewritten often.
CREATE TABLE live (
  campaign_id  INTEGER PRIMARY KEY,
  at           INTEGER NOT NULL,
  json         TEXT NOT NULL
) STRICT;

-- Wide, insert-only, in list order.
CREATE TABLE recipient (
  id           INTEGER PRIMARY KEY,
  campaign_id  INTEGER NOT NULL,
  domain_id    INTEGER NOT NULL,
  source_row   INTEGER NOT NULL,
  email        TEXT NOT NULL,
  fields       TEXT NOT NULL
) STRICT;

-- Narrow and mutable, in the order of claims: a destination's rows lie together.
CREATE TABLE delivery (
  campaign_id     INTEGER NOT NULL,
  domain_id       INTEGER NOT NULL,
  recipient_id    INTEGER NOT NULL,
  state           INTEGER NOT NULL,
  next_attempt    INTEGER NOT NULL DEFAULT 0,
  attempts        INTEGER NOT NULL DEFAULT 0,
  doubts          INTEGER NOT NULL DEFAULT 0,
  first_attempt   INTEGER,
  last_attempt    INTEGER,
  reason          INTEGER,
  blame           INTEGER,
  stage           INTEGER,
  code            INTEGER,
  enhanced        INTEGER,
  destination     INTEGER,
  peer_id         INTEGER,
  message_host    INTEGER,
  message_local   TEXT,
  diagnostic      TEXT,
  PRIMARY KEY (campaign_id, domain_id, recipient_id)
) STRICT, WITHOUT ROWID;

-- Open work: pending rows stand at next_attempt 0, deferred ones behind them in order of time.
-- A claim reads the front of it, and after a crash there is nothing to rebuild.
CREATE INDEX open_work ON delivery (campaign_id, domain_id, next_attempt, recipient_id)
  WHERE state IN (0, 3);

CREATE TABLE list (
  id       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  created  INTEGER NOT NULL,
  updated  INTEGER NOT NULL,
  size     INTEGER NOT NULL DEFAULT 0,
  columns  TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE subscriber (
  id       INTEGER PRIMARY KEY,
  list_id  INTEGER NOT NULL,
  email    TEXT NOT NULL,
  fields   TEXT NOT NULL,
  added    INTEGER NOT NULL,
  updated  INTEGER NOT NULL
) STRICT;

CREATE TABLE subscriber_key (
  list_id        INTEGER NOT NULL,
  hash           INTEGER NOT NULL,
  subscriber_id  INTEGER NOT NULL,
  PRIMARY KEY (list_id, hash)
) STRICT, WITHOUT ROWID;

-- Keys are those of addresses, or `@domain`.
CREATE TABLE suppression (
  key     TEXT PRIMARY KEY,
  email   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  source  TEXT NOT NULL,
  added   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: counts the changes of `suppression` that took something in.
CREATE TABLE suppression_version (
  only_row  INTEGER PRIMARY KEY CHECK (only_row = 1),
  version   INTEGER NOT NULL
) STRICT;
INSERT INTO suppression_version VALUES (1, 1);
