-- Work to be done later.
CREATE TABLE lp_jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  key TEXT UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  attempts INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  owner TEXT,
  held_until INTEGER,
  step TEXT,
  done INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0,
  result TEXT,
  error TEXT,
  by TEXT NOT NULL,
  created INTEGER NOT NULL,
  started INTEGER,
  ended INTEGER
);
CREATE INDEX lp_jobs_state ON lp_jobs (state, id);
CREATE TRIGGER lp_jobs_update BEFORE UPDATE ON lp_jobs WHEN OLD.state IN ('done', 'failed', 'cancelled')
  BEGIN SELECT RAISE(ABORT, 'a job ends once'); END;
