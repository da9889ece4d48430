-- What the workspace's tokens are made with: whoever has it can make them.
CREATE TABLE secret (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  octets  BLOB NOT NULL CHECK (length(octets) = 32)
) STRICT;
