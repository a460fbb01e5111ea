-- A data set is a layer with all that is planned on beside its parcels: tables, barriers, overlays, how they are read, the day
-- they are of. Until now each layer had one, which is kept under the layer's id.
CREATE TABLE lp_data_sets (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  layer TEXT NOT NULL REFERENCES lp_layers (id),
  name TEXT NOT NULL,
  main_file TEXT NOT NULL,
  main_layer TEXT,
  files TEXT NOT NULL,
  crs TEXT,
  encoding TEXT,
  reference_date TEXT,
  effective_date TEXT,
  report TEXT NOT NULL,
  previous TEXT REFERENCES lp_data_sets (id),
  plan INTEGER REFERENCES lp_plans (id),
  zone BLOB,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  CHECK ((plan IS NULL) = (zone IS NULL) AND (plan IS NULL OR previous IS NOT NULL))
);
INSERT INTO lp_data_sets
  (id, layer, name, main_file, main_layer, files, crs, encoding, report, previous, plan, zone, at, by)
  SELECT id, id, name, main_file, main_layer, files, crs, encoding, report, previous, plan, zone, at, by
  FROM lp_layers ORDER BY number;

-- What the files of a data set are to the policies that read them as this one does: checked once, and kept.
CREATE TABLE lp_readings (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  data_set TEXT NOT NULL REFERENCES lp_data_sets (id),
  policy_name TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  file TEXT NOT NULL REFERENCES lp_files (sha256),
  UNIQUE (data_set, policy_name, policy_version),
  FOREIGN KEY (policy_name, policy_version) REFERENCES lp_policies (name, version)
);

-- None in scenarios of before: theirs has the layer's id.
ALTER TABLE lp_scenarios ADD COLUMN data_set TEXT REFERENCES lp_data_sets (id);

CREATE TRIGGER lp_data_sets_update BEFORE UPDATE ON lp_data_sets BEGIN SELECT RAISE(ABORT, 'data sets never change'); END;
CREATE TRIGGER lp_data_sets_delete BEFORE DELETE ON lp_data_sets BEGIN SELECT RAISE(ABORT, 'data sets never change'); END;
CREATE TRIGGER lp_readings_update BEFORE UPDATE ON lp_readings BEGIN SELECT RAISE(ABORT, 'data sets never change'); END;
CREATE TRIGGER lp_readings_delete BEFORE DELETE ON lp_readings BEGIN SELECT RAISE(ABORT, 'data sets never change'); END;
