# lianpian: `make demo` runs the main job on a synthetic park, `make test` runs every check.
# Both install what a fresh Debian 12 machine with Rust lacks, say what they do, and are quick the second time.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := demo

# Debian packages: GDAL and SQLite for the program; its tools, an exact solver, PostgreSQL and another client of the service
# for the tests.
PACKAGES := build-essential pkg-config libgdal-dev libsqlite3-dev
TEST_PACKAGES := gdal-bin coinor-cbc python3-numpy python3-scipy python3-owslib python3-venv postgresql-15 postgresql-15-postgis-3
# What Debian lacks, from PyPI: it asks the service what its description promises, and what it does not.
SCHEMATHESIS := schemathesis==4.32.5
# The same for archives of tiles: the format's own reader, Mapbox's tiles, and a GDAL newer than Debian 12's, which reads them.
TILE_READERS := pmtiles==3.8.1 mapbox-vector-tile==2.2.0 pyogrio==0.13.0
CLIENT_PACKAGES := python3-qgis qgis-providers
# What makes the pictures of the map small.
PICTURE_PACKAGES := pngquant

# The map's pages are built by Vite, which wants a Node newer than Debian 12's; npm brings one where it is missing.
WEB_PACKAGES := npm
WEB_TEST_PACKAGES := chromium fonts-noto-cjk
NODE := 20.20.2
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*')
web = cd web && PATH="$(CURDIR)/.node/node_modules/node-linux-$(NODE_CPU)/bin:$$PATH"
NODE_CPU := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x64)

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
comma := ,
say = @echo "== $(1)"

# Real parcels beside the project, where they are there.
CAMBRIDGE := ../shared/data/real/cambridge-ma-fy2013
ERASE_TITLES := 擦除小区块 Small blocks erased,最小区块约束 Least block area as a rule

.PHONY: demo build test test-clients bench load crash pictures fmt setup setup-test clean

demo: build
	$(call say,making a synthetic park and planning it into ./demo)
	target/release/lianpian demo --once --out demo

build: setup web/dist/index.html
	$(call say,building the program)
	cargo build --release --locked

test: setup setup-test web/dist/index.html
	$(call say,the map: style$(comma) types$(comma) units)
	@$(web) npm run --silent lint
	@$(web) npm run --silent check
	@$(web) npm test --silent
	$(call say,formatting)
	cargo fmt --all --check
	$(call say,lints)
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(call say,documentation)
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
	$(call say,tests)
	cargo nextest run --workspace --locked
	$(call say,examples in the documentation)
	cargo test --doc --workspace --locked --quiet
	$(call say,the map in a browser)
	@$(web) LIANPIAN=$(CURDIR)/target/debug/lianpian npm run --silent browser

# Heavy desktop clients, outside `make test`: QGIS opens what `plan` writes, and reads the service.
test-clients: build
	$(call say,installing QGIS where it is missing)
	@$(call install,$(CLIENT_PACKAGES))
	target/release/lianpian demo --once --out demo
	QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/clients/qgis_opens_plan.py demo/plan
	QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/clients/qgis_reads_service.py target/release/lianpian demo/plan

# The million takes some minutes more: `make bench SIZES=1m`. With PEERS=folder, the optimiser is held against the runners
# there (gen.py, cut.py, mip.py, relaxcut.py, mincluster.py), whose modules the python3 in the path must have.
bench: build setup-test
	$(call say,times and memory of the main job)
	cargo bench --locked --quiet --bench main_job -- $(SIZES)
	$(call say,the optimiser alone)
	PEERS="$(PEERS)" cargo bench --locked --quiet --bench optimiser -- $(SIZES)
	$(call say,answers while a slider moves)
	cargo bench --locked --quiet --bench preview
	$(call say,answers for a layer)
	cargo bench --locked --quiet --bench serving -- $(SIZES)
	$(call say,a pyramid of tiles$(comma) beside tippecanoe where it is in the path)
	cargo bench --locked --quiet --bench tiles -- $(SIZES)
	$(call say,the map in a browser)
	@$(web) SPEED=10000 LIANPIAN=$(CURDIR)/target/release/lianpian npm run --silent browser speed

# Fifty clients for five minutes: `make load SECONDS_OF_LOAD=60 PARCELS=100000`.
load: setup
	$(call say,the service under load)
	SECONDS_OF_LOAD="$(SECONDS_OF_LOAD)" PARCELS="$(PARCELS)" cargo bench --locked --quiet --bench load

# The service killed at random moments on both backends, and what it had acknowledged looked for: `make crash ROUNDS=10`.
crash: setup setup-test
	$(call say,killing the service at random moments)
	ROUNDS="$(ROUNDS)" cargo bench --locked --quiet --bench crash

# The pictures in the READMEs.
pictures: demo setup-test
	cp demo/plan/map.svg .github/demo-plan.svg
	@$(call install,$(PICTURE_PACKAGES))
	@$(web) PICTURES=$(CURDIR)/.github LIANPIAN=$(CURDIR)/target/release/lianpian npm run --silent browser pictures
	pngquant --force --ext .png --skip-if-larger .github/*.png
	@$(call erase,demo/park/parcels.gpkg,demo/park/policy.toml,10,park)
	@if [ -d $(CAMBRIDGE) ]; then $(call erase,$(CAMBRIDGE)/parcels.gpkg,tests/fixtures/cambridge.toml,2,cambridge); fi

fmt:
	cargo fmt --all

clean:
	cargo clean
	rm -rf demo web/dist web/node_modules .node

web/node_modules/.package-lock.json: web/package.json web/package-lock.json web/.npmrc
	$(call say,installing what the map is built with)
	@command -v npm >/dev/null || { $(call install,$(WEB_PACKAGES)); }
	@node -e 'process.exit(+(process.versions.node.localeCompare("20.19", "en", { numeric: true }) < 0))' 2>/dev/null || { \
	  echo "== the system's node is older than 20.19: installing $(NODE) into .node"; \
	  npm install --silent --no-save --prefix .node node-linux-$(NODE_CPU)@$(NODE); }
	@$(web) npm ci --silent
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	$(call say,building the map)
	@$(web) npm run --silent build -- --logLevel warn

# .github/erase-$(4).svg: the parcels $(1) planned by the policy $(2), small blocks (below $(3) ha) erased by hand or ruled out.
define erase
echo "== erasing small blocks of $(4), and ruling them out"; \
python3 tests/pictures/erase.py target/release/lianpian $(1) $(2) $(3) demo/erase-$(4); \
target/release/lianpian compare demo/erase-$(4)/erased demo/erase-$(4)/ours --titles "$(ERASE_TITLES)" \
  --out .github/erase-$(4).svg >/dev/null
endef

# Installs the Debian packages of $(1) that are missing; asks apt only then.
define install
missing=""; for p in $(1); do \
  [ "$$(dpkg-query -W -f='$${Status}' $$p 2>/dev/null)" = "install ok installed" ] || missing="$$missing $$p"; done; \
if [ -n "$$missing" ]; then echo "== installing$$missing"; $(SUDO) apt-get update -qq; \
  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

setup:
	@$(call install,$(PACKAGES))

setup-test:
	@$(call install,$(TEST_PACKAGES) $(WEB_TEST_PACKAGES))
	@command -v cargo-nextest >/dev/null || { echo "== installing cargo-nextest"; cargo install --locked cargo-nextest; }
	@[ -x .venv/schemathesis/bin/schemathesis ] || { echo "== installing $(SCHEMATHESIS) into .venv"; \
	  /usr/bin/python3 -m venv .venv/schemathesis && .venv/schemathesis/bin/pip install -q $(SCHEMATHESIS) || \
	  echo "== it could not be installed; its test is skipped, except in CI"; }
	@[ -x .venv/tiles/bin/python ] || { echo "== installing $(TILE_READERS) into .venv"; \
	  /usr/bin/python3 -m venv .venv/tiles && .venv/tiles/bin/pip install -q $(TILE_READERS) || \
	  { rm -rf .venv/tiles; echo "== they could not be installed; their test is skipped, except in CI"; }; }
