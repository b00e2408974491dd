package engine

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// LocalVersion is the version of DynamoDB Local in pom.xml.
const LocalVersion = "3.1.0"

const (
	javaNeeded = 17
	javaAdvice = "DynamoDB Local needs Java 17 or later (Debian: apt-get install openjdk-17-jre-headless)"
	mvnAdvice  = "mvn is missing, which fetches DynamoDB Local (Debian: apt-get install maven openjdk-17-jdk-headless)"
)

//go:embed pom.xml
var pom string

// localJars is where the jars are fetched to.
func localJars() installation {
	return installation{
		name:    "dynamodb-local-" + LocalVersion,
		proof:   filepath.Join("jars", "DynamoDBLocal-"+LocalVersion+".jar"),
		inputs:  map[string]string{"pom.xml": pom},
		command: []string{"mvn", "-B", "-q", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=jars"},
		advice:  mvnAdvice,
	}
}

func (e *Engine) startLocal(ctx context.Context, o Options) error {
	if err := checkJava(ctx); err != nil {
		return err
	}
	dir, err := localJars().in(ctx, o.ToolsDir, o.Log, o.Progress)
	if err != nil {
		return err
	}
	jars := filepath.Join(dir, "jars")
	port, claim, err := claimPort(ctx, o.Port)
	if err != nil {
		return err
	}
	defer claim.Close()
	args := []string{
		"-Xmx256m", "-XX:+UseSerialGC",
		// What runs for minutes does not win back what the optimizing compiler takes: the store's tests take a third less of
		// the processor without it.
		"-XX:TieredStopAtLevel=1",
		"-Djava.library.path=" + jars, "-cp", filepath.Join(jars, "*"),
		"software.amazon.dynamodb.services.local.main.ServerRunner",
		"-port", strconv.Itoa(port), "-sharedDb", "-disableTelemetry",
	}
	if o.DataDir == "" {
		args = append(args, "-inMemory")
	} else {
		dir, err := e.useFolder(o.DataDir)
		if err != nil {
			return err
		}
		args = append(args, "-dbPath", dir)
	}
	e.endpoint = "http://" + net.JoinHostPort(loopback, strconv.Itoa(port))
	e.process, err = run(ctx, e.endpoint, o.Log, "java", args...)
	return err
}

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// checkJava tells whether there is a Java that is new enough. Version 8 calls itself "1.8", which is too old either way.
func checkJava(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "java", "-version").CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("java is missing: " + javaAdvice)
	}
	if err != nil {
		return fmt.Errorf("java -version: %w", err)
	}
	found := javaVersion.FindSubmatch(out)
	if found == nil {
		return fmt.Errorf("java -version printed %q: %s", out, javaAdvice)
	}
	if v, _ := strconv.Atoi(string(found[1])); v < javaNeeded {
		return fmt.Errorf("java is version %s: %s", found[1], javaAdvice)
	}
	return nil
}
