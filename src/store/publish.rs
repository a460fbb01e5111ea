//! What a GIS sees in a project: the three layers of [`PUBLISHED`], each a table of its own whose rows are replaced all at once.
//! The tables themselves stay, and with them what others hang on them: grants, views, open sessions. A column that a plan does
//! not have stays empty; one that it has anew is added.
//!
//! In a GeoPackage, which has one writer at a time, rows are first written beside the table, a few at a time.

use geo::{BoundingRect as _, Rect};
use parcels::message;
use parcels::message::Message;
use parcels::parcel::Crs;
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, AnyExecutor, AssertSqlSafe, Transaction};

use super::database::{Backend, Query, SqlStore, all, commit, one, run};
use super::{PUBLISHED, PlanId};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::crs::spatial_ref;
use crate::io::feature_layer::{Cell, Column, Features, Kind, Shapes, unique_names};
use crate::io::geometry_bytes::{put_area, put_line};
use crate::io::qgis_style;

/// Values in one INSERT: below what SQLite (32,766) and PostgreSQL (65,535) take.
const VALUES_AT_ONCE: usize = 8_000;

/// PostgreSQL cuts longer names.
const NAME_BYTES: usize = 63;

/// Number of the lock that one process holds while it publishes; the number means nothing.
const PUBLISH_LOCK: &str = "SELECT pg_advisory_xact_lock(7264512092)";

pub(super) async fn published(store: &SqlStore) -> Result<Option<PlanId>> {
    newest(&store.read).await
}

async fn newest(db: impl AnyExecutor<'_>) -> Result<Option<PlanId>> {
    let asked = sqlx::query("SELECT plan FROM lp_published");
    let plans = all(db, &message!("asking-published"), asked, |row| sqlx::Row::try_get(row, 0)).await?;
    Ok(plans.into_iter().next().map(PlanId))
}

pub(super) async fn publish(
    store: &SqlStore,
    plan: PlanId,
    layers: &[&Features<'_>],
    crs: &Crs,
) -> Result<bool> {
    let doing = message!("publishing-layers");
    if let Some(other) = layers.iter().find(|layer| !PUBLISHED.contains(&layer.name.as_str())) {
        let what = message!("project-shows-others", known = PUBLISHED.join(", "), name = other.name);
        return Err(Error::new(ErrorKind::Usage, what));
    }
    let empty = PUBLISHED.map(|name| Features {
        name: name.into(),
        columns: Vec::new(),
        shapes: Shapes::Areas(Vec::new()),
    });
    let given = |of: &'_ Features<'_>| layers.iter().find(|layer| layer.name == of.name).copied();
    let _turn = store.publishing.lock().await;
    let mut tx = store.begin().await?;
    if store.backend == Backend::PostGis {
        run(&mut *tx, &doing, sqlx::query(PUBLISH_LOCK)).await?;
    }
    // Of two that were made at once, the newer stands, whichever is published first.
    if newest(&mut *tx).await?.is_some_and(|newer| newer > plan) {
        return Ok(false);
    }
    let srs = match store.backend {
        Backend::GeoPackage => geopackage_srs(&mut tx, crs).await?,
        Backend::PostGis => postgis_srs(&mut tx, crs).await?,
    };
    let mut tables = Vec::new();
    for nothing in &empty {
        let layer = given(nothing).unwrap_or(nothing);
        let mut table = Table::new(layer, store.backend, srs, &mut tx).await?;
        table.make_room(&mut tx).await?;
        tx = table.fill(store, tx).await?;
        tables.push(table);
    }
    if store.backend == Backend::GeoPackage {
        for table in &tables {
            table.take_over(&mut tx).await?;
            table.register(&mut tx).await?;
        }
    }
    let row = sqlx::query(
        "INSERT INTO lp_published (id, plan) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET plan = $1",
    );
    run(&mut *tx, &doing, row.bind(plan.0)).await?;
    commit(tx, &doing).await?;
    Ok(true)
}

/// A column of a published table: its name, and its type as the database says it.
type Known = (String, String);

/// A layer on its way into the database.
struct Table<'f, 'a> {
    layer: &'f Features<'a>,
    columns: Vec<(String, &'f Column<'a>)>,
    backend: Backend,
    srs: i64,
    extent: Option<Rect<f64>>,
    /// The columns of the table that is there; none where there is no table yet.
    known: Vec<Known>,
}

impl<'f, 'a> Table<'f, 'a> {
    async fn new(
        layer: &'f Features<'a>,
        backend: Backend,
        srs: i64,
        tx: &mut AnyConnection,
    ) -> Result<Self> {
        let columns: Vec<_> = layer.columns.iter().filter(|c| c.kind != Kind::Json).collect();
        let wanted: Vec<&str> =
            ["fid", "geom"].into_iter().chain(columns.iter().map(|c| c.name.as_str())).collect();
        let names = unique_names(&wanted, NAME_BYTES).into_iter().skip(2);
        let known = known_columns(tx, backend, &layer.name).await?;
        let mut table =
            Self { layer, columns: names.zip(columns).collect(), backend, srs, extent: None, known };
        table.rename();
        Ok(table)
    }

    /// Takes columns that are there as they are spelled there. Where one of that name holds values of another type, ours has
    /// another name.
    fn rename(&mut self) {
        let there =
            |name: &str| self.known.iter().find(|(known, _)| known.to_lowercase() == name.to_lowercase());
        let fitting = |(name, column): &(String, &Column<'_>)| {
            let numbered = |nth: usize| if nth == 1 { name.clone() } else { format!("{name}_{nth}") };
            let fits = |name: String| match there(&name) {
                None => Some(name),
                Some((known, kind)) => {
                    kind.eq_ignore_ascii_case(self.sql_type(column)).then(|| known.clone())
                }
            };
            (1..).map(numbered).find_map(fits).unwrap_or_default()
        };
        let names: Vec<String> = self.columns.iter().map(fitting).collect();
        let wanted: Vec<&str> = ["fid", "geom"].into_iter().chain(names.iter().map(String::as_str)).collect();
        let unique = unique_names(&wanted, NAME_BYTES).into_iter().skip(2);
        for ((name, _), unique) in self.columns.iter_mut().zip(unique) {
            *name = unique;
        }
    }

    fn name(&self) -> &str {
        &self.layer.name
    }

    fn doing(&self) -> Message {
        message!("publishing-layer", layer = self.name())
    }

    /// Runs SQL made of the three names above, quoted names of columns, and numbers.
    async fn script(&self, tx: &mut AnyConnection, sql: String) -> Result<()> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(tx).await;
        done.map(|_| ()).context(ErrorKind::Unwritable, self.doing())
    }

    fn geometry_type(&self) -> &'static str {
        match self.layer.shapes {
            Shapes::Areas(_) => "MULTIPOLYGON",
            Shapes::Lines(_) => "LINESTRING",
        }
    }

    /// The names of the columns, each after a comma.
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| format!(", {}", quoted(name))).collect()
    }

    /// The same with their types.
    fn declared(&self) -> String {
        self.columns.iter().map(|(name, c)| format!(", {} {}", quoted(name), self.sql_type(c))).collect()
    }

    /// What gives the table that is there the columns that it lacks.
    fn widened(&self, table: &str) -> String {
        let lacks =
            |name: &str| !self.known.iter().any(|(known, _)| known.to_lowercase() == name.to_lowercase());
        let columns = self.columns.iter().filter(|(name, _)| lacks(name));
        let add = |(name, column): &(String, &Column<'_>)| {
            format!("ALTER TABLE {table} ADD COLUMN {} {}; ", quoted(name), self.sql_type(column))
        };
        columns.map(add).collect()
    }

    /// An empty table to be filled: in PostgreSQL the one that a GIS sees, whose rows of now everybody sees until the end; in a
    /// GeoPackage another one beside it.
    async fn make_room(&self, tx: &mut AnyConnection) -> Result<()> {
        let (name, geometry, srs, columns) = (self.name(), self.geometry_type(), self.srs, self.declared());
        let sql = match self.backend {
            Backend::PostGis if self.known.is_empty() => format!(
                "CREATE TABLE lianpian.{name} (fid BIGINT PRIMARY KEY, geom geometry({geometry}, {srs}){columns}); \
                 CREATE INDEX ON lianpian.{name} USING gist (geom)"
            ),
            Backend::PostGis => {
                // A system of its own, 0, is not said.
                let shape = if srs == 0 {
                    format!("geometry({geometry})")
                } else {
                    format!("geometry({geometry},{srs})")
                };
                let same = self
                    .known
                    .iter()
                    .any(|(known, kind)| known == "geom" && kind.eq_ignore_ascii_case(&shape));
                let turned = if same {
                    String::new()
                } else {
                    format!("ALTER TABLE lianpian.{name} ALTER COLUMN geom TYPE {shape} USING NULL; ")
                };
                format!("DELETE FROM lianpian.{name}; {turned}{}", self.widened(&format!("lianpian.{name}")))
            }
            Backend::GeoPackage => format!(
                "DROP TABLE IF EXISTS rtree_lp_next_{name}_geom; DROP TABLE IF EXISTS lp_next_{name}; \
                 CREATE TABLE lp_next_{name} \
                 (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {geometry}{columns}); \
                 CREATE VIRTUAL TABLE rtree_lp_next_{name}_geom USING rtree(id, minx, maxx, miny, maxy)"
            ),
        };
        self.script(tx, sql).await
    }

    /// Puts the rows that were written beside a table of a GeoPackage into it, and its spatial index in the place of the old
    /// one.
    async fn take_over(&self, tx: &mut AnyConnection) -> Result<()> {
        let (name, names) = (self.name(), self.names());
        let kind = |(known, kind): &Known| known == "geom" && kind.eq_ignore_ascii_case(self.geometry_type());
        let rows = if !self.known.iter().any(kind) {
            // What a table holds of shapes stands in its definition alone, and cannot be altered.
            format!("DROP TABLE IF EXISTS {name}; ALTER TABLE lp_next_{name} RENAME TO {name}")
        } else {
            // The index is exchanged as it is: its triggers call what only a GIS has.
            let triggers: String = ["insert", "update1", "update2", "update3", "update4", "delete"]
                .map(|on| format!("DROP TRIGGER IF EXISTS rtree_{name}_geom_{on}; "))
                .concat();
            format!(
                "{triggers}DELETE FROM {name}; {}INSERT INTO {name} (fid, geom{names}) \
                 SELECT fid, geom{names} FROM lp_next_{name}; DROP TABLE lp_next_{name}",
                self.widened(name)
            )
        };
        let sql = format!(
            "DELETE FROM gpkg_extensions WHERE table_name = '{name}'; \
             DELETE FROM gpkg_geometry_columns WHERE table_name = '{name}'; \
             DELETE FROM gpkg_contents WHERE table_name = '{name}'; \
             DROP TABLE IF EXISTS rtree_{name}_geom; {rows}; \
             ALTER TABLE rtree_lp_next_{name}_geom RENAME TO rtree_{name}_geom"
        );
        self.script(tx, sql).await
    }

    fn sql_type(&self, column: &Column<'_>) -> &'static str {
        match (column.kind, self.backend) {
            (Kind::Flag, _) => "BOOLEAN",
            (Kind::Whole, Backend::GeoPackage) => "INTEGER",
            (Kind::Whole, Backend::PostGis) => "BIGINT",
            (Kind::Real { .. }, Backend::GeoPackage) => "DOUBLE",
            (Kind::Real { .. }, Backend::PostGis) => "DOUBLE PRECISION",
            (Kind::Text | Kind::Json, _) => "TEXT",
        }
    }

    /// All rows, many at once. Between them others may write to the file, which has one writer at a time: who decides
    /// does not wait for a million parcels.
    async fn fill(
        &mut self,
        store: &SqlStore,
        mut tx: Transaction<'static, Any>,
    ) -> Result<Transaction<'static, Any>> {
        let rows: Vec<usize> = (0..self.layer.len()).collect();
        let mut wkb = Vec::new();
        for some in rows.chunks((VALUES_AT_ONCE / (2 + self.columns.len())).max(1)) {
            // Prepared anew each time: sqlx gives an unknown number to PostgreSQL as one of single precision, and a
            // statement kept from such rows would misread the next ones.
            let sql = AssertSqlSafe(self.insert(some.len()));
            let mut insert: Query<'_> = sqlx::query(sql).persistent(false);
            for row in some {
                insert = insert.bind(*row as i64 + 1).bind(self.geometry(*row, &mut wkb));
                for (_, column) in &self.columns {
                    insert = bind(insert, column, *row);
                }
            }
            run(&mut *tx, &self.doing(), insert).await?;
            if self.backend == Backend::GeoPackage {
                self.index(&mut tx, some).await?;
                commit(tx, &self.doing()).await?;
                tx = store.begin().await?;
            }
        }
        Ok(tx)
    }

    /// The rows in the spatial index of a GeoPackage.
    async fn index(&mut self, tx: &mut AnyConnection, rows: &[usize]) -> Result<()> {
        let bounds: Vec<_> =
            rows.iter().filter_map(|row| Some((*row as i64 + 1, self.bounds(*row)?))).collect();
        if bounds.is_empty() {
            return Ok(());
        }
        self.extent = bounds.iter().map(|(_, b)| *b).chain(self.extent).reduce(joined);
        let values = vec!["(?, ?, ?, ?, ?)"; bounds.len()].join(", ");
        let sql = format!("INSERT INTO rtree_lp_next_{}_geom VALUES {values}", self.name());
        let insert = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        let insert = bounds.iter().fold(insert, |insert, (fid, b)| {
            insert.bind(*fid).bind(b.min().x).bind(b.max().x).bind(b.min().y).bind(b.max().y)
        });
        run(tx, &self.doing(), insert).await.map(|_| ())
    }

    /// A place for a value. SQLite looks each numbered one up among all others, which takes seconds for thousands.
    fn mark(&self, at: usize) -> String {
        match self.backend {
            Backend::GeoPackage => "?".into(),
            Backend::PostGis => format!("${at}"),
        }
    }

    fn insert(&self, rows: usize) -> String {
        let table = match self.backend {
            Backend::PostGis => format!("lianpian.{}", self.name()),
            Backend::GeoPackage => format!("lp_next_{}", self.name()),
        };
        let mut sql = format!("INSERT INTO {table} (fid, geom{}) VALUES ", self.names());
        let width = 2 + self.columns.len();
        for row in 0..rows {
            let first = row * width + 1;
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for at in first..first + width {
                let mark = self.mark(at);
                let geometry = self.backend == Backend::PostGis && at == first + 1;
                let value = if geometry { format!("ST_GeomFromWKB({mark}, {})", self.srs) } else { mark };
                sql.push_str(if at == first { "" } else { ", " });
                sql.push_str(&value);
            }
            sql.push(')');
        }
        sql
    }

    fn bounds(&self, row: usize) -> Option<Rect<f64>> {
        match &self.layer.shapes {
            Shapes::Areas(all) => all[row].bounding_rect(),
            Shapes::Lines(all) => all[row].bounding_rect(),
        }
    }

    fn geometry(&self, row: usize, wkb: &mut Vec<u8>) -> Vec<u8> {
        match &self.layer.shapes {
            Shapes::Areas(all) => put_area(wkb, &all[row]),
            Shapes::Lines(all) => put_line(wkb, &all[row]),
        }
        match self.backend {
            Backend::PostGis => wkb.clone(),
            Backend::GeoPackage => geopackage_blob(self.bounds(row), self.srs, wkb),
        }
    }

    /// The entries by which others find the table in a GeoPackage, with a style for QGIS unless it has one, and what
    /// keeps the spatial index true when they edit it.
    async fn register(&self, tx: &mut AnyConnection) -> Result<()> {
        let (name, geometry, srs) = (self.name(), self.geometry_type(), self.srs);
        let row = sqlx::query(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id, min_x, min_y, max_x, max_y) \
             VALUES ($1, 'features', $1, $2, $3, $4, $5, $6)",
        )
        .bind(name)
        .bind(srs)
        .bind(self.extent.map(|e| e.min().x))
        .bind(self.extent.map(|e| e.min().y))
        .bind(self.extent.map(|e| e.max().x))
        .bind(self.extent.map(|e| e.max().y));
        run(&mut *tx, &self.doing(), row).await?;
        let triggers = include_str!("migrations/geopackage/spatial_index.sql").replace("<t>", name);
        let sql = format!(
            "INSERT INTO gpkg_geometry_columns VALUES ('{name}', 'geom', '{geometry}', {srs}, 0, 0); \
             INSERT INTO gpkg_extensions VALUES ('{name}', 'geom', 'gpkg_rtree_index', \
             'http://www.geopackage.org/spec130/#extension_rtree', 'write-only'); {triggers}"
        );
        self.script(tx, sql).await?;
        let Some(style) = qgis_style::of_layer(name) else { return Ok(()) };
        let row = sqlx::query(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, \
             styleQML, styleSLD, useAsDefault, description, owner) \
             SELECT '', '', $1, 'geom', $1, $2, '', 1, 'lianpian', '' \
             WHERE NOT EXISTS (SELECT 1 FROM layer_styles WHERE f_table_name = $1)",
        );
        run(tx, &self.doing(), row.bind(name).bind(style)).await.map(|_| ())
    }
}

fn joined(a: Rect<f64>, b: Rect<f64>) -> Rect<f64> {
    let (low, high) = (a.min(), a.max());
    Rect::new((low.x.min(b.min().x), low.y.min(b.min().y)), (high.x.max(b.max().x), high.y.max(b.max().y)))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The value as the column's type, so that PostgreSQL knows the type of what is unknown too.
fn bind<'q>(query: Query<'q>, column: &Column<'_>, row: usize) -> Query<'q> {
    let cell = column.cell(row);
    match column.kind {
        Kind::Flag => query.bind(if let Cell::Flag(yes) = cell { Some(yes) } else { None }),
        Kind::Whole => query.bind(if let Cell::Whole(n) = cell { Some(n) } else { None }),
        Kind::Real { .. } => query.bind(match cell {
            Cell::Real(n) if n.is_finite() => Some(n),
            _ => None,
        }),
        Kind::Text | Kind::Json => {
            query.bind(if let Cell::Text(text) = cell { Some(text.into_owned()) } else { None })
        }
    }
}

/// The header of a geometry in a GeoPackage (OGC 12-128r18, 2.1.3) and its WKB.
fn geopackage_blob(bounds: Option<Rect<f64>>, srs: i64, wkb: &[u8]) -> Vec<u8> {
    // Little-endian, with the envelope in x and y; or empty, without.
    let flags: u8 = if bounds.is_some() { 0b0000_0011 } else { 0b0001_0001 };
    let mut blob = Vec::with_capacity(40 + wkb.len());
    blob.extend([b'G', b'P', 0, flags]);
    blob.extend(i32::try_from(srs).unwrap_or(-1).to_le_bytes());
    if let Some(b) = bounds {
        for edge in [b.min().x, b.max().x, b.min().y, b.max().y] {
            blob.extend(edge.to_le_bytes());
        }
    }
    blob.extend(wkb);
    blob
}

/// The columns of the published table of this name, as the database calls their types; none where there is no such table.
async fn known_columns(tx: &mut AnyConnection, backend: Backend, name: &str) -> Result<Vec<Known>> {
    let asked = match backend {
        Backend::GeoPackage => "SELECT name, type FROM pragma_table_info($1)",
        Backend::PostGis => {
            "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a \
             JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'lianpian' AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped"
        }
    };
    let read = |row: &AnyRow| Ok((sqlx::Row::try_get(row, 0)?, sqlx::Row::try_get(row, 1)?));
    all(tx, &message!("list-of-tables"), sqlx::query(asked).bind(name), read).await
}

/// The number of the CRS in the GeoPackage's own list, where it is put unless it is there.
async fn geopackage_srs(tx: &mut AnyConnection, crs: &Crs) -> Result<i64> {
    let unknown = crs.epsg.is_none() && crs.wkt.is_empty();
    if unknown {
        return Ok(-1);
    }
    let doing = message!("describing-crs");
    let definition = match crs.epsg {
        Some(_) => spatial_ref(crs)?.to_wkt().context(ErrorKind::Unwritable, &doing)?,
        None => crs.wkt.clone(),
    };
    let same = sqlx::query(
        "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE (organization = 'EPSG' AND organization_coordsys_id = $1) \
         OR definition = $2",
    );
    let same = same.bind(crs.epsg.map(i64::from)).bind(&definition);
    if let Some(srs) = all(&mut *tx, &doing, same, |row| sqlx::Row::try_get(row, 0)).await?.pop() {
        return Ok(srs);
    }
    // What has no code of its own is numbered beyond those that have.
    let free = sqlx::query("SELECT MAX(100000, MAX(srs_id) + 1) FROM gpkg_spatial_ref_sys");
    let free: i64 =
        one(&mut *tx, &message!("list-of-systems"), free, |row| sqlx::Row::try_get(row, 0)).await?;
    let srs = crs.epsg.map_or(free, i64::from);
    let row = sqlx::query(
        "INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition) \
         VALUES ($1, $2, $3, $2, $4)",
    )
    .bind(&crs.name)
    .bind(srs)
    .bind(if crs.epsg.is_some() { "EPSG" } else { "NONE" })
    .bind(definition);
    run(tx, &doing, row).await?;
    Ok(srs)
}

/// The EPSG code where PostGIS knows it, otherwise 0: a system of its own.
async fn postgis_srs(tx: &mut AnyConnection, crs: &Crs) -> Result<i64> {
    let code = crs.epsg.map_or(0, i64::from);
    let known = sqlx::query("SELECT COUNT(*) FROM spatial_ref_sys WHERE srid = $1").bind(code);
    let known: i64 = one(tx, &message!("list-of-systems"), known, |row| sqlx::Row::try_get(row, 0)).await?;
    Ok(if known > 0 { code } else { 0 })
}
