# `make help` lists the targets. Everything that is built or downloaded goes to $(CACHE), nothing into the checkout but what npm and
# Vite make in dashboard/.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

include .ci/versions

CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/dunlin
TOOLS := $(CACHE)/tools
export CARGO_TARGET_DIR ?= $(CACHE)/target
export PATH := $(TOOLS)/bin:$(PATH):/usr/sbin

# Where the tests find real MQTT clients.
export DUNLIN_TEST_PYTHON ?= $(TOOLS)/paho-mqtt-$(PAHO_MQTT_VERSION)/bin/python
export DUNLIN_TEST_NODE_PATH ?= $(TOOLS)/mqtt-js-$(MQTT_JS_VERSION)/node_modules

# A tool of cargo is used where it is there. In CI it must be there.
in_ci := $(filter true,$(CI))
have = $(or $(in_ci),$(wildcard $(TOOLS)/bin/$(1)),$(shell command -v $(1)))

# TLS with pre-shared keys is built and tested where OpenSSL's headers are. In CI they must be there.
psk = $(if $(or $(in_ci),$(shell pkg-config --exists openssl 2>/dev/null && echo yes)),--features dunlin-server/psk)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: rust dashboard ## Build and start the broker on port 1883, its dashboard on 18083 (ARGS="…" are passed on)
	DUNLIN_DASHBOARD__LISTENERS__HTTP__BIND="$${DUNLIN_DASHBOARD__LISTENERS__HTTP__BIND:-127.0.0.1:18083}" \
	  cargo run --release --package dunlin-server --bin dunlin -- $(ARGS)

.PHONY: check
check: rust servers ## The gate for daily work: format, clippy, house rules, every test
	$(MAKE) --no-print-directory lint unit

.PHONY: test
test: rust clients servers dashboard ## Everything CI runs: check with real clients, dashboard, specification counts, torture, licences, a short fuzz run
	$(MAKE) --no-print-directory lint unit dashboard-test spec torture-short
	$(if $(call have_schemathesis),$(MAKE) --no-print-directory test-api ARGS="--max-time 45",@echo "API: not held against its document, schemathesis is not installed")
	$(if $(call have,cargo-deny),$(MAKE) --no-print-directory deny,@echo "deny: skipped, cargo-deny is not installed (make deny)")
	$(if $(call have,cargo-fuzz),$(MAKE) --no-print-directory fuzz-short,@echo "fuzz: skipped, cargo-fuzz is not installed (make fuzz-short)")

.PHONY: lint
lint: rust
	cargo fmt --all -- --check
	cargo xtask tidy
	cargo clippy --workspace --all-targets --locked $(psk) -- -D warnings
	deploy/docker/check-context

# FerretDB stands for MongoDB. Debian's Go is too old to build it, so that only CI insists on it.
no_mongodb := $(if $(wildcard $(TOOLS)/bin/ferretdb),,$(if $(in_ci),,--exclude dunlin-auth-mongodb))

.PHONY: unit
unit: rust
	@$(if $(no_mongodb),echo "MongoDB: its tests are skipped because FerretDB needs Go")
	cargo test --workspace --locked $(psk) $(no_mongodb) $(if $(no_mongodb),-- --skip access_mongodb --skip access_login_rows::row::mongodb --skip access_rule_servers::mongodb)

.PHONY: dashboard
dashboard: ## Build the dashboard, which the next build of the broker takes in
	.ci/build-dashboard "$(TOOLS)"

.PHONY: dashboard-test
dashboard-test: rust dashboard ## Walk through the dashboard in Chromium (UPDATE_SCREENSHOTS=1 puts its pictures into docs/img)
	cargo build --locked --package dunlin-server
	.ci/test-dashboard "$(TOOLS)" "$(CARGO_TARGET_DIR)/debug/dunlin"

# schemathesis is in a folder of its own, see .ci/install-clients. In CI it must be there.
SCHEMATHESIS := $(TOOLS)/schemathesis-$(SCHEMATHESIS_VERSION)/bin/schemathesis
have_schemathesis = $(or $(in_ci),$(wildcard $(SCHEMATHESIS)))

.PHONY: test-api
test-api: rust ## Hold the REST API against its OpenAPI document with schemathesis (ARGS="--max-time 600" …)
	cargo build --locked --package dunlin-server
	dev/api/check-specification "$(CARGO_TARGET_DIR)/debug/dunlin" "$(SCHEMATHESIS)" $(ARGS)

.PHONY: spec
spec: rust ## Which MQTT statements and behaviours are cited and tested
	cargo xtask spec --check

.PHONY: deny
deny: $(if $(shell command -v cargo-deny),,$(TOOLS)/bin/cargo-deny) ## Licences and advisories of all dependencies
	.ci/deny

.PHONY: fuzz-short
fuzz-short: $(if $(shell command -v cargo-fuzz),,$(TOOLS)/bin/cargo-fuzz) ## Fuzz the decoders for 30 seconds
	FUZZ_DIR="$(CACHE)/fuzz" .ci/fuzz 30

# `{port}` is filled in by the comparison; `env` needs no shell and becomes the broker, so its process id is the broker's.
# The queue limit is raised for each broker alike: fan-in lets 3,200 messages wait for one subscriber.
DUNLIN_ON_PORT := env DUNLIN_MQTT__MAX_MQUEUE_LEN=200000 DUNLIN_LISTENERS__TCP__DEFAULT__BIND=127.0.0.1:{port} $(CARGO_TARGET_DIR)/release/dunlin
MOSQUITTO := mosquitto -c dev/peers/mosquitto.conf -p {port}
RUMQTTD := rumqttd -q -c {config:dev/peers/rumqttd.toml}

.PHONY: bench-peers
bench-peers: rust peers ## Compare with mosquitto and rumqttd on this machine (ARGS="…" are passed on)
	cargo build --release --locked --package dunlin-server --package dunlin-bench
	"$(CARGO_TARGET_DIR)/release/dunlin-bench" peers --a-cmd "$(DUNLIN_ON_PORT)" --b-cmd "$(MOSQUITTO)" --b-cmd "$(RUMQTTD)" $(ARGS)

# Each broker stores in a folder of its own on the disk of $(CACHE), which is removed after each pass.
DUNLIN_DURABLE := env DUNLIN_NODE__DATA_DIR={dir}/data DUNLIN_LISTENERS__TCP__DEFAULT__BIND=127.0.0.1:{port} $(CARGO_TARGET_DIR)/release/dunlin
MOSQUITTO_DURABLE := mosquitto -c {config:dev/peers/mosquitto-durable.conf} -p {port}
NATS := nats-server -c {config:dev/peers/nats.conf}
# Only where it could be built, see .ci/install-peers.
NATS_SYNCED = $(if $(shell ls "$(TOOLS)/bin/nats-server-synced" 2>/dev/null),--b-cmd "nats-server-synced -c {config:dev/peers/nats-synced.conf}")

.PHONY: bench-durable
bench-durable: rust peers ## Durable sessions beside mosquitto, NATS and the raw disk (ARGS="…" are passed on)
	cargo build --release --locked --package dunlin-server --package dunlin-bench
	"$(CARGO_TARGET_DIR)/release/dunlin-bench" durable --dir "$(CACHE)/bench-durable" --a-cmd "$(DUNLIN_DURABLE)" --b-cmd "$(MOSQUITTO_DURABLE)" --b-cmd "$(NATS)" $(NATS_SYNCED) $(ARGS)

# The same broker twice: what access control costs clients that are let in. On a machine that has the attackers and the generator as
# well, the last of them asks what an attack costs the clients of the broker that is attacked, beside what it costs the machine: the
# others' attackers are at a broker that serves nobody.
DUNLIN_ACCESS = env DUNLIN_NODE__DATA_DIR={dir}/data DUNLIN_LISTENERS__TCP__DEFAULT__BIND=127.0.0.1:{port} "$(CARGO_TARGET_DIR)/release/dunlin" --config {config:dev/peers/dunlin-$(1).conf}

.PHONY: bench-access
bench-access: rust ## What 50 rules cost, and 1,000 logins a second with a wrong password (ARGS="…" are passed on)
	cargo build --release --locked --package dunlin-server --package dunlin-bench
	"$(CARGO_TARGET_DIR)/release/dunlin-bench" compare pairs --qos 1 --pubs 5000 --window 4 --figure messages-per-second --figure messages-per-cpu-second --at-least 0.9 --a-cmd '$(call DUNLIN_ACCESS,rules)' --b-cmd '$(call DUNLIN_ACCESS,no-rules)' $(ARGS)
	"$(CARGO_TARGET_DIR)/release/dunlin-bench" compare pairs --qos 1 --rate 20000 --username bench --password bench --intruders 1000 --a-cmd '$(call DUNLIN_ACCESS,users)' --b-cmd '$(call DUNLIN_ACCESS,users)' $(ARGS)
	"$(CARGO_TARGET_DIR)/release/dunlin-bench" compare pairs --qos 1 --rate 20000 --username bench --password bench --intruders 1000 --decoy --figure messages-per-second --figure latency-p50 --at-least 0.9 --a-cmd '$(call DUNLIN_ACCESS,users)' --b-cmd '$(call DUNLIN_ACCESS,users)' $(ARGS)

# The same broker twice, the first of them asked 200 things a second over HTTP. Both have the API at the same address, one after the other.
API_LOAD_REPORT := $(CACHE)/api-load.txt

.PHONY: bench-api
bench-api: rust ## What 200 requests a second to the REST API cost MQTT traffic (ARGS="…" are passed on)
	cargo build --release --locked --package dunlin-server --package dunlin-bench
	rm -f "$(API_LOAD_REPORT)"
	API_LOAD_REPORT="$(API_LOAD_REPORT)" "$(CARGO_TARGET_DIR)/release/dunlin-bench" compare pairs --qos 1 --rate 20000 --a-cmd 'dev/api/with-load 127.0.0.1:18093 $(call DUNLIN_ACCESS,api)' --b-cmd '$(call DUNLIN_ACCESS,api)' $(ARGS)
	cat "$(API_LOAD_REPORT)"

.PHONY: bench-clients
bench-clients: rust ## How long GET /clients takes with 100,000 sessions, page by page and filter by filter (ARGS="SESSIONS")
	cargo build --release --locked --package dunlin-server
	dev/api/clients-bench "$(CARGO_TARGET_DIR)/release/dunlin" $(ARGS)

.PHONY: bench-trace
bench-trace: rust ## What the trace of one client costs the others (ARGS="…" are passed on)
	cargo build --release --locked --package dunlin-server --package dunlin-bench
	"$(CARGO_TARGET_DIR)/release/dunlin-bench" compare pairs --qos 1 --pubs 1000 --window 4 --a-cmd 'dev/trace/with-trace "$(CARGO_TARGET_DIR)/release/dunlin" $(call DUNLIN_ACCESS,no-rules)' --b-cmd '$(call DUNLIN_ACCESS,no-rules)' $(ARGS)

.PHONY: peers
peers:
	.ci/install-peers "$(TOOLS)"

.PHONY: torture-short
torture-short: rust
	cargo build --locked --package dunlin-server --package dunlin-torture
	"$(CARGO_TARGET_DIR)/debug/dunlin-torture" --seeds dev/torture/seeds.txt --cycles 60 --duration-ms 50..600

.PHONY: torture
torture: rust ## Kill the broker again and again, check that nothing it acknowledged is lost (ARGS="…" are passed on)
	cargo build --release --locked --package dunlin-server --package dunlin-torture
	"$(CARGO_TARGET_DIR)/release/dunlin-torture" $(ARGS)

.PHONY: deb
deb: rust dashboard ## Debian packages, in ~/.cache/dunlin/packages; what is in them is started and tried with real clients
	deploy/debian/install-tools
	mkdir -p "$(CACHE)"
	cargo build --release --locked --package dunlin-server --features psk
	deploy/debian/build "$(CARGO_TARGET_DIR)/release/dunlin" "$(CACHE)/packages" > "$(CACHE)/packages.txt"
	$(if $(shell command -v lintian),lintian --fail-on error $$(cat "$(CACHE)/packages.txt"),@echo "lintian: skipped, it is not installed")
	deploy/debian/check $$(cat "$(CACHE)/packages.txt")
	cat "$(CACHE)/packages.txt"

.PHONY: deb-check
deb-check: ## Install, upgrade, remove and purge what `make deb` made, in a small Debian (as root, with mmdebstrap)
	deploy/debian/check-install "$$(head -n 1 "$(CACHE)/packages.txt")"

.PHONY: image-lint
image-lint: rust ## Lint the Dockerfile; its Rust is that of the toolchain file, and the sources it gets are whole
	deploy/docker/install-hadolint "$(TOOLS)"
	"$(TOOLS)/bin/hadolint" deploy/docker/Dockerfile
	grep -q "^ARG RUST_VERSION=$$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)$$" deploy/docker/Dockerfile
	deploy/docker/check-context

.PHONY: clients
clients:
	.ci/install-clients "$(TOOLS)"

.PHONY: servers
servers:
	.ci/install-servers "$(TOOLS)"

.PHONY: rust
rust:
	@.ci/require-rust

# Installed tools are built in a folder of their own, so that they never wait for a build of the workspace.
$(TOOLS)/bin/cargo-deny:
	env -u CARGO_TARGET_DIR cargo install --locked --root "$(TOOLS)" cargo-deny@$(CARGO_DENY_VERSION)

$(TOOLS)/bin/cargo-fuzz:
	env -u CARGO_TARGET_DIR cargo install --locked --root "$(TOOLS)" cargo-fuzz@$(CARGO_FUZZ_VERSION)
