# make local runs the whole chat on this machine, make test passes every test. Neither needs anything but Go, Node.js,
# git and make. The other targets are listed by make help.

.DEFAULT_GOAL := help
SHELL := bash

GO ?= go
# Functions and stack are built with the same flags, so that they share the compiler's work. The commit is not in them: git
# may be missing, or refuse to read a folder that another user owns.
BUILD_FLAGS := -trimpath -buildvcs=false -tags=lambda.norpc -ldflags="-s -w"
LOCALTEST := .local/bin/localtest

.PHONY: help local token jwks test check bench clean-local

help: ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

local: $(LOCALTEST) ## run the whole chat here (DYNAMODB=local: on Amazon's DynamoDB Local)
	@exec $(LOCALTEST) up

token: $(LOCALTEST) ## print an access token: make token USER=alice
	@$(LOCALTEST) token "$(USER)"

jwks: $(LOCALTEST) ## print an issuer's keys as the parameter TokenKeys: make jwks FILE=jwks.json (FILE=-: from a pipe)
	@$(LOCALTEST) jwks "$(FILE)"

test: ## run every test, on both DynamoDB engines
	@localtest/test

bench: ## print what the chat does a second, and what it costs
	@CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o .local/bin/ ./localtest/bench ./localtest/bench/logbench
	@echo "The log by itself:"; .local/bin/logbench compare; .local/bin/logbench steady -seconds 60; .local/bin/logbench holes
	@echo; echo "The whole chat:"; .local/bin/bench

check: ## formatting, vet
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	@$(GO) vet ./...

clean-local: ## forget what the local stack has stored, but not what it has installed nor its key
	@rm -rf .local/data .local/log .local/dead-letters .local/streams

# Go knows what has changed.
.PHONY: $(LOCALTEST)
$(LOCALTEST):
	@CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o $@ ./localtest

include localtest/sam/sam.mk
