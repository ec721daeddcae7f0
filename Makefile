# What one types here. `make` alone lists it.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# More flags for the tests: make test TESTFLAGS='-run TestJudge'
TESTFLAGS ?=

# As the product is shipped; also, one setting everywhere lets all targets share the build cache.
export CGO_ENABLED = 0

staticcheck = go tool -modfile=$(CURDIR)/.ci/tools/go.mod staticcheck

# Flags for the measurement: make bench BENCHFLAGS='--orders 100000 --rounds 1 --only first_full,full_again'
BENCHFLAGS ?=

.PHONY: help build demo test bench race vet fmt-check lint clean modules

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: modules ## leave the programs in bin/: tieout, and tieout-bucket for delivery.bucket
	@go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/tieout ./cmd/tieout-bucket

demo: build ## run two simulated days, with reports under demo/
	@bin/tieout demo --dir demo

test: modules ## run every test, with a real PostgreSQL
	@.ci/with-postgres .ci/test $(TESTFLAGS)

bench: build ## measure the judging of a million orders and the reading of charges (docs/PERFORMANCE.md)
	@go build -trimpath -o bin/bench ./cmd/bench
	@.ci/with-postgres bin/bench $(BENCHFLAGS)

# The folders where goroutines share something. The race detector needs cgo, and slows the whole-day tests of cmd too much;
# with -short, the random worlds are fewer: what it looks for, it finds in any.
race: modules ## run the tests of feeds, jobs and the store under the race detector
	@CGO_ENABLED=1 .ci/with-postgres go test -race -short $(TESTFLAGS) ./feeds/... ./jobs/... ./sql/...

vet: modules ## look for mistakes the compiler allows
	@go vet ./...
	@go -C deploy vet ./...

fmt-check: ## fail if gofmt would change a file
	@files=$$(gofmt -l .) || exit 1; test -z "$$files" || { printf 'gofmt would change:\n%s\n' "$$files" >&2; exit 1; }

lint: modules ## staticcheck, in the version that .ci/tools pins
	@$(staticcheck) ./...
	@cd deploy && $(staticcheck) ./...

clean: ## delete what build and demo made
	@rm -rf bin demo

# First and apart, so that downloads neither mix into the output of what follows nor count in its time.
modules:
	@go mod download
	@go -C deploy mod download
	@go -C .ci/tools mod download
