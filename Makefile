# One line each; the ways are in scripts/.
.DEFAULT_GOAL := help
.PHONY: help serve demo build image dist test check bench image-fixtures clients clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

serve: ## set up what is missing, build, serve (ARGS='--try http://127.0.0.1:5000')
	@scripts/serve.sh $(ARGS)

demo: ## fill the running instance with sample images (URL=http://127.0.0.1:8080)
	@URL='$(URL)' scripts/demo.sh

build: ## the one self-contained binary, target/release/portolan (FORCE=1)
	@scripts/build.sh

image: ## a container image of it, into target/dist (by buildah)
	@scripts/image.sh

dist: ## a tarball of it with its unit of systemd, into target/dist
	@scripts/dist.sh

test: ## set up what is missing and pass every test
	@scripts/test.sh

check: ## the quick loop: format, lints, architecture, unit tests
	@scripts/check.sh

bench: ## measure beside the peers, into benches/results
	@scripts/bench.sh $(ARGS)

image-fixtures: ## the sample images of tests and demo
	@scripts/fixtures.sh

clients: ## real clients that are built by hand into the cache (needs Go)
	@scripts/clients.sh

clean: ## what the build left in the checkout (the cache stays)
	@rm -rf target/release target/site target/dist end2end/results
