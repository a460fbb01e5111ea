"""QGIS reads a running service as its users do: as OGC API - Features.

usage: qgis_reads_service.py LIANPIAN PLAN_DIR

Serves the plan on loopback, opens every collection, pages through all of it, and asks for the features in a box. Fails where
a count or a figure differs from what the plan's own file holds.
"""
import sqlite3
import subprocess
import sys

from qgis.core import QgsApplication, QgsDataSourceUri, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

LAYERS = ("parcels", "transfers", "blocks")


def opened(address, name):
    uri = QgsDataSourceUri()
    uri.setParam("url", f"http://{address}/ogc")
    uri.setParam("typename", name)
    # QGIS asks for pages of the size the description names as usual, and follows `next` through all of them.
    layer = QgsVectorLayer(uri.uri(False), name, "OAPIF")
    if not layer.isValid():
        sys.exit(f"QGIS does not open {name}: {layer.error().message()}")
    return layer


def check(address, plan):
    kept = sqlite3.connect(f"file:{plan}/plan.gpkg?mode=ro", uri=True)
    for name in LAYERS:
        layer = opened(address, name)
        features = list(layer.getFeatures())
        expected = kept.execute(f'select count(*) from "{name}"').fetchone()[0]
        assert len(features) == expected, f"{name}: {len(features)} read, {expected} kept"
        invalid = sum(1 for f in features if f.hasGeometry() and not f.geometry().isGeosValid())
        # Seven decimals of a degree are a centimetre: slivers in the outline of a block may be narrower and cross themselves.
        assert invalid == 0 or name == "blocks", f"{name}: {invalid} shapes are not valid"
        print(f"{name}: {len(features)} features in {layer.crs().authid()}, {invalid} of them not valid")
        if name == "parcels":
            inside = sum(1 for f in features if f["zone_after"])
            stored = kept.execute("select count(*) from parcels where zone_after").fetchone()[0]
            assert inside == stored, f"{inside} parcels in the zone, {stored} kept"
            one = features[len(features) // 2].geometry().boundingBox()
            box = QgsRectangle(one)
            box.grow(one.width())
            found = sum(1 for _ in layer.getFeatures(QgsFeatureRequest().setFilterRect(box)))
            meeting = sum(1 for f in features if f.hasGeometry() and f.geometry().boundingBox().intersects(box))
            assert found == meeting, f"{found} parcels in the box, {meeting} meet it"
            print(f"parcels in a box: {found}")


def main():
    program, plan = sys.argv[1:3]
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    command = [program, "serve", "--plan", plan, "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = server.stdout.readline().strip()
        check(line.removeprefix("listening on http://"), plan)
    finally:
        server.terminate()
        server.wait()


main()
