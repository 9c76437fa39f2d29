# AsteriskCTI. `make demo` to see it, `make test` to check it, `make help` for the rest.
GO      ?= go
GOTOOL  := $(GO) tool -modfile=tools.mod
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
DIST    := frontend/dist/.vite/manifest.json
PAGES   := $(shell find frontend -type f -not -path 'frontend/dist/*' -not -name '*.go') package-lock.json vite.config.ts

.PHONY: help build bin/astcti clients demo test check lint unit pages-test e2e bench install clean
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

build: $(DIST) ## bin/astcti: one static binary with the pages inside
	@$(MAKE) --no-print-directory bin/astcti

# With the pages that are there: no Node is needed. After them in build, with -j too.
bin/astcti: | frontend/dist
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/astcti ./backend/cmd/astcti

$(DIST): node_modules/.package-lock.json $(PAGES)
	npm run build

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund

# For the PCs of agents: the client is in the one binary.
clients: $(DIST) ## build/clients/: astcti for Linux, Windows and macOS
	set -e; for on in linux/amd64 linux/arm64 windows/amd64 windows/arm64 darwin/amd64 darwin/arm64; do \
		os=$${on%/*} arch=$${on#*/} end=; [ $$os != windows ] || end=.exe; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o build/clients/astcti-$$os-$$arch$$end ./backend/cmd/astcti; \
	done

demo: build ## try it: a simulated Asterisk, a call every 20 s
	bin/astcti demo

test: install lint unit pages-test e2e ## everything, real Asterisk 22 and 16 and Chromium included

install: ## what the tests need (Debian, as root; elsewhere says what is missing)
	sh e2e/install.sh

lint: node_modules/.package-lock.json ## golangci-lint, tsc, Biome
	$(GOTOOL) golangci-lint run ./...
	npm run --silent typecheck
	npm run --silent lint

unit: $(DIST) ## Go tests under the race detector
	$(GO) test -race ./backend/... ./frontend/... ./migrations/...

pages-test: node_modules/.package-lock.json ## the panel's own tests
	npm test --silent

e2e: build ## the real binary, real Asterisk, real Chromium
	$(GO) test -count=1 -timeout 20m ./e2e/...
	npx playwright test

bench: build ## our figures beside their yardsticks, with ratios
	$(GO) test -run '^$$' -bench . -benchtime 1s ./backend/...
	BENCH=1 npx playwright test --project=latency

clean: ## what was built
	rm -rf bin build frontend/dist/* node_modules
