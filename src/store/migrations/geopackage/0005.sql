-- Which plan a GIS sees; none until one is published by a version that writes it down.
CREATE TABLE lp_published (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  plan INTEGER NOT NULL
);

-- How often a job was given back by a service that ended: such an attempt does not count.
ALTER TABLE lp_jobs ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
