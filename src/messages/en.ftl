## What every failure is made of

as-said = { $text }
line-error = error: { $what }
line-because = because: { $why }
line-try = try: { $hint }
stopped-on-request = stopped on request
line-note = note: { $note }

## Parcels and their geometry

set-aside = set aside
feature-without-geometry = the feature has no geometry
geometry-without-points = the geometry has no points
geometry-no-polygon = the geometry is a { $kind }, not a polygon
set-aside-nothing-left = set aside: nothing usable is left
set-aside-no-repair = set aside: no repair makes it valid; redraw it
polygon-without-area = the polygon has no area
boundary-has-curves = the boundary has curves
replaced-by-chords = replaced by chords
repeated-points = { $count } repeated { $count ->
        [one] point
       *[other] points
    } along the boundary
removed = removed
repaired-now-parts = repaired: now { $parts } valid { $parts ->
        [one] part
       *[other] parts
    }
boundary-crosses-itself = the boundary crosses, touches or doubles back on itself
hole-misplaced = a hole crosses or lies outside its shell, or meets another hole
parts-overlap = parts of the parcel overlap or share an edge
boundary-invalid = the boundary is not valid
ring-shell = the shell
ring-part = part { $part } of { $parts }
ring-hole = hole { $hole } of { $shell }
ring-not-finite = { $ring } has a coordinate that is not a finite number
ring-without-points = { $ring } has no points
ring-too-few-points = { $ring } has fewer than three distinct points
ring-dropped = { $ring } dropped
parcels-overlap = parcels { $later } and { $earlier } both cover { $area } m² (mean width { $width } m)
survey-noise-left-to = survey noise: left to { $earlier }
overlap-left = left as it is: decide which parcel it belongs to
heights-or-measures = { $count } of { $features } features have heights or measures
left-aside = left aside
no-code-column = no column is named as parcel code
named-by-row = parcels are named by their row
same-polygon = the same polygon as parcel { $parcel }
no-parcel-by-policy = the policy says that this is no parcel
beyond-crs = { $count } parcels lie where the coordinate system has no longitude and latitude
measured-in-plane = measured in the plane only; check the coordinate system
parcel-has-parts = the parcel has { $parts } separate parts
kept = kept
kept-maybe-remnant = kept; it may be a remnant of a survey
area-mismatch = registered { $registered } m², measured { $measured } m² on the ellipsoid ({ $apart } % apart)
both-areas-kept = both kept; check the unit, then the boundary
thinness-low = thinness 4πA/P² is { $thinness }, below { $least }
parcel-has-holes = { $count ->
        [one] the parcel has a hole
       *[other] the parcel has { $count } holes
    }
zone-flag-missing = the zone flag is missing
zone-flag-unclear = the zone flag "{ $text }" is neither yes nor no
counted-outside = counted as outside; write 1 or 0
zone-column-unclear = the column { $column } states what is neither yes nor no: { $values }
zone-flag-count = "{ $text }" ({ $count } parcels)
counted-outside-say-yes = counted as outside; say what means inside: in_zone_yes = ["{ $value }"] in [columns]
registered-area-no-area = the registered area "{ $stated }" is no area
counted-not-stated = counted as not stated
code-in-row = "{ $code }" (row { $row })
codes-lost-digits = { $count } codes in the column { $column } went through a floating-point number and have lost their last digits: { $codes }
lost-codes-no-join = these parcels count as having no code and no table is joined to them; get the layer again with the column stored as text
code-repeated = another parcel has the code { $code } too
named-give-code = named { $id }; give it a code of its own
parcel-without-code = the parcel has no code
named-as = named { $id }
code-malformed = the code { $code } is not built as a parcel code (19 characters) or unit code (28)
kept-as-it-is = kept as it is

## Firms

row-in-no-parcel-lost = the row's figures are in no parcel; store the column as text in the file it comes from, and write it again
no-row-fits = no row fits any parcel: column "{ $column }" holds { $keys }, … and the parcels' codes are { $codes }, …
no-figures-joined = no figures were joined; check `parcel_code` in both [columns] and [enterprises]
row-states-no-parcel = the row states no parcel
code-lost-digits = the code "{ $key }" went through a floating-point number and has lost its last digits
no-parcel-has-code = no parcel has the code "{ $key }"
row-in-no-parcel = the row's figures are in no parcel
no-row-for-code = the firm table has no row for the code "{ $text }"
no-code-to-join = the parcel has no code to join firms by
firm-figures-missing = its firm figures are missing, not zero
code-differs-slightly = a parcel has the code "{ $code }", which differs by leading zeros, letter case or punctuation alone; write both alike, as text
code-of-unit = the key begins with the parcel code "{ $code }": is it the code of a unit (不动产单元代码)? Keep its first { $chars } characters
nothing = nothing
shares-without-firm = shares are stated, but no column names the firm
shares-not-checked = whether the shares of a firm add up to 1 was not checked; set `firm` in [enterprises]
firm-named = firm "{ $key }"
firm-without-key = a firm without a key
shares-missing = { $firm }: { $missing } of { $rows } rows state no share
rest-split-equally = what the others leave was split equally: { $share } each
shares-above-one = { $firm }: the shares of its { $rows } rows add up to { $sum }
shares-scaled-down = they were scaled down to 1; correct the table
shares-below-one = { $firm }: its shares add up to { $sum }
rest-in-no-parcel = the rest of its figures is in no parcel
share-no-number = column "{ $column }": the share "{ $stated }" is no number
counts-missing-write-share = it counts as missing; write 40% or 0.4
share-beyond-range = column "{ $column }": the share { $stated } does not lie from 0 to 1
share-counts-as = it counts as { $share }; write 40% or 0.4
sums-leave-out = the sums "{ $name }" of { $parcels } parcels leave out { $rows } rows that state no figure: { $list }
sums-of-other-rows = they are sums of the other rows; complete the table, or leave these firms out with `where`
column-no-number = column "{ $column }": "{ $text }" is no number
counts-as-missing = it counts as missing

## Files and what is in them

about-file = { $file }: { $what }
a-file = { $file }
cannot-read = { $file } cannot be read
preparing-to-write = preparing to write { $file }
names-no-folder = { $file } names no folder
try-out-with-name = --out with a name, such as --out result
putting-result = putting the result at { $file }
removing-old-result = removing the result before, now at { $file }
try-out = --out { $file }
looking-into = looking into { $file }
left-alone = { $file } { $why }; it was left alone
is-a-file = is a file, not a folder
holds-other-things = holds other things than { $what }, such as "{ $name }"
holds-also = holds { $what }, but also "{ $name }", which would be lost
a-plan = a plan
an-export = an export
a-park = a park
rows-above-heading = { $place } has { $count } rows above its heading
left-aside-title = left aside as a title
heading-has-rows = the heading of { $place } has { $count } rows
columns-called = the columns are called { $names }
commas-unclear = column "{ $column }": nothing tells whether the comma or point before three digits parts thousands or decimals in { $count } values: { $rows }
not-used-no-separators = these values are not used as numbers; write the column without thousands separators and with one kind of decimals, such as 1234.5
decimals-mixed = column "{ $column }": some values have a decimal comma and others a decimal point; { $count } are not clear: { $rows }
not-used-one-way = these values are not used as numbers; write the column in one way, such as 1234.5
percent-mixed = column "{ $column }": { $with } values have a percent sign and { $without } have none: { $rows }
percent-as-stated = 4.5% was read as 0.045 and a number without the sign as it stands; write the column in one way if that is not what it means
rows-named = { $count ->
        [one] row
       *[other] rows
    } { $rows }
records-named = { $count ->
        [one] record
       *[other] records
    } { $rows }
lines-named = { $count ->
        [one] line
       *[other] lines
    } { $rows }
the-file = the file
the-sheet = the sheet { $name }
column-name-repeated = the column name { $column } is repeated
later-numbered = the later one got a number appended
dbf-too-short = it is too short for the header of a dBASE table
dbf-no-header = its header is not that of a dBASE table
dbf-fields-too-wide = its fields are wider than its records
cells-with-asterisks = column "{ $column }": { $count } cells hold asterisks (***), which stand for a number that did not fit: { $rows }
missing-wider-column = these values are missing; write the table again with a wider column
no-text = it is no text
save-as-csv-utf-8 = save it as CSV in UTF-8
in-line = line { $line }: { $what }
correct-quotes = correct the quotation marks in line { $line }; one within a quoted cell is doubled ("")
file-empty = the file is empty
rows-with-fewer-cells = { $count } rows have fewer cells than the heading: { $lines }
cells-missing = the cells they lack are missing values
rows-with-more-cells = { $count } rows have more cells than the heading: { $lines }
rows-not-read = not read, for it cannot be told which cell stands where; put quotation marks around cells that hold a separator
quote-after-space = a quotation mark follows a space and opens no cell
text-after-quote = text follows a quotation mark that closes its cell
quote-closed-late = a quotation mark opens a cell that is closed only in line { $line }, amid text
quote-never-closed = a quotation mark opens a cell that nothing closes
no-such-encoding = there is no text encoding "{ $label }"
try-encoding = --encoding UTF-8, GBK, GB18030, Big5 or windows-1252
not-in-asked-encoding = { $count } values are not { $encoding } text, the encoding that was asked for
read-as-asked = read as asked, with replacement characters; try another --encoding
    .page = read as asked, with replacement characters
not-in-stated-encoding = { $count } of { $all } values are not { $encoding } text, as { $place } says
read-with-replacements = read with replacement characters
encoding-contradicted = { $place } says { $stated }, but the text is not; it looks like { $likely }: "{ $sample }"
read-as = read as { $encoding }; { $advice }
encoding-not-stated = the file does not say how its text is encoded; it looks like { $likely }: "{ $sample }"
say-encoding = if names look wrong, say which with --encoding
    .page = if names look wrong, save the file as UTF-8 and send it again
cpg-file = the .cpg file
dbf-language-byte = the .dbf file's language byte
too-many-features = { $file }: it has { $count } features; at most { $most } are read
cut-to-park = cut it to the area of the park and its surroundings
note-out-of-date = the file's note of how many features it has is out of date: { $count }
all-features-read = all { $count } features were read
others-missing-get-again = the others are missing; get the file again
features-damaged = the file is damaged: { $read } of { $count } features can be read
cannot-read-as = { $file } cannot be read as { $format }
save-again = open it in the program it comes from and save it again, or get it again: it may be damaged
layer-listed = { $file }:{ $layer } ({ $geometry }, { $count } features)
no-such-layer = { $file }: there is no layer "{ $layer }"{ $hint }
did-you-mean = {" "}(did you mean "{ $name }"?)
no-layer-in-file = { $file }: there is no layer in it
no-layer-chosen = the file has { $count } layers and none was chosen
read-only-with-lines = read { $layer }, the only one with lines
read-only-with-polygons = read { $layer }, the only one with polygons
choose-layer = { $file }: it has { $count } layers; say which as PATH:LAYER
    .page = { $file }: it has { $count } layers; choose one
geometry-not-known = geometry not known
no-geometry = no geometry
geometry-unreadable = a geometry cannot be read
not-in-metres = the coordinates are in { $crs }, not in metres on the ground
brought-to = brought to { $crs }
northing-first = the file has the northing or latitude before the easting or longitude
exchanged-as-asked = exchanged, as asked
layer-without-features = { $file }: the layer { $layer } has no features
layer-without-geometry = { $file }: none of the { $features } features of { $layer } has a geometry
name-as-table = name it as a table if it is one
collection-holds = the collection holds { $lines } lines and { $points } points
only-polygons-read = only its polygons were read
feature-without-lines = { $file }: the feature has no lines ({ $what })
feature-without-polygons = { $file }: the feature has no polygons ({ $what })
texts-not-utf-8 = { $count } texts are not UTF-8
dbf-too-few-records = the .dbf part is too short: { $missing } of { $features } features have no attributes
attributes-missing = their attributes are missing
column-binary = the column { $column } holds binary data
column-unreadable = the column { $column } cannot be read
dbf-unreadable = the .dbf part of the shapefile cannot be read: { $why }
read-without-attributes = read without attributes
vector-formats = a shapefile (.shp), GeoPackage (.gpkg), GeoJSON (.geojson, .geojsonl, also .gz), Esri JSON (.json), FlatGeobuf (.fgb), FileGDB (.gdb folder), or one of these in a .zip
no-such-file = { $file }: there is no such file
folder-not-there = another folder: { $folder } is not there
no-temporary-folder = a temporary folder to unpack into cannot be made
other-content = { $file }: by its name it is for { $format }, but it holds { $content }
try-ogr2ogr = ogr2ogr -f GPKG converted.gpkg { $file }
    .page = open it in a GIS and save it anew, as a GeoPackage
dbf-missing = the .dbf part of the shapefile is missing: there are no attributes
no-temporary-folder-plain = a temporary folder cannot be made
shx-missing = the .shx part of the shapefile is missing
shx-made-again = made again from the .shp
one-page-of-answer = the file is one page of a service's answer: it says exceededTransferLimit
fetch-page-by-page = the other features are missing; fetch them page by page (resultOffset) and put them together
changes-open = a program has changes open beside the GeoPackage (-wal or -journal)
read-with-changes = read with these changes, from a copy
text-damaged = the text is damaged UTF-8
read-as-it-is = read as it is
folder-no-data-set = this is a folder, not a data set
table-no-layer = this is a table without geometry, not a layer
name-in-policy = name it as a table of the policy, and give a layer of polygons here
    .page = send it as a table, and a layer of polygons here
format-not-read = this is { $format }, which is not read
part-of-shapefile = this is one part of a shapefile
kind-not-read = this kind of file is not read
cannot-unpack = { $file } cannot be unpacked
zip-bomb = { $file }: it unpacks to more than it may, as an archive does that is meant to fill a disk
at-most-unpacked = at most { $ratio } times its size is unpacked; unpack it and give the file inside
unpacks-too-large = { $file }: it unpacks to more than 4 GiB
unpack-and-give = unpack it and give the file inside
zip-damaged = { $file }: the zip archive is damaged
zip-too-many-entries = the zip archive has { $count } entries; at most { $most } are read
zip-entry-leads-out = the zip archive has an entry that leads out of it: { $name }
zip-encrypted = the zip archive is encrypted
zip-without-data-set = there is no data set in the zip archive
unpack-archive-inside = unpack it: there is an archive in it, { $name }
zip-several-data-sets = there are several data sets in the zip archive
format-topojson = TopoJSON, which keeps boundaries and not features
content-vrt = a VRT document, which points to other files and servers
content-xml-html = a document of XML or HTML
content-zip = a zip archive
content-gzip = a gzip archive
content-sqlite = a database of SQLite
format-dxf = a drawing (DXF)
format-dwg = a drawing of AutoCAD (DWG), of which its program has to save a DXF first
format-mapinfo = a table of MapInfo
format-osm = an extract of OpenStreetMap
format-spatialite = a database of SQLite or SpatiaLite
format-access = a personal geodatabase (Access)
format-vct = VCT, the exchange format of Chinese land survey
format-mapgis = a layer of MapGIS
content-xlsx = an Excel workbook (.xlsx)
content-xlsb = a binary Excel workbook (.xlsb)
content-ods = an OpenDocument spreadsheet (.ods)
content-xls = a workbook of Excel 97–2003 (.xls)
content-encrypted = a workbook that is protected by a password
content-old-xls = a workbook of an Excel before 95
content-office = an Office document that is no workbook
content-other-zip = a zip archive that is no workbook
content-html = a web page (HTML)
content-xml-2003 = an XML spreadsheet of Excel 2003
content-xml = a document of XML
content-mhtml = a web page in one file (MHTML)
content-pdf = a PDF document
content-text = a text table (CSV or tab-separated)
give-right-ending = give it the ending of what it is, such as .xlsx
save-without-password = open it in the spreadsheet program, save it without a password, and give that file
rename-to-csv = rename it to .csv (or .txt), or open it in a spreadsheet program and save it as .xlsx
ask-for-table = ask for the table as .xlsx or .csv
unpack-table = unpack it and give the table inside
save-table-in-it = save the table in it as .xlsx
save-as-xlsx-codes = open it in a spreadsheet program and save it as .xlsx, with codes as text
no-workbook = { $file } cannot be read as a workbook
part-missing = { $file }: { $part } is missing
workbook-holds = { $file }: by its name it is a workbook, but it holds { $content }
workbook-damaged = { $file }: by its name it is a workbook, but it is none or is damaged
save-as-xlsx = open it in a spreadsheet program and save it as .xlsx, or get it again
file-is = { $file }: it is { $content }
no-such-sheet = there is no sheet "{ $sheet }"{ $hint }
every-sheet-empty = every sheet is empty
several-sheets = it has several sheets; say which as PATH:SHEET
    .page = it has several sheets; leave the one that counts in the file
sheet-empty = { $file }: the sheet { $name } is empty
formulas-without-value = column "{ $column }": { $count } cells hold a formula without a stored value: { $rows }
missing-work-out = these values are missing; open the workbook in a spreadsheet program, which works them out, and save it
formulas-with-error = column "{ $column }": { $count } cells hold an error such as { $error }: { $rows }
missing-correct-formulas = these values are missing; correct the formulas in the workbook
percentages-among-numbers = column "{ $column }": { $count } numbers are shown as percentages and { $plain } are not: { $rows }
percent-read-as-share = 4.5 % was read as 0.045, and a number that is shown as it is as it stands; show the column in one way if that is not what it means
merged-cells = column "{ $column }": merged cells stand for { $count } further rows: { $rows }
merged-holds-for-all = what they state holds for every row; a figure counts once, in its first row
folder-no-table = { $file }: this is a folder, not a table
table-kind-not-read = { $file }: this kind of table is not read
try-table-formats = a .csv (also .csv.gz), .xlsx or .dbf file
table-without-rows = { $file }: the table has no rows
text-table-holds = { $file }: by its name it is a text table, but it holds { $content }
records-damaged = the file is damaged: { $read } of { $count } records are there

## Coordinate reference systems

crs-forms = EPSG:4549, WKT, a PROJ string (+proj=…), or local:NAME for a city grid that is not to be reprojected
crs-degrees-of = degrees of { $name }
crs-three-degree-cm = { $datum } / 3-degree Gauss-Kruger CM { $meridian }E
crs-three-degree-zone = { $datum } / 3-degree Gauss-Kruger zone { $zone }
place-north-east = { $lon } E { $lat } N
place-north-west = { $lon } W { $lat } N
place-south-east = { $lon } E { $lat } S
place-south-west = { $lon } W { $lat } S
coordinates-span = x { $x_min } to { $x_max }, y { $y_min } to { $y_max }
no-such-crs = there is no coordinate reference system "{ $crs }"
try-crs-forms = --crs { $forms }
crs-without-wkt = the coordinate reference system cannot be written as WKT
crs-not-understood = the coordinate reference system { $crs } cannot be understood
crs-axes-unknown = the axes of { $crs } are not known
crs-no-way = there is no way from { $from } to { $to }
crs-without-degrees = { $crs } has no latitudes and longitudes
taken-as-asked = taken as { $crs }, as asked
crs-not-stated = the file does not state its coordinate reference system
crs-states-but = the file states { $crs }, but { $why }
crs-states = the file states { $crs }
crs-given-but = { $crs } was given, but { $why }
neither-coordinates-nor-crs = { $file }: it has neither coordinates nor a coordinate reference system
crs-refused-not-stated = { $file }: it does not state its coordinate reference system (its coordinates: { $extent })
crs-refused-states = { $file }: it states { $crs }, but { $why } (its coordinates: { $extent })
crs-refused-given = { $file }: --crs { $crs } cannot be: { $why } (its coordinates: { $extent })
    .page = { $file }: it cannot be in { $crs }: { $why } (its coordinates: { $extent })
say-crs = say which it is: --crs { $forms }
    .page = say which it is: { $forms }
choose-by-place = choose by the place the data should lie at:
crs-candidate = --crs { $crs } ({ $name }: the data would lie at { $at })
    .page = { $crs } ({ $name }: the data would lie at { $at })
crs-candidate-exchanged = --crs { $crs } ({ $name } with x and y exchanged: the data would lie at { $at })
    .page = { $crs } ({ $name } with x and y exchanged: the data would lie at { $at })
crs-candidate-local = --crs local:NAME (a city's own grid in metres: kept as it is, without a place on the earth)
    .page = a city's own grid in metres: kept as it is, without a place on the earth
crs-why-not-understood = that cannot be understood
crs-why-no-degrees = the coordinates are no degrees
crs-why-not-usable = that cannot be used
crs-why-nowhere = the coordinates lie nowhere on the earth in it
crs-why-far = the coordinates would lie at { $at }, far outside where it is used ({ $area })
local-grid-not-metres = { $crs } is a local grid that is not in metres
bring-to-metres = bring it to metres first
nowhere-in-crs = the coordinates lie nowhere on the earth in { $crs }
writing-what-was-read = writing what was read
parcels-taken = the parcels were taken out of what was read
taking-over-what-was-read = taking over what was read
crs-refers-to-files = the coordinate reference system "{ $crs }" refers to files of its own
say-which-epsg = say which it is, such as EPSG:4549
shape-outside-crs = a shape lies where the CRS "{ $crs }" is not defined
another-crs = another --crs, or check that the input's CRS is the one stated
    .page = another coordinate reference system, or check that the input's is the one stated
policy-names-foreign = the policy names { $name }, which is not among the files of the layer
upload-with-parcels = upload it with the parcels and name it without folders
not-read-with-parcels = { $name } was not read with the parcels

## Writing files

writing-file = writing { $file }
compressing-tile = compressing a tile
unpacking-tile = unpacking a tile
spilling-features = keeping features on disk, beside what is to be written
setting-option = setting { $key }
creating-file = creating { $file }
writing-layer = writing the layer { $layer }
writing-row = writing row { $row } of the layer { $layer }
closing-file = closing { $file }
rows-lost = { $file }: layer { $layer } holds { $found } of { $rows } rows
disk-full = is the disk full?
writing-geojson = writing GeoJSON
opening-file = opening { $file }
folder-of-plan = the folder that `lianpian plan --out` wrote
reading-plans-parcels = reading the plan's parcels
reading-plans-layer = reading the layer { $layer } of the plan
row-no-polygon = { $doing }: row { $row } is no polygon
text-cut = { $layer }.shp, row { $row }, field { $field }: cut to { $bytes } bytes: "{ $text }"
text-not-in-gbk = { $layer }.shp, row { $row }, field { $field }: GBK has no "{ $foreign }", written as ?: "{ $text }"
more-texts-cut = { $layer }.shp: { $count } more texts cut short
more-texts-replaced = { $layer }.shp: { $count } more texts with characters replaced
try-tiles = lianpian tiles INPUT --out { $file }
archive-without-name = it has no name
archive-of-other-kind = it is no PMTiles archive of version 3
archive-cut-short = it is cut short: it has { $bytes } bytes and says { $needs } bytes
archive-header-senseless = its header or directory makes no sense
archive-metadata-unreadable = its metadata cannot be read
archive-metadata-no-json = its metadata is no JSON
reading-tile = reading tile { $z }/{ $x }/{ $y } of { $file }
reading-file = reading { $file }
archive-changed = { $file } was changed while it was served
start-again-replace-whole = start the service again; a file that is replaced as a whole does no harm
reading-policy-to-write = reading the policy to be written
writing-plan-json = writing plan.json
plan-with-wrong-length = writing a plan of { $parcels } parcels with { $length } { $what }

## Preparing and planning

checking-file = checking { $file }
no-plan-to-draw = there is no plan to draw
plans-list-other-parcels = { $first } and { $second } list other parcels: one of them is not as it was written
titles-for-plans = { $titles } titles for { $plans } plans
one-title-a-plan = one title a plan, in the order of the plans
reading-plan-crs = reading inputs.crs of { $file }
plans-of-other-layers = { $first } and { $second } are plans of different layers ({ $first_layer } with { $first_parcels } parcels, { $second_layer } with { $second_parcels }): { $why }
parcel-lies-elsewhere = parcel { $parcel } lies elsewhere
no-parcel-in-common = they have no parcel in common
plans-of-same-park = plans of the same park; for another year's layer: lianpian revise OLD NEW --out DIR
policies-same-contiguity = policies with the same [contiguity] and the same basis of area
parcels-miscounted = { $file } holds { $found } parcels; plan.json says { $claimed }
putting-table-together = putting a table together
fitting-policy = fitting the policy to the parcels
lambda-without-curve = λ is { $lambda }: there is no curve around it, which runs by ratios
try-lambda-above-zero = a λ above 0
data-row = { $file }, data row { $row }: { $what }
lock-unknown = lock { $lock } (expected 1, 0 or -1)
unit-twice = unit { $unit } is there twice
no-such-unit = there is no unit { $unit }
edge-length-wrong = w { $w }: expected at least 0
unit-area-wrong = area { $area } of unit { $unit }: expected above 0
of-unit = { $what } of unit { $unit }
unit-in-zone-wrong = in_zone { $in_zone } of unit { $unit }: expected 0 or 1
unit-score-wrong = score or exposed length of unit { $unit } is no finite number
no-units = { $file } holds no units
score-not-finite = score { $score } is no finite number
stopped-nothing-changed = stopped before the plan was written; nothing was changed
reading-policy-change = reading the change to the policy
send-object-of-sections = send an object of sections, such as {"{"}"objective": {"{"}"lambda": 8{"}"}{"}"}
reading-policy = reading the policy
policy-or-policy-text = policy and policy_text: give one of them
writing-policy = writing the policy
reading-policy-file = reading policy { $file }
checking-layer = checking the layer
no-usable-parcel = { $file }: no usable parcel is left after checking
check-lists-found = `lianpian check { $file }` lists what was found
    .page = {""}
scoring-parcels = scoring the parcels
the-overlay = the overlay
no-feature-meets-filters = { $file }: no usable feature meets the policy's filters
entry-without-effect = the entry has no effect; compare its filters with the layer's values
the-zone = the zone
widths-no-numbers = barriers { $file }: { $count } widths in the column "{ $column }" are no numbers, such as "{ $example }"
widths-missing = barriers { $file }: { $count } widths in the column "{ $column }" are missing
width-instead = these lines have a half width of { $metres } m; write metres as plain numbers, or give half_width_m
scored-as-it-stands = scored as it stands
finding-zone = finding the zone
joining-table = joining enterprise table { $file }
reading-barriers = reading barriers { $file }
the-barrier-layer = the barrier layer
change-needs-data = the change to [{ $section }] asks for data that were not read
save-and-plan = save the policy as a new version and plan with it
condition-without-effect = the condition has no effect, or lets nothing through; compare its values with the column's
lies-away = ; it lies { $km } km away from them
meets-no-parcel = { $what } { $file } meets no parcel{ $place }
no-effect-on-plan = it has no effect on the plan; check that it is the right file and in the right coordinate reference system
system-far-from-data = the system { $crs } lies far from the data: in its plane lengths are off by { $length } % and areas by { $area } %
bring-layer-to = areas on the ellipsoid hold, lengths and planar areas do not; bring the layer to EPSG:{ $epsg } ({ $name }): ogr2ogr -t_srs EPSG:{ $epsg }
bring-layer-to-its-place = areas on the ellipsoid hold, lengths and planar areas do not; bring the layer to a system of its place
network-parcel = { $parcel } (beside { $beside } of { $others } others)
network-of-streets = { $count } parcels look like a network of streets, thin and beside half of the layer: { $parcels }
set-aside-in-eligible = planned as they are; set them aside in [eligible]: { $line }
reading-plan-crs-own = reading inputs.crs of plan.json
folder-of-plan-as-written = { $file } has to be a folder that `lianpian plan` wrote, as it was written
plan-of-other-schema = { $file } has schema "{ $schema }"; this program reads "{ $known }"
use-version-that-wrote = use the version of lianpian that wrote it; it is in inputs.version
no-kind-column = { $file } has no column "kind"
plans-of-years = the plans of several years
writing-years-json = writing years.json
putting-years-together = putting years.csv together
objectives-not-comparable = the policies value the present zone differently: objectives cannot be held against each other
present-zone-measured-differently = { $first } and { $second } measure the present zone differently: { $first_ha } ha in { $first_blocks } blocks, concentration { $first_index }; and { $second_ha } ha in { $second_blocks }, { $second_index }
other-parcels-measured-differently = { $first } and { $second } are plans of different parcels, and measure them differently
policies-same-gap-and-basis = policies with the same [contiguity] gap_m and the same basis of area
plans-begin-differently = { $first } and { $second } do not begin with the same zone: { $count } { $count ->
        [one] parcel is
       *[other] parcels are
    } in the present zone of one alone
plans-of-same-present-zone = plans with the same present zone
plan-has-more = { $title } has { $count } more ({ $ha } ha: { $names })
plans-know-other-facts = the plans know other facts about the same { $count } parcels (other tables, or another year)
parcels-in-all-plans = { $count } parcels are in all plans, and the rows "in common" speak of them alone; { $more }
plans-of-different-days = the plans are of different days: { $dates }
policies-set-aside-differently = the policies set aside different features (eligible.not_parcels), so blocks, concentration and objective are of different land
common-on-different-sides = { $count } of the parcels in common ({ $ha } ha) are not on the same side in all plans
a-revision = a revision
bringing-to-crs-of = bringing { $file } to the CRS of { $other }
year-old = old
year-new = new
year-codes-in = { $year } codes are in column { $column }
year-without-codes = { $year } parcels have no codes: they match by their land alone
year-issues = { $year } layer: { $count } { $count ->
        [one] issue
       *[other] issues
    }, in { $file }
codes-exchanged = { $count } pairs of parcels have exchanged their codes: { $pairs }
codes-on-other-land = { $count } codes are on other land than before: { $codes }
most-codes-on-other-land = most codes are on other land: look whether both layers state their coordinate reference system rightly
codes-repeated = { $count } codes occur more than once in the { $year } layer and match by their land alone: { $codes }
land-counts-twice = { $count } parcels lie under { $year } parcels that overlap each other, so that their land counts twice: { $parcels }
stage-took-too-long = { $stage } took more than { $seconds } s, so no plan was made
longer-time-limit = --time-limit { $seconds }, for each stage may take { $times } times as long
check-outlines-of-many-corners = `lianpian check` on the input: outlines of very many corners take long
condition-looks-for-numbers = the condition { $condition } looks for numbers, and { $count } values of the column are none, such as "{ $sample }"
nothing-meets-condition = nothing meets the condition { $condition }; the column states { $values }
numbers-from-to = numbers from { $least } to { $most }
value-count = "{ $value }" ({ $count })
other-values = { $count } other values
nothing-count = nothing ({ $count })

## Bringing in files

files-expected = expected 1 to { $most } files, there are { $count }
files-same-name = two files are called { $name }
no-file-among-them = there is no file { $name } among them
no-plain-name = { $name } is no plain file name
file-there-already = { $file } is there already
another-out = another --out, or move it away
making-policy-of-files = making a policy of these files
keeping-upload = keeping an upload
no-such-upload = there is no upload { $upload }
upload-again = upload the file again: uploads are kept for a day, and go when the service ends
laying-uploads-out = laying uploads out
reading-task = reading what is to be read
starting-threads = starting threads
going-to-files = going to the files
writing-result = writing the result
limiting-reader = limiting the process that reads
only-service-reads = only the service reads files of strangers
keeping-what-was-read = keeping what was read
writing-report = writing the report
reading-result = reading the result of the process that read
result-too-large = { $doing }: it has { $bytes } bytes
starting-reader = starting the process that reads
waiting-for-reader = waiting for the process that reads
files-unpack-too-large = the files unpack to more than { $size } each
unpack-and-upload = unpack them and upload what is needed
file-made-reader-fail = the file made its reader fail: it is damaged, or meant to do harm
save-anew-geopackage = open it in a GIS and save it anew, as a GeoPackage
files-need-memory = the files need more than { $size } of memory to be read
cut-them-to-park = cut them to the area of the park and its surroundings
ask-more-memory = ask whoever runs the service for a higher --read-memory-bytes-max
files-too-slow = reading the files takes longer than { $seconds } s
ask-more-seconds = ask whoever runs the service for more --read-seconds
uploads-busy = { $most } uploads are coming in, which is the limit; try again when they are through
uploads-full = the uploads that wait to be imported take all the room there is; try again in a quarter of an hour

## Files for a bureau, and jobs

bureau-multipart = { $parts } separate parts under one code
bureau-no-code = no parcel code
bureau-code-again = the code { $code } again
bureau-code-malformed = { $code } is no 19-character parcel code nor 28-character unit code
bureau-overlap = { $area } m² belong to both
bureau-checked = { $found } of { $parcels } parcels checked
no-such-format = there is no format { $format }
packing-file = packing { $file }
geojson-always-degrees = GeoJSON is always WGS 84 in degrees (RFC 7946)
leave-crs-out = leave --crs out
    .page = leave the coordinate reference system out
format-for-other-crs = --format gpkg or --format shp for another CRS
    .page = a GeoPackage or a shapefile for another system
format-keeps-grid = --format gpkg or --format shp, which keep a local grid
    .page = a GeoPackage or a shapefile, which keep a local grid
bureau-finds = a land bureau's checks find { $count } faults: see { $file }
placing-report = placing the report
clearing-packed = clearing what was packed
encoding-for-shapefiles = --encoding is for shapefiles; { $format } is always UTF-8
    .page = an encoding is for shapefiles; { $format } is always UTF-8
leave-encoding-out = leave --encoding out
    .page = leave the encoding out
no-encoding-for-shapefiles = there is no encoding "{ $encoding }" for shapefiles
try-shapefile-encodings = --encoding GBK or --encoding UTF-8
    .page = GBK or UTF-8
named-as-other-format = { $file } is named as { $other }, but the format asked for is { $format }
try-format = --format { $format }
crs-of-other-place = the plan lies at { $at }, where { $crs } is not used ({ $used }): lengths and areas would be wrong
try-crs = --crs EPSG:{ $epsg } ({ $name })
    .page = EPSG:{ $epsg } ({ $name })
leave-crs-out-own = leave --crs out to keep the plan's own system
    .page = leave the system out to keep the plan's own
block-above-secrecy = block { $block } covers { $km2 } km² without a gap: above 25 km² survey-grade maps may be state secrets; ask the security officer before it leaves the internal network
steps-expected = steps { $steps }: expected 2 to { $most }
title-length = title: expected 1 to 200 letters
putting-into-project = putting { $name } into the project
time-limit-wrong = time_limit_s { $seconds }: expected a number above 0
differ-wrong = differ { $share }: expected a share above 0
queueing-job = queueing a job
reading-job = reading what the job is asked for
writing-job-result = writing what came of the job
no-such-job-kind = this version knows no job of kind { $kind }
job-fault = the job ended with a fault of the program: { $panic }
park-of-no-parcels = a park of 0 parcels
try-parcels-one = --parcels 1 or more
writing-park = writing the park to { $file }
try-one-of = one of { $known }

## Layers and tiles

layer-without-place = the layer { $layer } cannot be served: it has no place on Earth
state-crs-when-planning = state the CRS when planning: lianpian plan … --crs EPSG:4528
only-areas-served = only layers of areas are served
collection-without-tiles = the collection { $collection } is not served as tiles
features-under-items = its features are under /items
making-tiles = making tiles
try-max-zoom = --max-zoom { $zoom }
no-pmtiles-ending = { $file } does not end in .pmtiles, the one format of tiles
zooms-out-of-order = the least zoom, { $least }, is above the greatest, { $most }
nothing-on-map = { $file }: nothing has a place on a map
looking-at-written = looking at what was written
largest-tile = the largest tile takes { $kb } kB, which maps are slow to load; where parcels are too many even for the greatest zoom, --max-zoom { $zoom } helps
no-usable-parcel-among = { $file }: no usable parcel is among its { $count } features
features-left-out = { $count } of { $all } features are no usable polygons and were left out; `lianpian check { $file }` lists them
shapes-changed-kind = shapes changed their kind on the way to the map

## The project and its store

layer-without-parcel = the layer has no parcel { $parcel }
making-download = making a file for download
laying-out-files = laying out files in { $folder }
zone-of-other-length = layer { $layer } has { $parcels } parcels, its zone { $zone }
only-approved-applies = plan { $plan } is { $status }, only an approved plan makes the next layer
name-length = name: expected 1 to 200 letters
reading-kept-policy = reading a kept policy
years-expected = years { $years }: expected 1 to { $most }
plan-of-other-parcels = plan { $plan } speaks of other parcels than its layer now has
plan-again = another version of the program read them: plan again
no-scenario-yet = no scenario plans this layer yet
make-a-scenario = make one: its policy says what belongs to the layer
no-scenario-to-compare = there is no scenario to compare
scenarios-of-other-parcels = scenarios { $first } and { $second } speak of different parcels: { $why }
parcel-on-other-land = { $parcel } is not the same land
compare-one-park = compare scenarios of one park
no-parcel-of-number = there is no parcel { $fid }; the layer has { $count }
no-such-indicator = there is no indicator { $indicator }; there are { $known }
reading-kept-plan = reading a kept plan
beginning-to-write = beginning to write to the project
asking-for = asking for the { $what }
project-has-no = the project has no { $what }
keeping-file = keeping a file
file-changed-inside = { $doing }: its bytes are others by now
file-of-hash = file { $hash }
opening-project = opening the project { $file }
making-project-file = making the project { $file }
no-project-of-lianpian = { $file } is no project of lianpian: { $why }
no-such-project = there is no project { $file }
no-geopackage = it is no GeoPackage
sqlite-no-geopackage = it is an SQLite database, but no GeoPackage
list-of-tables = list of tables
geopackage-of-other = it is a GeoPackage of something else
make-project-and-import = make a project and import it as a layer
making-project = making the project
noting-schema = noting the schema
record-of-project = record of the project itself
project-of-newer-version = the project was made by a newer version: schema { $found }, this program knows { $known }
update-lianpian = update lianpian
bringing-to-schema = bringing the project to schema { $schema }
opening-postgresql = opening the project in PostgreSQL
no-project-in-database = there is no project in this database
no-postgis = the database lacks PostGIS and it cannot be added
add-postgis = as an administrator of the database: CREATE EXTENSION postgis
publishing-layers = publishing the layers
project-shows-others = a project shows { $known }, not { $name }
publishing-layer = publishing the layer { $layer }
describing-crs = describing the coordinate reference system
list-of-systems = list of reference systems
job-of-key = job of this key
taking-job = taking a job
reporting-on-job = reporting on job { $job }
ending-job = ending job { $job }
cancelling-job = cancelling job { $job }
taking-back-jobs = taking back the jobs of workers that are gone
worker-lost = its worker was lost { $count } times; it is not tried again
job-not-held = job { $job } is no longer held by { $owner } (attempt { $attempt })
scenario-of-id = scenario { $id }
changing-scenario = changing scenario { $id }
recording-decisions = recording decisions on scenario { $id }
record-of-itself = record of itself
new-decision = new decision
asking-who-was-faster = asking who was faster
scenario-changed-meanwhile = scenario { $id } was changed in the meantime
undo-names-decision = an undo names the decision it undoes, and no parcel
comment-undoes-nothing = a comment undoes nothing
kind-names-parcel = { $kind } names a parcel and undoes nothing
decision-of-seq = decision { $seq }
asking-for-undone = asking for undone decisions
decision-of-other-scenario = decision { $seq } belongs to another scenario
decision-is-undo = decision { $seq } is an undo; decide again instead
decision-undone-already = decision { $seq } is undone already
noting-plan-status = noting the status of plan { $plan }
plan-no-longer = plan { $plan } is { $status }, no longer { $before }
asking-database = asking the project's database
keeping-layer = keeping the layer { $layer }
layer-zone-only-by-plan = a layer has a zone of its own where a plan made it, and only there
file-of-hash-named = file { $hash } ({ $name })
listing-layers = listing the layers
layer-of-id = layer { $id }
keeping-policy = keeping the policy { $name }
policy-newer = the policy { $name } is at version { $version } by now, the change was based on version { $based_on }
listing-policies = listing the policies
policy-of-version = policy { $name } { $version }
making-scenario = making a scenario
scenario-of-job = scenario of this job
listing-scenarios = listing the scenarios
listing-decisions = listing the decisions
keeping-plan = keeping a plan
plan-of-job = plan of this job
listing-plans = listing the plans
plan-of-id = plan { $id }
listing-plan-steps = listing the steps of plan { $plan }
plan-does-not-become = a plan that is { $from } does not become { $to }
moving-plan = moving plan { $plan }
discarding-plan = discarding plan { $plan }
listing-jobs = listing the jobs
job-of-id = job { $id }
scenario-is-newer = scenario { $id } is at version { $version }, the change was based on version { $based_on }; read what changed and decide again
policies = policies
project-names-none = the project names { $name } as a { $kind }, which is none

## The service

too-many-requests = { $most } requests are being answered, which is the limit
body-too-large = a body may have { $bytes } bytes
body-too-slow = the body did not arrive within { $seconds } s
answer-too-slow = the answer took longer than { $seconds } s; ask for less
host-missing = the header Host is missing
host-unknown = this service is not known by the name in the header Host; start it with --public-url to give it a name
foreign-origin = pages of another origin may not change anything here
starting-or-ending = the service is starting or ending
no-such-asset = there is no page { $name }
zoom-too-deep = tiles go down to zoom { $zoom }
no-such-tileset = there is no tileset "{ $name }"; there are { $known }
range-not-there = { $name } has { $bytes } bytes, and none of the range asked for
listening-on = listening on { $address }
try-other-port = another port, such as --listen 127.0.0.1:8081
try-any-port = --listen 127.0.0.1:0, which lets the system choose a port
asking-for-address = asking for the address listened on
refusing-to-listen = refusing to listen on { $address }: others could reach it, and no sign-in is configured
try-listen-local = --listen 127.0.0.1:{ $port }, which this machine alone reaches
try-proxy = a proxy that asks people to sign in before it, with --public-url for the name it is reached by
basemap-url-wrong = --basemap-url is no address of tiles: { $url }
try-basemap-url = an address such as https://tiles.example.org/{"{"}z{"}"}/{"{"}x{"}"}/{"{"}y{"}"}.png
plan-served-no-project = a written plan is served, no project; `lianpian serve --project FILE` serves one
user-header-wrong = X-Lianpian-User: expected a name of at most 200 letters, percent-encoded UTF-8
job-without-file = job { $job } made no file
scenarios-expected = scenarios: expected 1 to 8 numbers, such as 1,2
upload-without-name = say what the file is called: /api/v1/uploads?name=parcels.gpkg
upload-name-encoding = name: expected UTF-8, percent-encoded, whatever the file's own text is in
upload-name-folder = name: expected the name of a file without folders, such as parcels.gpkg
upload-not-in-form = send the bytes of the file as they are, as application/octet-stream, not in a form
upload-too-slow = the body came in too slowly: { $bytes } bytes in { $seconds } s
upload-broke-off = the body broke off: { $why }
upload-too-large = an upload may have { $bytes } bytes
upload-empty = the body is empty: send the bytes of the file
server-failed = the server failed; its log says why
no-such-page = there is nothing at { $path }; /ogc lists what there is
no-such-method = { $path } does not take { $method }; the header Allow lists what it takes
f-is-json-or-html = f is json or html, not "{ $f }"
no-such-collection = there is no collection "{ $collection }"; there are { $known }
filter-too-slow = the filter takes too long over this collection; add a bbox or make it simpler
param-one-of = { $param } is one of { $known }, not "{ $value }"
moment-forms = a date or moment of RFC 3339, or two with a slash between, of which one may be ..
datetime-is = datetime is { $what }, not "{ $value }"
filter-lang-is = filter-lang is { $known }, not "{ $value }"
no-such-feature = there is no feature "{ $feature }" in { $collection }; ids are 1 to { $count }
param-twice = the parameter { $name } is given twice
limit-is = limit is a whole number from 1 to { $most }, not "{ $value }"
cursor-from-link = cursor is taken from a link next, not made up
query-not-utf-8 = the query is not UTF-8
no-such-parameter = there is no parameter "{ $name }" here; there are { $known }
no-such-tile = there is no such tile; zooms are 0 to { $most }, rows and columns whole numbers
bbox-wrong = bbox: { $why }, in "{ $text }"
bbox-numbers = 4 numbers are wanted, or 6 with heights
bbox-corners-below = the upper corner lies below the lower
bbox-corners-left = the upper corner lies left of the lower
bbox-beyond-crs = it reaches beyond its CRS
json-refused = the body cannot be read: { $why }
thread-let-go = a thread let go of its work
tile-does-not-exist = tile { $z }/{ $x }/{ $y } does not exist: zoom goes to { $most }, column and row to 2^zoom - 1

## The command line

making-demo = making a synthetic park in { $folder }
nothing-for-frontier = there is nothing to draw a frontier of
try-frontier-input = INPUT with --policy, or --units with --edges
starting-threads-plain = starting threads
making-folder = making a folder for files
policy-calls-it = the project's policy calls { $named } { $plain }
a-file-in-it = a file in it
nothing-to-serve = there is nothing to serve
try-serve-project = --project FILE.gpkg, which `lianpian import` makes
try-serve-plan = --plan PLAN_DIR, the folder that `lianpian plan --out` wrote
try-serve-tiles = --tiles FILE.pmtiles, which `lianpian tiles` makes
archives-same-name = two archives of tiles are called { $name }
try-other-name = another name for one of the files, for it stands in its address
starting-service-threads = starting the threads of the service
public-url-wrong = --public-url is no address of the web: { $url }
try-public-url = --public-url https://park.example.org
cannot-listen-ctrl-c = cannot listen for Ctrl-C

## Why there is no plan

least-area-above-most = the least total area ({ $least }) is above the most ({ $most })
    .page = the least total area ({ TWO_DECIMALS($least) } ha) is above the most ({ TWO_DECIMALS($most) } ha)
held-in-above-most = what must be in ({ $held }) is more than the total area may be ({ $most }); release locks of at least { $over } or raise the limit
    .page = what must be in ({ TWO_DECIMALS($held) } ha) is more than the total area may be ({ TWO_DECIMALS($most) } ha); release locks of at least { TWO_DECIMALS($over) } ha or raise the limit
reachable-below-least = all that may be in ({ $reachable }) is less than the total area has to be ({ $least }); release locks or eligibility of at least { $short }, or lower the limit
    .page = all that may be in ({ TWO_DECIMALS($reachable) } ha) is less than the total area has to be ({ TWO_DECIMALS($least) } ha); release locks or eligibility of at least { TWO_DECIMALS($short) } ha, or lower the limit
band-held-above = { $what }: what must be in ({ $held }) is more than is allowed ({ $most }); release locks or widen the band
band-reachable-below = { $what }: all that may be in ({ $reachable }) is less than is asked for ({ $least }); release locks or widen the band
locks-move-area = locks alone move { $moved }, more than may be moved ({ $most }); raise the cap or release locks
    .page = locks alone move { TWO_DECIMALS($moved) } ha, more than may be moved ({ TWO_DECIMALS($most) } ha); raise the cap or release locks
locks-move-parcels = locks alone move { $count } parcels, more than may be moved ({ $most }); raise the cap or release locks
area-not-found = no zone was found whose area is within { $least } to { $most } and that keeps the other limits; the nearest has { $nearest }; widen the area tolerance
    .page = no zone was found whose area is within { TWO_DECIMALS($least) } to { TWO_DECIMALS($most) } ha and that keeps the other limits; the nearest has { TWO_DECIMALS($nearest) } ha; widen the area tolerance
band-not-kept = { $what }: { $sum } is not within { $least } to { $most }; widen the band
holes-enclosed = { $count } holes are enclosed anew; allow smaller ones (min_hole_ha), or let their parcels come in
blocks-remain = { $count } blocks remain, { $most } are allowed: the others hold parcels that must be in, or may not move; raise the number or release locks
concentration-below = concentration { $value } stays below the least ({ $least }); raise λ or give up the rule
too-much-moves = { $count } parcels of area { $area } move, more than allowed; raise the cap on what moves
    .page = { $count } parcels of { TWO_DECIMALS($area) } ha move, more than allowed; raise the cap on what moves
none-near-best = no admissible zone was found near the best one; widen a limit and try again
small-blocks-stay = { $count } blocks below the least area ({ $least }, a new one { $least_new }) could neither leave nor grow; lower the least area or make it soft
    .page = { $count } blocks below the least area ({ TWO_DECIMALS($least) } ha, a new one { TWO_DECIMALS($least_new) } ha) could neither leave nor grow; lower the least area or make it soft
small-blocks-stay-moves-used = { $count } blocks below the least area ({ $least }, a new one { $least_new }) could neither leave nor grow because no more may move; raise the cap on what moves, lower the least area or make it soft
    .page = { $count } blocks below the least area ({ TWO_DECIMALS($least) } ha, a new one { TWO_DECIMALS($least_new) } ha) could neither leave nor grow because no more may move; raise the cap on what moves, lower the least area or make it soft
small-or-new-blocks-stay = { $count } blocks below the least area ({ $least }), or new where none may be, could neither leave nor grow; lower the least area or make it soft
    .page = { $count } blocks below the least area ({ TWO_DECIMALS($least) } ha), or new where none may be, could neither leave nor grow; lower the least area or make it soft
small-or-new-blocks-stay-moves-used = { $count } blocks below the least area ({ $least }), or new where none may be, could neither leave nor grow because no more may move; raise the cap on what moves, lower the least area or make it soft
    .page = { $count } blocks below the least area ({ TWO_DECIMALS($least) } ha), or new where none may be, could neither leave nor grow because no more may move; raise the cap on what moves, lower the least area or make it soft
no-plan-exists = no plan keeps to all rules: every case was looked at
search-stopped = the search was stopped before it found an admissible plan; give it more time
sub-park-area = area of sub-park { $name }, ha
area-that-differs = area that differs
rule-area-least = total area at least { $least }
rule-area-most = total area at most { $most }
rule-moved-area = area moved at most { $most }
rule-moved-parcels = at most { $most } parcels moved
rule-min-block = no block below { $least }
rule-no-new-block = no new block
rule-holes = no new hole below { $least }
rule-new-block = no new block below { $least }
rule-blocks = at most { $most } blocks
rule-concentration = concentration at least { $least }
rule-band = { $what } within { $least } – { $most }
rule-locks = locks
rule-locks-named = locks ({ $locks })
rules-joined = { $first }; { $rest }
in-ha = { $value } ha
    .page = { TWO_DECIMALS($value) } ha
in-own-unit = { $value }
names-and-more = { $names } … +{ $more }
nothing-changeable-proven = what cannot be changed leaves no plan at all
nothing-changeable = no plan was found beside what cannot be changed (that there is none is not proven)
rule-alone = this rule alone cannot be kept: { $rules }
rules-together-proven = these cannot all be kept: { $rules }
rules-together = no plan was found that keeps all of these (that there is none is not proven): { $rules }
way-out-release = release { $count } locks ({ $locks }), { $share } % of the present area
way-out-no-new = let small blocks of today stay, and keep "{ $rule }" for all others (min_block = "no_new"; { $share } % of the present area)
way-out-relax = relax "{ $rule }" to { $to } (a change of { $share } %)

## Why a parcel moves

comes-in-with = comes in together with { $others ->
        [one] 1 other
       *[other] { $others } others
    }: a piece of { $area }{ $mean }
mean-score = , mean score { $mean }
new-block-alone = becomes a block of its own, number { $block } ({ $area })
new-block-part = part of new block { $block }: { $count } parcels, { $area }{ $mean }
joins-into-block = joins { $parts } into block { $block } ({ $area })
piece-joins-into-block = the piece joins { $parts } into block { $block } ({ $area })
links-in-block = with other incoming parcels, links { $parts } in block { $block } ({ $area })
fills-hole = fills a hole of { $area } that the zone encloses: those below { $below } come in
fills-bay = fills a bay of block { $block }: { $percent } % of its boundary faces the zone
piece-fills-bay = the piece fills a bay of block { $block }: { $percent } % of the piece's boundary faces the zone
extends-block = extends block { $block } ({ $area })
piece-extends-block = the piece extends block { $block } ({ $area })
only-parcel-of-block = the only parcel of its block ({ $area })
whole-block-leaves = the whole of today's block { $block } leaves: { $count } parcels, { $area }{ $mean }
leaves-with = leaves together with { $others ->
        [one] 1 other
       *[other] { $others } others
    }: a piece of { $piece } of today's block { $block } ({ $area }){ $mean }
small-and-scattered = small and scattered: block of { $area }, { $least } is the least
keeps-apart = its leaving keeps { $parts } apart, which it would join
of-block-stay = { $area } of that block stay
spur-below-one = a spur of block { $block }: less than 1 % of its boundary faces the zone
piece-spur-below-one = a spur of block { $block }: less than 1 % of the piece's boundary faces the zone
spur = a spur of block { $block }: only { $percent } % of its boundary faces the zone
piece-spur = a spur of block { $block }: only { $percent } % of the piece's boundary faces the zone
leaves-bay = leaves a bay in block { $block }: { $percent } % of its boundary faces the zone
piece-leaves-bay = leaves a bay in block { $block }: { $percent } % of the piece's boundary faces the zone
changes-worth = changes what the plan is worth by { $change } score·ha
on-balance = on balance, { $move }: score { $score }, boundary { $boundary }, moving { $moving }, together { $total } score·ha{ $land }
move-in = coming in
move-in-piece = the whole piece coming in
move-out = leaving
move-out-piece = the whole piece leaving
of-which-brings = , of which the { $area } it brings counts { $land }
of-which-frees = , of which the { $area } it frees counts { $land }
after-taking-up = {" "}after { $land } for the { $area } it takes up
after-taking-away = {" "}after { $land } for the { $area } it takes away
reaches-least-area = brings its block to the least area of { $least }
may-not-stay = may not stay: its block would be below the least area of { $least }
room-for-it = there was still room for its { $area }: but for the price of area it gains { $gain } score·ha
area-can-spare = the area can spare its { $area }: but for the price of area it gains { $gain } score·ha
makes-up-for-land = brings { $area } to make up for land that leaves
gives-up-for-better = gives up { $area } so that better land can come in
brings-lacking = brings { $area }, which the zone lacks
gives-up-short = gives up { $area }, as area is short
other-rule-asks = by itself it costs the plan { $cost } score·ha; another rule of the plan asks for it
score-is = score { $score }
score-unknown = score unknown, counted as { $tau }
score-has-to-reach = { $score }; land in this zone has to reach { $shown }{ $terms }
threshold-terms = {" "}({ $tau }{ $area }{ $sub_park })
plus-area-short = {" "}plus { $points } because area is short
less-area-kept-up = {" "}less { $points } because area has to be kept up
plus-sub-park = {" "}plus { $points } for its sub-park
less-sub-park = {" "}less { $points } for its sub-park
indicator-value = { $name } { $value }{ $unit }
indicator-value-ranked = { $name } { $value }{ $unit }, { $rank } percentile
both-names = { $en }
shortens-boundary-in = taking it in shortens the boundary by { $length } m
shortens-boundary-in-piece = taking the piece in shortens the boundary by { $length } m
shortens-boundary-out = removing it shortens the boundary by { $length } m
shortens-boundary-out-piece = removing the piece shortens the boundary by { $length } m
lengthens-boundary-in-piece = taking the piece in lengthens the boundary by { $length } m
lengthens-boundary-out-piece = removing the piece lengthens the boundary by { $length } m
places-more = { $count } more

## What is being done

step-read = reading the files
step-check = checking shapes
step-overlaps = looking for overlaps
step-areas = measuring areas
step-join = joining tables
step-score = scoring
step-adjacency = finding neighbours
step-bound = finding what is possible at best
step-plan = choosing parcels
step-uncapped = planning without the cap
step-branches = comparing cases
step-alternatives = preparing alternatives
step-why-not = looking for what stands in the way
step-veto-prices = pricing rejections
step-vetoes = pricing rejections from above
step-robustness = trying other weights
step-frontier = tracing the curve
step-curve = tracing the curve over λ
step-common-land = finding the land in common
step-revision = finding what became of every parcel
step-verify = checking the result
step-export = writing the files
step-order = sorting by place
step-tiles = cutting the map
step-write = writing
step-streets-and-lots = drawing streets and lots
step-zone-and-firms = placing zone and firms
step-other = working

## Filters of CQL2

filter-too-deep = a filter may be nested { $most } deep, and this one is deeper
filter-too-many-terms = a filter may hold { $most } comparisons and listed values
filter-geometry-in-functions = geometry goes into spatial functions, such as S_INTERSECTS
filter-property-no-geometry = the property "{ $property }" is no geometry
filter-no-such-property = there is no property "{ $property }"{ $hint }
filter-truth-equal-only = true and false are compared by = and <> alone
filter-between-numbers = BETWEEN compares numbers
filter-in-empty = the list after IN is empty
filter-like-texts = LIKE compares texts
filter-spatial-arguments = a spatial function compares the property geometry with a given shape
filter-shape-not-valid = a shape of the filter is not valid: { $why }
filter-shape-empty = a shape of the filter is empty
filter-shape-beyond = a shape of the filter reaches beyond { $crs }
filter-not-comparable = { $first } cannot be compared with { $second }
filter-a-number = a number
filter-a-truth = true or false
filter-the-property = the property "{ $property }" ({ $kind })
filter-property-is = the property "{ $property }" is { $what }, not "{ $value }"
filter-no-such-function = there is no function { $function }; there are { $known }
filter-no-json = the filter is not the JSON it is said to be: { $why }
filter-json-levels = every level of a JSON filter is {"{"}"op": …, "args": […]{"}"}, true or false
filter-json-arguments = "{ $op }" takes { $takes }, not { $given }
filter-two-arguments = 2 arguments
filter-more-arguments = at least 2 arguments
filter-one-argument = 1 argument
filter-three-arguments = 3 arguments
filter-json-in = "in" takes a value and a list
filter-json-like = "like" takes a value and a text as pattern
filter-number-too-large = a number is too large
filter-json-value = a value is a text, a number, true, false, {"{"}"property": …{"}"}, {"{"}"date": …{"}"} or {"{"}"timestamp": …{"}"}
filter-bbox-numbers = a bbox holds numbers
filter-too-long = a filter may have { $most } bytes; this one has { $bytes }
filter-bbox-four = a BBOX has 4 numbers, or 6 with heights
filter-bbox-order = a BBOX goes from its lower to its upper corner, and is not empty
filter-line-points = a line has at least 2 points
filter-ring-points = a ring has at least 4 points, and the last is the first
filter-polygon-ring = a polygon has an outer ring
filter-shape-geojson = a shape is a GeoJSON geometry (Point, LineString, Polygon or their Multi forms) or {"{"}"bbox": […]{"}"}
filter-shape-nesting = the coordinates of a shape are not nested as its type wants
filter-position = a position is 2 numbers, or 3 with a height
filter-expect-and-or = AND, OR or the end
filter-the-end = the end
filter-expected = expected { $what } at character { $place }, found { $found }
filter-expect-pattern = a pattern in single quotes
filter-expect-comparison = a comparison (=, <>, <, <=, >, >=, BETWEEN, IN, LIKE, IS NULL)
filter-expect-value = a property or a value
filter-expect-moment = a moment in single quotes
filter-expect-shape = the property geometry, or a shape such as BBOX(…) or POLYGON((…))
filter-no-such-shape = there is no shape { $shape }; there are POINT, LINESTRING, POLYGON, their MULTI forms, and BBOX
filter-quote-open = the quotation from character { $place } on does not end
filter-not-understood = the filter cannot be understood from character { $place } on: { $found }
filter-did-you-mean = ; did you mean "{ $name }"?
filter-a-text = text

## What a policy asks that cannot be

no-such-column = there is no column "{ $column }"{ $hint }; the columns are: { $columns }
checking-layer-named = checking layer "{ $layer }": { $what }
policy-section = policy section [{ $section }]: { $what }
lock-on-no-parcel = policy section [locks]: the layer has no parcel "{ $parcel }"{ $hint }
lock-word = policy section [locks]: column "{ $column }" says "{ $word }" for parcel { $parcel }; expected in, out, freeze, 1, 0, -1 or nothing
no-registered-area = constraints.area.basis is "registered", but { $missing } of { $all } parcels have no registered area; state them, or choose "ellipsoidal"
zone-is-empty = no parcel is in the zone now, so there is no area to conserve; check columns.in_zone or [zone], or use constraints.area = {"{"} mode = "cap", cap_ha = … {"}"}
locked-in-but-overlay = parcel { $parcel } is locked in, but overlay "{ $overlay }" forbids it to come in; release the lock or correct the overlay
indicator-formula = indicator "{ $indicator }": cannot read the formula `{ $formula }`: { $why }
indicator-what = indicator "{ $indicator }": { $what }
no-indicators = there are no indicators, so every score is unknown
known-for-no-parcel = it is known for no parcel
same-wherever-known = it is { $value } wherever it is known, so all parcels get 0.5
standard-score-of-few = a standard score over { $count } parcels says little; use another method below { $least }
rows-left-out = { $percent } % of { $name } ({ $count } firm rows) has no figure for { $beside } and is left out
name-means-measured = the name "{ $name }" means the area as measured on the ellipsoid; the column of that name is left aside: rename it to use it
values-no-numbers = column "{ $column }": { $count } of { $present } values present are no numbers, such as "{ $example }"; they count as missing
indicator-unpaired = indicator "{ $indicator }": it sets { $sums } in proportion to each other, but the firm table was read for other ratios; read it again with this policy
weights-what = weights: { $what }
policy-text = { $place }{ $what }{ $hint }
policy-place = line { $line }, column { $column }:{" "}
did-you-mean-key = {" "}(did you mean `{ $name }`?)
formula-brace-open = a `{"{"}` has no `{"}"}`
formula-brace-name = braces hold the name of one column: `{"{"}研发费用{"}"}`
formula-no-number = `{ $text }` is no number
formula-comparison-sign = `{ $sign }` is not read here; write `>=`, `<=` or `!=`
formula-single-equals = a single `=` is not read here; compare with `==`
formula-percent = `%` is not read here; divide by 100
formula-sign-plain = `{ $sign }` is not read here; write `{ $plain }`
formula-name-in-braces = a name that is no plain English word stands in braces: write `{"{"}{ $name }{"}"}`
formula-sign = `{ $sign }` is not read here
formula-empty = it is empty
formula-too-long = it has { $count } words and signs, and may have { $most }: put sums of columns into the table instead
formula-no-function = there is no function `{ $name }`; the functions are min, max, { $functions }
formula-value-missing = a number, a column or `(` is missing before { $token }
formula-two-comparisons = two comparisons in a row; write `(a < b) * (b < c)`
formula-two-powers = `a^b^c` may mean two things; write `(a^b)^c` or `a^(b^c)`
formula-one-value = `{ $name }` takes one value
formula-comma = a `,` stands only between the values of min and max; decimals have a point
formula-close = a `)` has no `(`
formula-two-values = `{ $name }` takes two values or more
formula-operator-missing = an operator such as `*` is missing before { $token }
formula-ends = it ends where a number, a column or `(` should follow
formula-open = a `(` has no `)`
weight-below-zero = its weight is { $weight }, but a weight is 0 or more
has-to-be-above-zero = its { $what } is { $value }, but has to be above 0
pass-excellent-finite = `pass` ({ $pass }) and `excellent` ({ $excellent }) have to be finite numbers
pass-excellent-differ = `pass` and `excellent` are both { $pass }; they have to differ
pass-excellent-order = with direction `lower` less is better, so `excellent` ({ $excellent }) has to lie below `pass` ({ $pass })
weights-add-up = the indicators' weights add up to { $sum }; give at least one a weight above 0
weights-order = `order` has to name every indicator once; it names { $named }, the indicators are { $indicators }
weights-contradict = the pairwise comparisons contradict each other: their consistency ratio is { $ratio }, from { $limit } on they are refused. Look for three indicators of which a beats b, b beats c and c beats a
ahp-consistency = AHP weights: the consistency ratio is { $ratio }
entropy-of-few = entropy weights: indicator "{ $indicator }" is known for { $count } parcels; below { $least } its weight is unstable; consider fixed weights
entropy-tells-nothing = entropy weights: no indicator tells parcels apart, so all indicators weigh the same
entropy-hardly-differs = entropy weights: indicator "{ $indicator }" hardly differs between parcels and gets the weight { $weight }; use fixed weights if it should count
weights-rows = `matrix` has { $rows } rows, but `order` names { $names } indicators
weights-columns = the row of "{ $name }" in `matrix` has { $values } values instead of { $names }
weights-cell = `matrix`, "{ $first }" against "{ $second }"
weights-cell-positive = { $cell }: { $value } has to be above 0 (1 = equal, 9 = far more, 1/9 = far less)
weights-cell-one = { $cell }: { $value } has to be 1
weights-cell-mirrored = { $cell }: { $value } has to be 1 ÷ { $mirrored }, the value the other way round
known-share-range = known_share is { $share }, but a share lies from 0 to 1
at-least-zero = { $name } = { $value }: expected a number of at least 0
gap-at-most = contiguity.gap_m = { $value }: land further apart than { $most } m is not contiguous in any sense
cap-needs-ha = constraints.area: mode "cap" needs cap_ha, the most hectares allowed
cap-above-zero = constraints.area.cap_ha = { $value }: expected a number above 0
cap-only-with-cap = constraints.area: cap_ha has a meaning with mode = "cap" only
base-above-zero = constraints.area.base_ha = { $value }: expected a number above 0
reference-date-day = reference_date = "{ $date }": expected a day such as 2025-12-31
base-only-with-conserve = constraints.area: base_ha has a meaning with mode = "conserve" only
concentration-contradiction = constraints.keep_concentration = false and constraints.concentration contradict each other; keep one
blocks-at-least-one = constraints.blocks = 0: a zone has at least one block
zone-said-twice = both columns.in_zone and [zone] say what the present zone is; keep one
zone-share-range = zone.share = { $value }: expected above 0 and at most 1
zone-needs-layer = {"["}zone]: give a layer, or filters over the parcels' own columns in `where`
locked-both-ways = locks: parcel { $parcel } is locked both in and out; keep one
aggregate-exactly-one = enterprises.aggregates.{ $name }: give exactly one of sum, mean, max, first and count (found { $given })
barrier-needs-width = contiguity.barriers[{ $at }] ({ $layer }): give half_width_m or half_width_column
none = none
frozen-in-but-locked = parcel { $parcel } is in now and frozen there, but also locked { $lock }; keep one lock
frozen-out-but-locked = parcel { $parcel } is out now and frozen there, but also locked { $lock }; keep one lock
parcel-locked-both-ways = parcel { $parcel } is locked both in and out; keep one lock

## What a new policy assumes

assume-one-table = of the tables only { $first } is used; { $other } is left aside
assume-key-is-column = { $key } is the column "{ $column }" ({ $why })
    .page = { $key ->
        [parcel_code] parcel code
        [in_zone] in the zone now
        [sub_park] sub-park
        [registered_area] registered area
        [land_use] land use
       *[other] { $key }
    }: column "{ $column }" ({ $why })
assume-area-unit = the registered area is in { $unit }, which fits the measured areas best
assume-no-code = no column looks like the parcels' code: they are named by their row
assume-all-inside = no column says which parcels are in the zone: all of them count as inside
assume-table-unused = { $file }: no column holds the parcels' codes, so the table is not used
assume-firms-by = the firms of { $file } belong to parcels by the column "{ $column }"
assume-role-is-column = { $role } is the column "{ $column }"
    .page = { $role ->
        [share] share of a firm on a parcel
       *[other] key of the firm
    }: column "{ $column }"
assume-first-indicators = of { $count } figures the first { $most } are indicators
assume-streets-are-parcels = { $count } parcels whose land use looks like streets or water ({ $uses }) are planned as parcels; the policy has the line that sets them aside
assume-none-inside = no parcel is in the zone by that column: nothing can be planned before one is
assume-layer-aside = { $file }: its name does not say whether it is a red line, a boundary or a barrier, so it is left aside
assume-layer-is = { $file } is { $key }, rule "{ $rule }"
assume-layer-parts = { $file } parts parcels ({ $metres } m to either side)
assume-by-name-with = by its name, { $distinct } different values in { $filled } rows
assume-by-content = by its content, { $distinct } different values in { $filled } rows
assume-by-name = by its name
assume-larger-scores = nothing was found to score parcels by, so the larger one scores higher
assume-larger-scores-hint = nothing was found to score parcels by, so the larger one scores higher; give a table of firms
assume-score-of-parcels = parcels score by their figures of the parcels per hectare, higher is better: { $names }
assume-score-of-firms = parcels score by their figures of the firms per hectare, higher is better: { $names }
assumed = assumed:
