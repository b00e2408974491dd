# Other implementations of SQS, to hold the statements about SQS against. The Makefile includes this file, after sam.mk.

ELASTICMQ := .local/elasticmq/jars/elasticmq-server_2.13-1.7.1.jar

.PHONY: sqs-conformance
sqs-conformance: $(MINISTACK) $(ELASTICMQ) ## hold two other SQS implementations against our statements about SQS (needs Java, Maven, Python)
	@localtest/aws/queues/conformance/run ministack
	@localtest/aws/queues/conformance/run elasticmq

# Maven takes all that it needs from pom.xml; a folder that was left half-filled is begun anew.
$(ELASTICMQ): localtest/aws/queues/conformance/pom.xml
	@command -v mvn java >/dev/null || { echo "mvn or java is missing (Debian: apt-get install maven openjdk-17-jdk-headless)" >&2; exit 1; }
	@echo "installing ElasticMQ in .local/elasticmq …"
	@rm -rf .local/elasticmq && mkdir -p .local/elasticmq
	@mvn -B -q -f $< dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$(CURDIR)/.local/elasticmq/jars" && touch $@
