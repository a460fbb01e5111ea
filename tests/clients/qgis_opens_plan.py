"""QGIS opens what `plan` writes: every layer is valid, has features, and carries its style.

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/clients/qgis_opens_plan.py PLAN_DIR
"""

import pathlib
import sys

from qgis.core import QgsApplication, QgsVectorLayer

app = QgsApplication([], False)
app.initQgis()
folder = pathlib.Path(sys.argv[1])
bad = []
for name in ["parcels", "transfers", "blocks"]:
    package = QgsVectorLayer(f"{folder}/plan.gpkg|layername={name}", name, "ogr")
    shape = QgsVectorLayer(f"{folder}/shp/{name}.shp", name, "ogr")
    if not package.isValid() or not shape.isValid():
        bad.append(f"{name} does not open")
        continue
    if package.featureCount() == 0 or package.featureCount() != shape.featureCount():
        bad.append(f"{name}: {package.featureCount()} features in the GeoPackage, {shape.featureCount()} in the shapefile")
    kind = package.renderer().type()
    if name in ("parcels", "transfers") and kind not in ("categorizedSymbol", "RuleRenderer"):
        bad.append(f"{name} opens without its style ({kind})")
    print(f"{name}: {package.featureCount()} features, {package.crs().authid()}, drawn as {kind}")
# QGIS crashes on leaving while layers are alive.
del package, shape
app.exitQgis()
if bad:
    sys.exit("\n".join(bad))
