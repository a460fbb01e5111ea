//! Files that are meant to do harm, or do so by being damaged (`serving.md`, section 5): each is refused in plain words or
//! read as far as it is sound, and the service lives.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::http::send;
use crate::support::lianpian;
use crate::uploads::{Ground, SQUARE, geojson, shapefile, zip};

#[test]
fn documents_that_point_elsewhere_are_refused_by_name() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let ear = TcpListener::bind("127.0.0.1:0").unwrap();
    ear.set_nonblocking(true).unwrap();
    let vrt = |source: &str| {
        format!(
            "<OGRVRTDataSource><OGRVRTLayer name=\"parcels\"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        )
    };
    let local = vrt(ground.park("parcels.gpkg").to_str().unwrap());
    let remote = vrt(&format!("/vsicurl/http://{}/parcels.geojson", ear.local_addr().unwrap()));
    for name in ["parcels.shp", "parcels.geojson", "parcels.json", "parcels.gpkg", "parcels.fgb"] {
        for document in [&local, &remote] {
            let said = server.failure(name, document.as_bytes());
            assert!(said.contains("VRT document") && said.contains(name), "{said}");
            // In an archive it is no better.
            let said = server.failure("parcels.zip", &zip(&[(name, document.as_bytes())]));
            assert!(said.contains("VRT document"), "{said}");
        }
    }
    // Neither are files whose content is a name, nor layers that their own content would fetch.
    for (name, content) in [
        ("parcels.geojson", format!("GPKG:{}", ground.park("parcels.gpkg").display())),
        ("parcels.geojson", format!("/vsicurl/http://{}/a.geojson", ear.local_addr().unwrap())),
        ("parcels.geojson", format!("ESRIJSON:http://{}/FeatureServer/0/query", ear.local_addr().unwrap())),
        ("parcels.vrt", local.clone()),
        ("parcels.gml", "<gml/>".to_owned()),
    ] {
        let said = server.failure(name, content.as_bytes());
        assert!(said.contains("cannot be read") || said.contains("is not read"), "{name}: {said}");
        assert!(!said.contains(ground.folder.path().to_str().unwrap()), "no path of the server: {said}");
    }
    assert!(ear.accept().is_err(), "somebody was sent to another server");
    server.lives();
}

#[test]
fn a_policy_leads_to_no_file_but_the_layers_own() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let file = server.upload("parcels.gpkg", &ground.bytes("parcels.gpkg"));
    let outside = ground.park("barriers.gpkg").display().to_string();
    for named in
        [outside.as_str(), "../barriers.gpkg", "/vsicurl/http://127.0.0.1:9/a.gpkg", "a/../../b.gpkg"]
    {
        let barrier = json!({ "contiguity": { "barriers": [{ "layer": named, "half_width_m": 5.0 }] } });
        let overlay =
            json!({ "overlays": { "red": { "layer": format!("{named}:redlines"), "rule": "forbid" } } });
        let zone = json!({ "zone": { "layer": named } });
        let firms = json!({ "enterprises": { "table": named.replace("gpkg", "csv"), "parcel_code": "a" } });
        for change in [barrier, overlay, zone, firms] {
            let ask = json!({ "files": [file], "main": "parcels.gpkg", "title": "x", "change": change });
            let job = server.job("/api/v1/imports", &ask);
            assert_eq!(job["state"], "failed", "{change}");
            let said = job["error"].as_str().unwrap();
            assert!(said.contains("not among the files of the layer"), "{change}: {said}");
        }
    }
    assert_eq!(server.json("/api/v1/layers").as_array().unwrap().len(), 1);
    assert_eq!(server.json("/api/v1/scenarios").as_array().unwrap().len(), 1);
    server.lives();
}

#[test]
fn coordinates_that_are_none_are_counted_and_the_rest_is_read() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let with = |bad: &str| SQUARE.replacen("121.101", bad, 1);
    for bad in ["1e308", "1e999", "-1e400"] {
        let odd = with(bad);
        // A few stray points do not decide about a file; one in three would.
        let mut rings = vec![SQUARE; 200];
        rings[1] = &odd;
        let found = server.found("a.geojson", &geojson(&rings), &json!({}));
        assert_eq!(found["features"], 200, "{bad}");
        let counts = found["issue_counts"].as_object().unwrap();
        assert!(counts.contains_key("not_finite"), "{bad}: {counts:?}");
        assert_eq!(found["parcels"], 1, "{bad}: one is odd, the others are the same");
    }
    // JSON has no NaN; a shapefile has.
    let mut parts = shapefile();
    for bits in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        // The first point of the first polygon: after the file's head, the record's, type, box, counts and one part.
        let at = 100 + 8 + 4 + 32 + 8 + 4;
        parts[0].1[at..at + 8].copy_from_slice(&bits.to_le_bytes());
        let entries: Vec<(String, &[u8])> =
            parts.iter().map(|(ext, bytes)| (format!("a.{ext}"), bytes.as_slice())).collect();
        let entries: Vec<(&str, &[u8])> = entries.iter().map(|(n, b)| (n.as_str(), *b)).collect();
        let found = server.found("a.zip", &zip(&entries), &json!({}));
        assert_eq!(
            (&found["features"], &found["parcels"]),
            (&json!(2), &json!(1)),
            "{bits}: {}",
            found["issues"]
        );
    }
    server.lives();
}

#[test]
fn counts_that_lie_are_told_of() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let parts = shapefile();
    // Where in which part, and what is put there: counts of parts and points, lengths of records and files, counts and
    // sizes of the table. Big-endian where the format has it so.
    let record = 100 + 8;
    let cases: &[(&str, usize, [u8; 4])] = &[
        ("shp", record + 4 + 32, 0x7FFF_FFFF_u32.to_le_bytes()),
        ("shp", record + 4 + 32, (-1_i32).to_le_bytes()),
        ("shp", record + 4 + 32 + 4, 0x7FFF_FFFF_u32.to_le_bytes()),
        ("shp", record + 4 + 32 + 4, (-5_i32).to_le_bytes()),
        ("shp", record + 4 + 32 + 8, 1_000_000_u32.to_le_bytes()),
        ("shp", 104, 0x7FFF_FFFF_u32.to_be_bytes()),
        ("shp", 104, (-1_i32).to_be_bytes()),
        ("shp", 24, (-1_i32).to_be_bytes()),
        ("shx", 24, 0x7FFF_FFFF_u32.to_be_bytes()),
        ("shx", 100, 0x7FFF_FFFF_u32.to_be_bytes()),
        ("shx", 100, (-100_i32).to_be_bytes()),
        ("dbf", 4, 0xFFFF_FFFF_u32.to_le_bytes()),
        ("dbf", 4, 1_000_000_u32.to_le_bytes()),
        ("dbf", 8, [0xFF; 4]),
        ("dbf", 8, [0; 4]),
    ];
    for (part, at, bytes) in cases {
        let broken: Vec<(String, Vec<u8>)> = parts
            .iter()
            .map(|(ext, whole)| {
                let mut whole = whole.clone();
                if ext == part {
                    whole[*at..at + 4].copy_from_slice(bytes);
                }
                (format!("a.{ext}"), whole)
            })
            .collect();
        let entries: Vec<(&str, &[u8])> = broken.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
        let files = [server.upload("a.zip", &zip(&entries))];
        let job = server.job("/api/v1/checks", &json!({ "files": files, "main": "a.zip" }));
        match job["state"].as_str().unwrap() {
            "done" => {
                let found = &job["result"];
                let told = !found["issues"].as_array().unwrap().is_empty();
                let whole = found["parcels"] == 2 && found["columns"].as_array().unwrap().len() >= 2;
                assert!(
                    told || whole,
                    "{part} {at} {bytes:?}: nothing is said, and something is missing: {found}"
                );
            }
            "failed" => assert!(job["error"].as_str().unwrap().contains("a.zip"), "{}", job["error"]),
            other => panic!("{other}"),
        }
    }
    server.lives();
}

#[test]
fn archives_are_looked_into_before_anything_is_unpacked() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    let fine = geojson(&[SQUARE]);
    assert_eq!(server.found("a.zip", &zip(&[("a.geojson", &fine)]), &json!({}))["parcels"], 1);
    for name in ["../a.geojson", "/tmp/a.geojson", "b/../../a.geojson", "..\\a.geojson", "C:\\a.geojson"] {
        let said = server.failure("a.zip", &zip(&[(name, &fine)]));
        assert!(said.contains("leads out of it"), "{name}: {said}");
    }
    let inner = zip(&[("a.geojson", &fine)]);
    let said = server.failure("a.zip", &zip(&[("inner.zip", &inner)]));
    assert!(said.contains("no data set") && said.contains("inner.zip"), "{said}");
    let said = server.failure("a.zip", b"PK\x03\x04 and nothing more");
    assert!(said.contains("damaged"), "{said}");

    // A megabyte that unpacks to a gigabyte.
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("a.geojson", zip::write::SimpleFileOptions::default()).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..1024 {
        bomb.write_all(&block).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 8 << 20, "{}", bomb.len());
    let said = server.failure("bomb.zip", &bomb);
    assert!(said.contains("unpacks to more than it may"), "{said}");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..300 {
        packed.write_all(&block).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() * 200 < 300 << 20, "{}", packed.len());
    let said = server.failure("bomb.geojson.gz", &packed);
    assert!(said.contains("unpacks to more than it may"), "{said}");

    // An archive whose directory says less than comes.
    let mut liar = zip(&[("a.geojson", &geojson(&vec![SQUARE; 2000]))]);
    let directory = liar.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    liar[directory + 24..directory + 28].copy_from_slice(&100_u32.to_le_bytes());
    liar[22..26].copy_from_slice(&100_u32.to_le_bytes());
    let said = server.failure("liar.zip", &liar);
    assert!(said.contains("liar.zip"), "{said}");
    server.lives();
}

#[test]
fn json_that_is_nested_too_deep_is_no_way_down() {
    let ground = Ground::new();
    let mut server = ground.serve(&[]);
    for deep in [
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":{}{}}}}}]}}"#,
            "[".repeat(20_000),
            "]".repeat(20_000)
        ),
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"a":{}1{}}},"geometry":null}}]}}"#,
            r#"{"a":"#.repeat(20_000),
            "}".repeat(20_000)
        ),
        format!("{}1{}", r#"{"type":"#.repeat(20_000), "}".repeat(20_000)),
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{}{{"type":"Point","coordinates":[1,2]}}{}}}]}}"#,
            r#"{"type":"GeometryCollection","geometries":["#.repeat(20_000),
            "]}".repeat(20_000)
        ),
    ] {
        let said = server.failure("deep.geojson", deep.as_bytes());
        assert!(said.contains("deep.geojson") || said.contains("reader fail"), "{said}");
    }
    // Nor is it in a request.
    let nested = format!(r#"{{"files":{}{},"main":"a"}}"#, "[".repeat(20_000), "]".repeat(20_000));
    for path in ["/api/v1/checks", "/api/v1/imports"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            server.address,
            nested.len()
        );
        let answer = send(server.address, &head, nested.as_bytes()).unwrap();
        assert!([400, 422].contains(&answer.status), "{}", answer.text());
    }
    server.lives();
}

#[test]
fn whoever_reads_sees_no_other_file_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        dir
    };
    let (files, out, secret) = (dir("files"), dir("out"), dir("secret"));
    std::fs::write(secret.join("secret.geojson"), geojson(&[SQUARE])).unwrap();
    std::fs::write(files.join("own.geojson"), geojson(&[SQUARE])).unwrap();
    std::os::unix::fs::symlink(secret.join("secret.geojson"), files.join("link.geojson")).unwrap();
    let read = |name: &str| {
        let main = json!({ "file": name, "layer": null, "crs": null, "encoding": null });
        let limits = json!({ "memory_bytes": 1_u64 << 30, "seconds": 60, "file_bytes": 1 << 20 });
        let work = json!({ "Check": { "main": main, "columns": null, "names": [name] } });
        let ask = json!({ "limits": limits, "files": files, "out": out, "work": work });
        told(&ask)
    };
    let own = read("own.geojson");
    assert!(own.contains("\"done\""), "{own}");
    let link = read("link.geojson");
    if link.contains("unguarded") {
        // This kernel has no Landlock, which the service logs.
        assert!(std::env::var_os("CI").is_none(), "{link}");
        return;
    }
    let unread = link.contains("\"code\":\"cannot-read\"") && link.contains("link.geojson");
    assert!(link.contains("failed") && unread, "{link}");
}

/// What the process that reads says to a request.
fn told(ask: &Value) -> String {
    let mut child = lianpian()
        .arg("sandbox")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{ask}").unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    drop(input);
    child.wait().unwrap();
    said
}
