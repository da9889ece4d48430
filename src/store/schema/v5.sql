-- Keys of subscribers that wait to be filed into `subscriber_key`. No key stands in both.
CREATE TABLE subscriber_key_unfiled (
  list_id        INTEGER NOT NULL,
  hash           INTEGER NOT NULL,
  subscriber_id  INTEGER NOT NULL,
  PRIMARY KEY (list_id, hash)
) STRICT, WITHOUT ROWID;
