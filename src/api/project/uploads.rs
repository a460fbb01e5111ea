//! Uploads: sent, checked, imported.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use parcels::message;
use parcels::validate::Columns;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, timeout_at};
use tokio_stream::StreamExt as _;
use utoipa::ToSchema;

use super::{Actor, Served, refused, told};
use crate::api::State;
use crate::api::extract::Json;
use crate::api::problem::Problem;
use crate::api::text::Title;
use crate::app::intake::import_requests::{CheckJob, DataSetFacts, ImportFiles, ImportRequest, onto};
use crate::app::intake::sandbox::MainFile;
use crate::app::intake::uploads::{ComingIn, NoRoom};
use crate::app::jobs::check::queue_check;
use crate::app::jobs::import::queue_import;
use crate::app::project::ProjectServices;
use crate::app::schemas;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{DataSetId, FileHash, JobRecord, PolicyRef};

/// Where bodies are taken that have limits of their own.
pub(in crate::api) const UPLOADS: &str = "/api/v1/uploads";

/// What an upload has to come in with on average, beyond the time every request has: a body that trickles in holds a place
/// that others wait for.
const BYTES_PER_SECOND_MIN: u64 = 32 << 10;
/// Bytes are written to disk in blocks of this size.
const BLOCK_BYTES: usize = 1 << 20;
/// The longest name, bytes; file systems take 255.
const NAME_BYTES_MAX: usize = 255;

/// A file that was uploaded.
#[derive(Serialize, ToSchema)]
pub(super) struct Uploaded {
    /// The hash of its content, by which checks and imports name it.
    upload: FileHash,
    /// Its name.
    name: String,
    /// Its size.
    bytes: u64,
}

/// Uploads a file: its bytes are the body, its size and time have limits of their own · 上传文件
#[utoipa::path(post, path = "/uploads", tag = "project",
    params(("name" = String, Query, description = "What the file is called")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "The upload", body = Uploaded)))]
pub(super) async fn upload(
    Shared(state): Shared<State>,
    Served(project): Served,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> std::result::Result<Response, Problem> {
    let name = name_in(query.as_deref().unwrap_or_default())?;
    refuse_forms(&headers)?;
    let coming = match project.uploads.begin() {
        Ok(Ok(coming)) => coming,
        Ok(Err(why @ NoRoom::Busy)) => {
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why.message()));
        }
        Ok(Err(why @ NoRoom::Full)) => {
            return Err(Problem::new(StatusCode::INSUFFICIENT_STORAGE, why.message()));
        }
        Err(error) => return Ok(refused(&error)),
    };
    let coming = received(coming, body, project.uploads.bytes_max(), state.settings().request_time).await?;
    let kept = on_disk(move || coming.finish()).await;
    let kept = kept.map(|(upload, bytes)| Uploaded { upload, name, bytes });
    Ok(told(StatusCode::CREATED, kept))
}

/// The name that the query gives: UTF-8, and a name of a file, not a path.
fn name_in(query: &str) -> std::result::Result<String, Problem> {
    let given = query.split('&').find_map(|pair| pair.strip_prefix("name="));
    let Some(given) = given else {
        return Err(Problem::bad_request(message!("upload-without-name")));
    };
    let given = given.replace('+', " ");
    let name = percent_decode_str(&given).decode_utf8();
    let Ok(name) = name else {
        return Err(Problem::bad_request(message!("upload-name-encoding")));
    };
    let odd = name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'));
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.starts_with('.') || odd {
        return Err(Problem::bad_request(message!("upload-name-folder")));
    }
    Ok(name.into_owned())
}

/// The body is the file itself. A form around it would be kept as if it were the file.
fn refuse_forms(headers: &HeaderMap) -> std::result::Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    if kind.starts_with("multipart/") || kind.starts_with("application/x-www-form-urlencoded") {
        let detail = message!("upload-not-in-form");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Ok(())
}

/// Takes the body in.
async fn received(
    mut coming: ComingIn,
    body: Body,
    bytes_max: u64,
    request_time: Duration,
) -> std::result::Result<ComingIn, Problem> {
    let (begun, mut bytes) = (Instant::now(), 0);
    let mut block = Vec::new();
    let mut pieces = body.into_data_stream();
    loop {
        let late = begun + request_time + Duration::from_secs(bytes / BYTES_PER_SECOND_MIN);
        let piece = match timeout_at(late, pieces.next()).await {
            Err(_) => {
                let detail = message!("upload-too-slow", bytes = bytes, seconds = begun.elapsed().as_secs());
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail));
            }
            Ok(None) => break,
            Ok(Some(Err(why))) => {
                return Err(Problem::bad_request(message!("upload-broke-off", why = why.to_string())));
            }
            Ok(Some(Ok(piece))) => piece,
        };
        bytes += piece.len() as u64;
        if bytes > bytes_max {
            let detail = message!("upload-too-large", bytes = bytes_max);
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        block.extend_from_slice(&piece);
        if block.len() >= BLOCK_BYTES {
            coming = taken(coming, std::mem::take(&mut block)).await?;
        }
    }
    if bytes == 0 {
        return Err(Problem::bad_request(message!("upload-empty")));
    }
    taken(coming, block).await
}

async fn taken(mut coming: ComingIn, block: Vec<u8>) -> std::result::Result<ComingIn, Problem> {
    let written = on_disk(move || coming.take(&block).map(|()| coming)).await;
    written.map_err(|why| Problem::internal(&why.for_people()))
}

/// Does what may wait for the disk.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// An upload under the name it is to have.
#[derive(Deserialize, ToSchema)]
#[schema(as = UploadedFile)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    /// The name; a policy names further files by it.
    pub(super) name: String,
    /// The upload.
    pub(super) upload: FileHash,
}

fn incoming(
    files: Vec<Named>,
    main: String,
    layer: Option<String>,
    crs: Option<String>,
    encoding: Option<String>,
) -> Result<ImportFiles> {
    let files = files.into_iter().map(|f| (f.name, f.upload)).collect();
    ImportFiles::new(files, MainFile { file: main, layer, crs, encoding })
}

/// Uploads to be looked into.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewCheck)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    files: Vec<Named>,
    /// The name of the one that holds the parcels; not said where they are those of `data_set`.
    #[serde(default)]
    main: Option<String>,
    /// The data set that the files are to be added to: its files are looked at beside them.
    #[serde(default)]
    data_set: Option<DataSetId>,
    /// The layer in it, where it holds several.
    #[serde(default)]
    layer: Option<String>,
    /// Its coordinate reference system, where it states none or a wrong one.
    #[serde(default)]
    crs: Option<String>,
    /// Its encoding, where it states none or a wrong one.
    #[serde(default)]
    encoding: Option<String>,
    /// What its columns mean; guessed where it is not said.
    #[serde(default)]
    #[schema(value_type = Option<schemas::MeaningShape>)]
    columns: Option<Columns>,
}

/// Queues a look into uploads; the job's result says what is in them · 检查上传的文件
#[utoipa::path(post, path = "/checks", tag = "project", responses((status = 202, description = "The job", body = JobRecord)))]
pub(super) async fn check(Served(project): Served, actor: Actor, Json(new): Json<Check>) -> Response {
    let columns = new.columns.clone();
    let (incoming, kept) = match to_check(&project, new).await {
        Ok(both) => both,
        Err(error) => return refused(&error),
    };
    let job = CheckJob { incoming, kept, columns };
    told(StatusCode::ACCEPTED, queue_check(&project, job, actor.0).await)
}

/// The files to look into, and which of them are in the project already.
async fn to_check(
    project: &ProjectServices,
    new: Check,
) -> Result<(ImportFiles, BTreeMap<String, FileHash>)> {
    let Check { files, main, data_set, layer, crs, encoding, .. } = new;
    let Some(data_set) = data_set else {
        let main = main.ok_or_else(|| Error::new(ErrorKind::Usage, message!("no-main-file")))?;
        return Ok((incoming(files, main, layer, crs, encoding)?, BTreeMap::new()));
    };
    let base = project.store.data_set(&data_set).await?;
    let main = main.map(|file| MainFile { file, layer, crs, encoding });
    let incoming = onto(&base, uploads(files)?, main)?;
    let kept = base.files.into_iter().filter(|(name, hash)| incoming.files.get(name) == Some(hash));
    Ok((incoming.clone(), kept.collect()))
}

/// Uploads by name.
///
/// # Errors
/// Of kind `Usage` where one name occurs twice.
pub(super) fn uploads(files: Vec<Named>) -> Result<BTreeMap<String, FileHash>> {
    let mut all = BTreeMap::new();
    for Named { name, upload } in files {
        if all.insert(name.clone(), upload).is_some() {
            return Err(Error::new(ErrorKind::Usage, message!("files-same-name", name = name)));
        }
    }
    Ok(all)
}

/// Uploads to be brought in.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewImport)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportBody {
    files: Vec<Named>,
    /// The name of the one that holds the parcels.
    main: String,
    /// The layer in it, where it holds several.
    #[serde(default)]
    layer: Option<String>,
    /// Its coordinate reference system, where it states none or a wrong one.
    #[serde(default)]
    crs: Option<String>,
    /// Its encoding, where it states none or a wrong one.
    #[serde(default)]
    encoding: Option<String>,
    /// What the scenario is called.
    #[schema(value_type = String, max_length = 200)]
    title: Title,
    /// The policy to follow; none begins with the built-in one.
    #[serde(default)]
    policy: Option<PolicyRef>,
    /// A policy that is not stored yet, TOML, such as the one a check drafted; instead of `policy`.
    #[serde(default)]
    policy_text: Option<String>,
    /// A change to it (RFC 7386), such as what the columns mean.
    #[serde(default)]
    #[schema(value_type = Option<schemas::PolicyChange>)]
    change: Option<Value>,
    /// What the data set is called.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Title>,
    /// The day that parcels and statistics are of, YYYY-MM-DD; otherwise that of the policy.
    #[serde(default)]
    reference_date: Option<String>,
}

/// Queues that uploads become a data set and a scenario · 导入上传的文件
#[utoipa::path(post, path = "/imports", tag = "project", responses((status = 202, description = "The job", body = JobRecord)))]
pub(super) async fn import(Served(project): Served, actor: Actor, Json(new): Json<ImportBody>) -> Response {
    let incoming = match incoming(new.files, new.main, new.layer, new.crs, new.encoding) {
        Ok(incoming) => incoming,
        Err(error) => return refused(&error),
    };
    let change = new.change.unwrap_or_else(|| json!({}));
    let ImportBody { title, policy, policy_text, name, reference_date, .. } = new;
    let title = title.into_string();
    let name = name.map(Title::into_string);
    let facts = DataSetFacts { name, reference_date, ..DataSetFacts::default() };
    let import = ImportRequest { incoming, title, policy, policy_text, change, facts };
    told(StatusCode::ACCEPTED, queue_import(&project, import, actor.0).await)
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn names_are_names_of_files() {
        for (query, name) in [
            ("name=parcels.gpkg", "parcels.gpkg"),
            ("name=%E5%9C%B0%E5%9D%97.shp", "地块.shp"),
            ("a=1&name=a+b%2B.csv", "a b+.csv"),
        ] {
            assert_eq!(name_in(query).unwrap(), name, "{query}");
        }
        for wrong in [
            "",
            "name=",
            "nam=a",
            "name=..%2Fa",
            "name=%2Fetc%2Fpasswd",
            "name=a%5Cb",
            "name=.hidden",
            "name=a%00b",
            "name=%B5%D8%BF%E9.shp",
            &format!("name={}", "a".repeat(256)),
        ] {
            assert_eq!(name_in(wrong).unwrap_err().status, 400, "{wrong}");
        }
    }
}
