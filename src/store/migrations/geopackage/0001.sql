-- A GeoPackage (OGC 12-128r18, 1.3.0) with nothing in it yet.
-- "GPKG" in ASCII.
PRAGMA application_id = 1196444487;
PRAGMA user_version = 10300;

CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system'),
  ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]', 'longitude and latitude in degrees');

CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  min_y DOUBLE,
  max_x DOUBLE,
  max_y DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);

CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);

CREATE TABLE gpkg_extensions (
  table_name TEXT,
  column_name TEXT,
  extension_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);

-- Where QGIS keeps the styles of layers.
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256),
  f_table_schema TEXT(256),
  f_table_name TEXT(256),
  f_geometry_column TEXT(256),
  styleName TEXT(30),
  styleQML TEXT,
  styleSLD TEXT,
  useAsDefault BOOLEAN,
  description TEXT,
  owner TEXT(30),
  ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
);
INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 'layer_styles');

-- What the project keeps. Times are milliseconds since 1970 UTC, JSON is text, yes and no are 1 and 0.
CREATE TABLE lp_project (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  title TEXT NOT NULL,
  created INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  last_decision INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE lp_files (
  sha256 TEXT PRIMARY KEY,
  size INTEGER NOT NULL
);

CREATE TABLE lp_file_parts (
  sha256 TEXT NOT NULL REFERENCES lp_files (sha256),
  part INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (sha256, part)
);

CREATE TABLE lp_layers (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  main_file TEXT NOT NULL,
  main_layer TEXT,
  files TEXT NOT NULL,
  crs TEXT,
  encoding TEXT,
  parcels INTEGER NOT NULL,
  report TEXT NOT NULL,
  previous TEXT REFERENCES lp_layers (id),
  plan INTEGER REFERENCES lp_plans (id),
  zone BLOB,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  CHECK ((previous IS NULL) = (plan IS NULL) AND (plan IS NULL) = (zone IS NULL))
);

CREATE TABLE lp_policies (
  name TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  PRIMARY KEY (name, version)
);

CREATE TABLE lp_scenarios (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  layer TEXT NOT NULL REFERENCES lp_layers (id),
  policy_name TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  version INTEGER NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  FOREIGN KEY (policy_name, policy_version) REFERENCES lp_policies (name, version)
);

CREATE TABLE lp_decisions (
  seq INTEGER PRIMARY KEY,
  scenario INTEGER NOT NULL REFERENCES lp_scenarios (id),
  version INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('accept', 'reject', 'lock_in', 'lock_out', 'free', 'comment', 'undo')),
  parcel TEXT,
  undoes INTEGER UNIQUE REFERENCES lp_decisions (seq),
  reason TEXT,
  by TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (scenario, version)
);

CREATE TABLE lp_plans (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scenario INTEGER NOT NULL REFERENCES lp_scenarios (id),
  decided INTEGER NOT NULL,
  policy_name TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  job INTEGER UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('draft', 'submitted', 'approved', 'rejected')),
  record TEXT NOT NULL,
  zone BLOB NOT NULL,
  certificate BLOB NOT NULL,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  FOREIGN KEY (policy_name, policy_version) REFERENCES lp_policies (name, version)
);
CREATE INDEX lp_plans_scenario ON lp_plans (scenario);

CREATE TABLE lp_plan_steps (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  plan INTEGER NOT NULL REFERENCES lp_plans (id),
  status TEXT NOT NULL,
  reason TEXT,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  UNIQUE (plan, status)
);

-- What is only ever added. INSERT OR REPLACE deletes without a word to the DELETE triggers, so it is stopped at its INSERT.
CREATE TRIGGER lp_files_update BEFORE UPDATE ON lp_files BEGIN SELECT RAISE(ABORT, 'files are kept as they are'); END;
CREATE TRIGGER lp_files_delete BEFORE DELETE ON lp_files BEGIN SELECT RAISE(ABORT, 'files are kept as they are'); END;
CREATE TRIGGER lp_file_parts_update BEFORE UPDATE ON lp_file_parts BEGIN SELECT RAISE(ABORT, 'files are kept as they are'); END;
CREATE TRIGGER lp_file_parts_delete BEFORE DELETE ON lp_file_parts BEGIN SELECT RAISE(ABORT, 'files are kept as they are'); END;
CREATE TRIGGER lp_layers_update BEFORE UPDATE ON lp_layers BEGIN SELECT RAISE(ABORT, 'layers never change'); END;
CREATE TRIGGER lp_layers_delete BEFORE DELETE ON lp_layers BEGIN SELECT RAISE(ABORT, 'layers never change'); END;
CREATE TRIGGER lp_policies_update BEFORE UPDATE ON lp_policies BEGIN SELECT RAISE(ABORT, 'versions of policies never change'); END;
CREATE TRIGGER lp_policies_delete BEFORE DELETE ON lp_policies BEGIN SELECT RAISE(ABORT, 'versions of policies never change'); END;
CREATE TRIGGER lp_decisions_update BEFORE UPDATE ON lp_decisions BEGIN SELECT RAISE(ABORT, 'decisions are only ever added'); END;
CREATE TRIGGER lp_decisions_delete BEFORE DELETE ON lp_decisions BEGIN SELECT RAISE(ABORT, 'decisions are only ever added'); END;
CREATE TRIGGER lp_decisions_replace BEFORE INSERT ON lp_decisions WHEN EXISTS (
  SELECT 1 FROM lp_decisions WHERE seq = NEW.seq OR undoes = NEW.undoes OR (scenario = NEW.scenario AND version = NEW.version)
) BEGIN SELECT RAISE(ABORT, 'decisions are only ever added'); END;
CREATE TRIGGER lp_plan_steps_update BEFORE UPDATE ON lp_plan_steps BEGIN SELECT RAISE(ABORT, 'the history of a plan is only ever added to'); END;
CREATE TRIGGER lp_plan_steps_delete BEFORE DELETE ON lp_plan_steps
  WHEN (SELECT status FROM lp_plans WHERE id = OLD.plan) <> 'draft'
  BEGIN SELECT RAISE(ABORT, 'the history of a plan is only ever added to'); END;

-- A plan's content never changes, its status moves forward, and only a draft may go.
CREATE TRIGGER lp_plans_update BEFORE UPDATE ON lp_plans
  WHEN NEW.id IS NOT OLD.id OR NEW.scenario IS NOT OLD.scenario OR NEW.decided IS NOT OLD.decided
    OR NEW.policy_name IS NOT OLD.policy_name OR NEW.policy_version IS NOT OLD.policy_version OR NEW.job IS NOT OLD.job
    OR NEW.record IS NOT OLD.record OR NEW.zone IS NOT OLD.zone OR NEW.certificate IS NOT OLD.certificate
    OR NEW.at IS NOT OLD.at OR NEW.by IS NOT OLD.by
    OR NOT ((OLD.status = 'draft' AND NEW.status = 'submitted')
      OR (OLD.status = 'submitted' AND NEW.status IN ('approved', 'rejected')))
  BEGIN SELECT RAISE(ABORT, 'a plan never changes but for its status, forward'); END;
CREATE TRIGGER lp_plans_delete BEFORE DELETE ON lp_plans WHEN OLD.status <> 'draft'
  BEGIN SELECT RAISE(ABORT, 'only a draft may be discarded'); END;
CREATE TRIGGER lp_plans_replace BEFORE INSERT ON lp_plans
  WHEN EXISTS (SELECT 1 FROM lp_plans WHERE id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'a plan never changes but for its status, forward'); END;

-- One registered table keeps GDAL and QGIS from listing all the others.
INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
VALUES ('lp_decisions', 'attributes', 'lp_decisions', 'the log of decisions, only ever added to');
