# make local runs the whole chat on this machine, make test runs every test. Neither needs anything but Go, Node.js,
# git and make. The other targets are listed by make help.

.DEFAULT_GOAL := help
SHELL := bash

GO ?= go
# Functions and stack are built with the same flags, so that they share the compiler's work. The commit is not in them:
# git may be missing, or refuse to read a folder that another user owns.
BUILD_FLAGS := -trimpath -buildvcs=false -tags=lambda.norpc -ldflags="-s -w"
LOCALTEST := .local/bin/localtest

# What the project is to compile for, and the tools that look at it: pinned here, and not in go.mod, since no program of
# ours needs them.
PLATFORMS := darwin/amd64 darwin/arm64 linux/amd64 linux/arm64 windows/amd64 windows/arm64
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
# No commit is read: so they work where git refuses to read the folder.
NO_COMMIT := export GOFLAGS="$$($(GO) env GOFLAGS) -buildvcs=false"
HOST_PLATFORM = $(shell $(GO) env GOHOSTOS)/$(shell $(GO) env GOHOSTARCH)
SOURCES := events functions internal localtest

.PHONY: help local token jwks test lint cross bench ministack-bench clean-local

help: ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

local: $(LOCALTEST) ## run the whole chat here (DYNAMODB=local: on Amazon's DynamoDB Local)
	@exec $(LOCALTEST) up

# The shell has a USER too, which is not meant. Make puts what its command line sets into the environment of its
# commands.
token: $(LOCALTEST) ## print an access token: make token USER=alice
ifeq ($(origin USER),command line)
	@$(LOCALTEST) token '$(subst ','\'',$(value USER))'
else
	@echo "whose token? Say make token USER=alice" >&2; exit 2
endif

jwks: $(LOCALTEST) ## print an issuer's keys as the parameter TokenKeys: make jwks FILE=jwks.json (FILE=-: from a pipe)
	@$(LOCALTEST) jwks "$(FILE)"

test: ## run every test, on both DynamoDB engines
	@localtest/test

bench: ## print what the chat does a second, and what it costs
	@CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o .local/bin/ ./localtest/bench ./localtest/bench/logbench ./localtest/bench/costs
	@echo "The log by itself:"; .local/bin/logbench compare; .local/bin/logbench steady -seconds 60; .local/bin/logbench holes
	@echo; echo "The whole chat:"; .local/bin/bench
	@echo; echo "What each action costs:"; .local/bin/costs

ministack-bench: ## run the benchmark in MiniStack (BENCH_FLAGS: other flags than 50 members, 1, 8 and 32 in flight)
	@BENCH=1 $(MAKE) --no-print-directory ministack

lint: ## gofmt, vet, staticcheck, the linters of the API's documents; lengths are warnings
	@unformatted=$$(gofmt -l $(SOURCES)); test -z "$$unformatted" || { echo "$$unformatted"; echo "run gofmt -w on these"; exit 1; }
	@$(GO) vet ./...
	@$(NO_COMMIT); $(GO) run $(STATICCHECK) ./...
	@localtest/apidoc/lint/run
	@echo "$$($(GO) test -v -run Short ./internal/rules | grep -c warning:) warnings of length: $(GO) test -v -run Short ./internal/rules"

# The processor and system of this machine are left to lint and test. One cheap analyzer of vet is enough: all that it
# looks at must compile, tests too. What is compiled for it is run by nobody, so it needs no optimizing, which takes a
# third longer.
cross: ## compile everything, tests too, for each system and processor
	@$(NO_COMMIT); for platform in $(filter-out $(HOST_PLATFORM),$(PLATFORMS)); do \
		echo "compiling for $$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} CGO_ENABLED=0 $(GO) vet -gcflags='all=-N -l' -bool ./... || exit 1; \
	done

clean-local: $(LOCALTEST) ## forget what the local stack has stored, but not what it has installed, nor its key and secrets
	@$(LOCALTEST) clean

# Go knows what has changed.
.PHONY: $(LOCALTEST)
$(LOCALTEST):
	@test -e $@ || echo "building the local stack; the first time takes a minute …" >&2
	@CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o $@ ./localtest

include localtest/sam/sam.mk
include localtest/aws/queues/conformance/conformance.mk
