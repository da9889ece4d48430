-- Keys of subscribers that wait to be filed into `subscriber_key`. No key stands in both.
CREATE TABLE subscriber_key_unfiled (
  list_id        INTEGER NOT NULL,
  hash           INTEGER NOT NULL,
  subscriber_id  INTEGER NOT NULL,
  PRIMARY KEY (list_id, hash)
) STRICT, WITHOUT ROWID;

-- How many recipients of a campaign were moved from one state to another by somebody else than the
-- process that sends it: returned mail, an erasure. A running campaign asks, and counts them too.
-- States are the numbers of model::State.
CREATE TABLE moved_outside (
  campaign_id  INTEGER NOT NULL,
  from_state   INTEGER NOT NULL,
  to_state     INTEGER NOT NULL,
  count        INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, from_state, to_state)
) STRICT, WITHOUT ROWID;
-- From delivered to bounced, the only such move there was before. The column stays, though nobody reads
-- it any more: an earlier version may be sending from this ledger at this moment, and asks for it.
INSERT INTO moved_outside SELECT id, 2, 4, taken_back FROM campaign WHERE taken_back > 0;

-- Whether the return paths of a run's messages tell the run. Those of earlier versions say 1 in each.
ALTER TABLE run ADD COLUMN told INTEGER NOT NULL DEFAULT 0;

-- Of the doubts, those of earlier runs.
ALTER TABLE delivery ADD COLUMN earlier_doubts INTEGER NOT NULL DEFAULT 0;

-- Where a campaign's recipients came from when they were entered: what its file said, in words of
-- whoever entered them. NULL where that was not written down.
ALTER TABLE campaign ADD COLUMN audience TEXT;
