# Parley. "make" alone lists the targets.
.DEFAULT_GOAL := help
TOOL := go tool -modfile=tools/go.mod
TRAFFIC ?=
RATE ?= 10
COUNT ?= 200
BENCH ?=
CHAOS ?=
FAQ ?= app/tools/measure/sample
ANSWER ?= true
SERVER ?= http://localhost:$(or $(PORT),8080)

.PHONY: help run dev test e2e e2e-all lint generate bench bench-route bench-faq bench-desk bench-widget chaos neighbors audit image traffic screenshots deps deps-test build

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | sed 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

deps: ; @scripts/deps.sh run
deps-test: ; @scripts/deps.sh test

build: ## build bin/parley
	@[ -x bin/parley ] || echo "Building Parley (the first time takes a minute)…"
	@go build -trimpath -o bin/parley ./app

run: deps build ## install what is missing, start Parley with demo data on a private Postgres, print addresses and log-ins
	@exec bin/parley serve --demo

dev: deps ## run with demo data; rebuild and restart on every change of a template or Go file
	$(TOOL) templ generate --watch --proxy= --cmd "go run ./app serve --demo"

test: deps-test ## install what is missing and run every test, browsers included
	@scripts/test.sh

e2e: deps-test ## only the tests in a real browser
	go test ./app/e2e -run 'Browser' -count=1 -v

e2e-all: deps-test ## chat, files, ratings and the desk in Chromium, Firefox and WebKitGTK, which it installs (three minutes)
	@scripts/deps.sh engines
	ENGINES=all go test ./app/e2e -run '^TestEngines$$' -count=1 -v -timeout 20m

lint: ## gofmt, go vet, staticcheck, retired words
	@test -z "$$(git ls-files '*.go' | grep -v _templ.go | xargs gofmt -l | tee /dev/stderr)" || { echo "run gofmt -w on these"; exit 1; }
	go vet ./...
	go -C tools vet ./...
	@go -C tools run ./words
	$(TOOL) staticcheck ./...

audit: ## check for known vulnerabilities, licenses that are not allowed, and modified vendored files
	@go -C tools run ./audit

generate: deps ## regenerate code: sqlc, templ, the widget's bundle, the schema
	$(TOOL) sqlc generate
	$(TOOL) templ generate
	go run ./widget/build
	go run ./app/tools/schema
	@scripts/generated.sh write

bench: deps build ## print the figures on this machine (about six minutes; BENCH=-quick for a look): bytes, round trips, memory, messages a second
	@bin/parley bench $(BENCH)

bench-route: deps-test build ## print how routing performs in a simulation, against other methods, and what long queues and conversations cost (two minutes)
	@bin/parley route --compare
	@bin/parley route --latency
	@go test ./app/domain/routing -run '^$$' -bench 'LongQueue|LongConversation' -benchtime 20x

bench-faq: build ## print how good and how fast suggestions are: FAQ=folder with faqs.jsonl, queries.jsonl, accepted.jsonl (default: a small sample)
	@bin/parley suggest --measure $(FAQ)

bench-desk: deps-test ## print how the desk copes with 60 open conversations and 10,000 messages in a browser, 10,000 waiting and 500 open (three minutes)
	go test ./app/e2e -run '^$$' -bench 'Desk|FAQCatalog' -benchtime 1x -timeout 20m

bench-widget: deps-test ## print what the widget costs a page, in a real browser with a CPU four times slower
	go test ./app/e2e -run '^$$' -bench Widget -benchtime 1x

chaos: deps-test build ## kill, stall, drain and cut off instances while people chat, and check that nothing is lost (about five minutes; CHAOS=-short)
	@bin/parley chaos $(CHAOS)

neighbors: deps build ## one organization floods the server; print what another one notices (about five minutes)
	@bin/parley chaos -scenario neighbors

traffic: build ## play real visitors into the running server: TRAFFIC=file.jsonl RATE=10 COUNT=200 ANSWER=false SERVER=http://...
	@bin/parley traffic -server '$(SERVER)' -file '$(TRAFFIC)' -rate $(RATE) -count $(COUNT) -answer=$(ANSWER)

image: ## build the container image (needs Docker)
	docker build -t parley .

screenshots: deps-test ## take the screenshots in docs/screenshots again
	@mkdir -p docs/screenshots
	@all=$$(mktemp -d) && SCREENSHOTS=$$all go test ./app/e2e -run 'TestBrowser(Pages|Files|Rating|Widget|PageScreenshot|CustomTheme)' -count=1 && \
	  cp $$all/widget-*.png docs/screenshots/ && \
	  for page in shop panel desk website widget people person groups group monitor assignments faq entry snippets preferences rules archive; do cp $$all/$$page-wide-*.png $$all/$$page-narrow-*.png docs/screenshots/; done && rm -r $$all
