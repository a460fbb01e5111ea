"""Reads an archive of tiles as others do: pmtiles, mapbox-vector-tile, shapely and GDAL.

    python reads_tiles.py FILE.pmtiles PARCELS KB

Fails unless every ring is simple, every tile small enough, every parcel is there at the greatest zoom, land keeps its area,
and GDAL's driver for tiles finds in each of them what mapbox-vector-tile does.
"""

import gzip
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import mapbox_vector_tile
import pyogrio
from pmtiles.reader import MmapSource, Reader, all_tiles
from shapely import make_valid
from shapely.geometry import box, shape

archive, parcels, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) * 1000
with open(archive, "rb") as file:
    source = MmapSource(file)
    reader = Reader(source)
    header, metadata = reader.header(), reader.metadata()
    tiles = list(all_tiles(source))
    for (z, x, y), data in tiles[::97]:
        assert reader.get(z, x, y) == data

assert header["clustered"] and header["addressed_tiles_count"] == len(tiles)
zooms = range(header["min_zoom"], header["max_zoom"] + 1)
assert sorted({z for (z, _, _), _ in tiles}) == list(zooms)
layers = {layer["id"]: layer for layer in metadata["vector_layers"]}
from_zoom = layers["parcels"]["minzoom"]

# Area by layer and zoom, in tiles of zoom 0 and in cells; what lies in the buffer is another tile's.
area, cells, codes, ids = defaultdict(float), defaultdict(float), set(), {}
whole = box(0, 0, 4096, 4096)
folder = tempfile.TemporaryDirectory()
for (z, x, y), data in tiles:
    assert len(data) <= most or z == header["max_zoom"], f"{z}/{x}/{y} has {len(data)} bytes"
    tile = mapbox_vector_tile.decode(gzip.decompress(data), default_options={"y_coord_down": True})
    file = Path(folder.name) / f"{z}-{x}-{y}.pbf"
    file.write_bytes(data)
    assert set(pyogrio.list_layers(file)[:, 0]) == set(tile), f"GDAL finds other layers in {z}/{x}/{y}"
    for name, layer in tile.items():
        _, _, shapes, _ = pyogrio.raw.read(file, layer=name, CLIP="NO")
        assert all(shapes), f"{name} in {z}/{x}/{y} has shapes that GDAL cannot read"
        assert len(shapes) == len(layer["features"]), f"GDAL finds {len(shapes)} {name} in {z}/{x}/{y}"
        assert layers[name]["minzoom"] <= z <= layers[name]["maxzoom"], f"{name} in {z}/{x}/{y}"
        assert layer["extent"] == 4096
        for feature in layer["features"]:
            drawn = shape(feature["geometry"])
            # What the format asks for: no ring crosses or touches itself. Parts and holes may touch each other.
            for part in getattr(drawn, "geoms", [drawn]):
                rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else []
                assert all(ring.is_simple for ring in rings), f"{name} {feature['id']} in {z}/{x}/{y}"
            drawn = make_valid(drawn)
            inside = drawn.intersection(whole).area
            cells[name, z] += inside
            area[name, z] += inside / 4096**2 / 4**z
            if name == "parcels":
                code = feature["properties"]["code"]
                assert ids.setdefault(feature["id"], code) == code
                if z == header["max_zoom"]:
                    codes.add(code)

assert len(codes) == parcels, f"{len(codes)} of {parcels} parcels"
land = area["parcels", header["max_zoom"]]
for z in zooms:
    name = "parcels" if z >= from_zoom else "land"
    # Fewer cells than this say nothing of half a percent.
    if cells[name, z] > 50_000:
        assert abs(area[name, z] / land - 1) < 0.005, f"{name} at zoom {z}: {area[name, z] / land}"

# GDAL reads the archive as one, at its greatest zoom; what crosses tiles comes in parts.
_, _, geometry, fields = pyogrio.raw.read(archive, layer="parcels", columns=["code"])
assert set(fields[0]) == codes and all(geometry), "GDAL reads other parcels"
print(f"{len(tiles)} tiles, zooms {zooms[0]} to {zooms[-1]}, parcels from {from_zoom} on, {len(codes)} parcels, "
      f"layers {', '.join(sorted({name for name, _ in cells}))}")
