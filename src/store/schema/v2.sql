-- MTA-STS policies (RFC 8461), which hold beyond the run that fetched them.
CREATE TABLE mta_sts (
  domain   TEXT PRIMARY KEY,
  id       TEXT NOT NULL,
  policy   TEXT NOT NULL,
  fetched  INTEGER NOT NULL,
  expires  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
