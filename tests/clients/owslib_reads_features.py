"""OWSLib against the service: landing page, conformance, collections, items, a box, pages. Arguments: address, parcels."""

import sys

from owslib.ogcapi.features import Features

address, parcels = sys.argv[1], int(sys.argv[2])
service = Features(address)
assert any(link["rel"] == "data" for link in service.links), service.links
assert any("ogcapi-features-1/1.0/conf/core" in c for c in service.conformance()["conformsTo"])
assert service.api()["openapi"].startswith("3.")
assert service.feature_collections() == ["parcels", "transfers", "blocks"], service.feature_collections()
assert service.collection("parcels")["itemType"] == "feature"
assert "score" in service.collection_queryables("parcels")["properties"]

page = service.collection_items("parcels", limit=25)
assert page["numberMatched"] == parcels and page["numberReturned"] == 25
one = service.collection_item("parcels", page["features"][3]["id"])
assert one["geometry"] == page["features"][3]["geometry"]

ids = [f["id"] for f in page["features"]]
following = [link["href"] for link in page["links"] if link["rel"] == "next"]
assert len(following) == 1, page["links"]

west, south, east, north = service.collection("parcels")["extent"]["spatial"]["bbox"][0]
half = service.collection_items("parcels", bbox=[west, south, (west + east) / 2, north], limit=10000)
assert 0 < half["numberReturned"] < parcels, half["numberReturned"]

chosen = service.collection_items("parcels", filter="zone_after = TRUE", limit=10000)
assert 0 < chosen["numberReturned"] < parcels
assert all(f["properties"]["zone_after"] for f in chosen["features"])
print("owslib is content")
