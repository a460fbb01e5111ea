//! No admissible plan: which rules and locks stand against each other, and the ways out.

use crate::support::{number, park, record, run};

#[test]
fn a_plan_that_cannot_be_says_why_and_each_way_out_leads_out() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1000);
    let text = std::fs::read_to_string(park.join("policy.toml")).unwrap();
    let out = folder.path().join("plan");
    let plan = |policy: &str, code: i32| {
        let file = park.join("changed.toml");
        std::fs::write(&file, policy).unwrap();
        let names = [park.join("parcels.gpkg"), file, out.clone()].map(|p| p.to_str().unwrap().to_owned());
        run(&["plan", &names[0], "--policy", &names[1], "--out", &names[2]], code)
    };
    plan(&text, 0);
    // Lock in what the plan leaves out, and forbid all moves but two.
    let parcels: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("parcels.geojson")).unwrap()).unwrap();
    let outside: Vec<String> = parcels["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["properties"])
        .filter(|p| p["zone_before"] == false && p["zone_after"] == false && p["hold"].is_null())
        .map(|p| p["parcel"].as_str().unwrap().to_owned())
        .take(4)
        .collect();
    let few = text.replace("blocks = \"before\"", "blocks = \"free\"\nmax_moved_parcels = 3");
    let few = few.replace("\nconcentration = {", "\nkeep_concentration = false #");
    let few = few
        .replace("max_moved_share = 0.25", "max_moved_share = \"free\"")
        .replace("new_block_ha = 25.0", "new_block_ha = 0");
    let few = few.replace("sub_park = \"hard\"", "sub_park = \"soft\"");
    let few = few.replace("min_block = \"no_new\"", "min_block = \"off\"");
    let with_locks = few.replace("\nin = []\n", &format!("\nin = {outside:?}\n"));
    let said = plan(&with_locks, 1);
    assert!(said.contains("no admissible plan") && said.contains("why not: "), "{said}");
    let why = record(&out)["why_not"].clone();
    assert_eq!(why["rules"], serde_json::json!(["C10", "C7"]), "{why}");
    assert_eq!(
        why["locks"].as_array().unwrap().len(),
        4,
        "all four are needed to move more than three: {why}"
    );
    let ways = why["ways_out"].as_array().unwrap();
    assert_eq!(ways.len(), 2, "{why}");
    for way in ways {
        let eased = match way["rule"].as_str().unwrap() {
            "C10" => {
                let to = number(way, "to");
                assert!(to >= 4.0);
                with_locks.replace("max_moved_parcels = 3", &format!("max_moved_parcels = {to}"))
            }
            _ => {
                let release = way["release"].as_array().unwrap();
                assert!((1..=3).contains(&release.len()), "{way}");
                let stay: Vec<&String> =
                    outside.iter().filter(|name| release.iter().all(|r| r != name.as_str())).collect();
                with_locks.replace(&format!("{outside:?}"), &format!("{stay:?}"))
            }
        };
        plan(&eased, 0);
    }
}

#[test]
fn the_bare_optimiser_names_units() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let units = "id,area,score,in_zone,lock\na,4,50,1,-1\nb,3,60,1,0\nc,1,40,0,0\nd,1,30,0,0\n";
    std::fs::write(path("units.csv"), units).unwrap();
    std::fs::write(path("edges.csv"), "i,j,w\na,b,1\nb,c,1\nc,d,1\n").unwrap();
    let (units, edges) = (path("units.csv"), path("edges.csv"));
    let said = run(&["solve", "--units", &units, "--edges", &edges, "--json"], 0);
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["status"], "infeasible");
    assert_eq!(report["why_not"]["rules"], serde_json::json!(["C1", "C7"]));
    assert_eq!(report["why_not"]["locks"], serde_json::json!(["a"]));
    let said = run(&["solve", "--units", &units, "--edges", &edges], 0);
    assert!(said.contains("release 1 locks (a)"), "{said}");
}
