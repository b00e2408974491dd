# SAM's own tools, and MiniStack. The Makefile includes this file. What they need is installed in .local, and nowhere else.

SAM_INSTALLED := .local/venv/bin/sam
MINISTACK := .local/ministack/bin/ministack
# Programs of a Python environment are run by name of its interpreter: their own first line has the path of the checkout, which
# may have been moved since.
SAM := .local/venv/bin/python $(SAM_INSTALLED)
CONFIG_ENV ?= dev

export SAM_CLI_TELEMETRY := 0

# sam build sets neither of these. The flags are those of BUILD_FLAGS; without the commit in them, a function that has not changed
# stays the same to the byte and is not uploaded again. Never --cached: its key is the folder of the function alone, so that it
# misses changes to internal/.
SAM_BUILD := CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false -tags=lambda.norpc '-ldflags=-s -w'" $(SAM) build
# For tools that run the functions here, built for this machine's processor, beside what is built for AWS.
HERE := .local/sam/build
HERE_ARCHITECTURE := $(subst aarch64,arm64,$(shell uname -m))

.PHONY: build validate validate-selftest sam-local ministack deploy destroy

build: $(SAM_INSTALLED) ## build the functions for AWS (sam build)
	@$(SAM_BUILD) --config-env $(CONFIG_ENV)

validate: $(SAM_INSTALLED) ## check the template, before and after SAM's transform
	@localtest/sam/validate

validate-selftest: $(SAM_INSTALLED) ## show that make validate catches a circle of references and a misspelt route id
	@localtest/sam/validate-catches

sam-local: sam-build-here ## run every function in a container on its event (needs Docker, Java and Maven)
	@localtest/sam/sam-local

ministack: sam-build-here $(MINISTACK) ## put the template up in MiniStack and run the end-to-end stories there (BENCH=1: the benchmark)
	@localtest/sam/ministack/check

deploy: build ## deploy to AWS: make deploy CONFIG_ENV=dev or prod
	@$(SAM) deploy --config-env $(CONFIG_ENV)

destroy: $(SAM_INSTALLED) ## delete what make deploy made, after asking: make destroy CONFIG_ENV=dev or prod
	@$(SAM) delete --config-env $(CONFIG_ENV)

# What follows works on the local stack, or on one in AWS, whose outputs it reads first.
ifdef STACK
OUTPUTS := .local/outputs.json
$(OUTPUTS): $(SAM_INSTALLED)
	@mkdir -p .local
	@$(SAM) list stack-outputs --stack-name "$(STACK)" --output json > $@
.PHONY: $(OUTPUTS)
endif

redrive: $(LOCALTEST) $(OUTPUTS) ## have done once more what was given up: here, or in AWS (make redrive STACK=chat-dev)
	@$(LOCALTEST) redrive $(OUTPUTS)

# The shell may have a SPREAD too, which is not meant.
DRAIN_SPREAD = $(if $(filter command line,$(origin SPREAD)),$(SPREAD),600)
drain: $(LOCALTEST) $(OUTPUTS) ## ask all clients to move to new connections (SPREAD=600: within 10 minutes; STACK=chat-dev: in AWS)
	@$(LOCALTEST) drain "$(DRAIN_SPREAD)" $(OUTPUTS)

invite: $(LOCALTEST) $(OUTPUTS) ## print a code by which somebody may register, once and within a week (STACK=chat-dev: in AWS)
	@$(LOCALTEST) invite $(OUTPUTS)

reset-password: $(LOCALTEST) $(OUTPUTS) ## print another password for a user: make reset-password USER=alice (STACK=chat-dev: in AWS)
ifeq ($(origin USER),command line)
	@$(LOCALTEST) reset-password '$(subst ','\'',$(value USER))' $(OUTPUTS)
else
	@echo "whose password? Say make reset-password USER=alice" >&2; exit 2
endif

erasures: $(LOCALTEST) $(OUTPUTS) ## erase again all who were erased, after tables were restored from a backup (STACK=chat-dev: in AWS)
	@$(LOCALTEST) erasures $(OUTPUTS)

.PHONY: sam-build-here redrive drain invite reset-password erasures
sam-build-here: $(SAM_INSTALLED)
	@mkdir -p .local/sam
	@$(SAM_BUILD) --build-dir $(HERE) --parameter-overrides Architecture=$(HERE_ARCHITECTURE) >.local/sam/build.log 2>&1 || { cat .local/sam/build.log; exit 1; }

$(SAM_INSTALLED): localtest/sam/requirements.txt
	@localtest/sam/python-environment .local/venv $< && touch $@

$(MINISTACK): localtest/sam/ministack/requirements.txt
	@localtest/sam/python-environment .local/ministack $< && touch $@
